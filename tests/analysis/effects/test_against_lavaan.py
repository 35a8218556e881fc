"""Effects per wave and with a test measured with error, beside lavaan's (reference/r/effects.R)."""

import numpy as np
import pandas as pd
import pytest

from oablib.analysis import effects
from oablib.protocol.codebook import Table
from tests.analysis.effects.cases import DIRECT, numbers_alone
from tests.lavaan_reference import ESTIMATE_TOLERANCE_SE, SE_RTOL, close, data, stored

# lavaan corrects each wave's covariance for its own 75 schools, we all of them for the 150.
SCHOOLS = 75
CORRECTION = (2 * SCHOOLS / (2 * SCHOOLS - 1)) / (SCHOOLS / (SCHOOLS - 1))


def paths(columns: dict[str, list]) -> pd.DataFrame:
    table = pd.DataFrame(columns)
    rows = table[(table["lhs"] == "cito") & (table["op"] == "~")]
    return rows.assign(rhs=rows["rhs"].replace("without_error", "nscct")).set_index("rhs")


@pytest.fixture(scope="module")
def waves(table: Table) -> effects.Waves:
    found = effects.by_wave(
        [data("base_model")], model=numbers_alone(), table=table, rules=effects.rules()
    )
    assert found is not None
    return found


def test_effects_per_wave(waves: effects.Waves) -> None:
    lavaan = paths(stored("effects")["waves"])
    for wave, part in waves.effects.groupby("wave"):
        expected = lavaan[lavaan["group"].astype(str) == wave].loc[part["name"]]
        distance = (part["est"].to_numpy() - expected["est"].to_numpy()) / part["se"].to_numpy()
        close(distance, 0, "estimates", rtol=0, atol=ESTIMATE_TOLERANCE_SE)
        close(part["se"] ** 2, CORRECTION * expected["se"].to_numpy() ** 2, "se", rtol=2 * SE_RTOL)


def test_wald_tests_of_equal_effects(waves: effects.Waves) -> None:
    reference = stored("effects")
    chi2 = waves.tests.set_index("name")["f"]
    for name in DIRECT:
        close(chi2[name] * CORRECTION, reference["by_path"][name]["chi2"], name, rtol=SE_RTOL)
    joint = reference["joint"]
    assert waves.joint.df1 == joint["df"] == len(DIRECT)
    close(waves.joint.chi2 * CORRECTION, joint["chi2"], "joint", rtol=SE_RTOL)


def test_effects_by_reliability(table: Table) -> None:
    reference = stored("effects")
    found = effects.by_reliability(
        [data("base_model")],
        model=numbers_alone(),
        table=table,
        reliabilities=reference["reliabilities"],
    )
    for reliability, columns in zip(reference["reliabilities"], reference["latent"], strict=True):
        ours = found[found["reliability"] == reliability].set_index("name")
        expected = paths(columns).loc[ours.index]
        distance = (ours["est"] - expected["est"]) / expected["se"]
        close(distance, np.zeros(len(ours)), "est", rtol=0, atol=ESTIMATE_TOLERANCE_SE)
        close(ours["se"], expected["se"], "se", rtol=SE_RTOL)
