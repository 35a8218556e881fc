"""Effects with weights and without: by hand, and the same where weights are all alike."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from oablib import intake, synthetic
from oablib.analysis import representativeness
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model

RULES = representativeness.rules()
SAME_SUMS = 1e-6  # of an estimate; sem searches, least squares solves
FEW = 1200


@pytest.fixture(scope="module")
def frames(table: Table) -> list[pd.DataFrame]:
    """A cohort of which everything is known, education too."""
    drawn = synthetic.draw(n=FEW, seed=5)
    known = {name: drawn.education[name] for name in ("education_father", "education_mother")}
    return [intake.in_memory(drawn.children.assign(**known), table=table)]


def population(frame: pd.DataFrame, *, tilt: float) -> pd.DataFrame:
    """Origin as in the frame, its shares tilted by the number of the category."""
    shares = frame["origin"].value_counts(normalize=True).sort_index()
    tilted = shares * np.linspace(1, tilt, len(shares))
    columns = {"code": shares.index, "n": 10 * len(frame), "share": tilted / tilted.sum()}
    return pd.DataFrame(columns).assign(variable="origin").reset_index(drop=True)


def test_weights_that_are_alike_change_nothing(
    frames: list[pd.DataFrame], model: Model, table: Table
) -> None:
    alike = population(frames[0], tilt=1)
    found = representativeness.weighted(
        frames, population=alike, model=model, table=table, rules=RULES
    )
    assert found.design_effect == pytest.approx(1)
    np.testing.assert_allclose(found.effects["difference"], 0, atol=SAME_SUMS)


def test_the_difference_and_its_error_are_those_of_least_squares(
    frames: list[pd.DataFrame], model: Model, table: Table
) -> None:
    """Of a model without scale values, where both steps are one regression."""
    names = ["debt_restructuring", "residence_0_5_years", "residence_5_10_years"]
    plain = replace(
        model, scaled={}, school_means={}, direct=tuple(names), indirect=(names[0],), candidates=()
    )
    wanted = population(frames[0], tilt=3)
    found = representativeness.weighted(
        frames, population=wanted, model=plain, table=table, rules=RULES
    ).effects
    frame = frames[0]
    share = frame["origin"].map(frame["origin"].value_counts(normalize=True))
    w = (frame["origin"].map(wanted.set_index("code")["share"]) / share).to_numpy(float)
    residence = frame["residence_mother"]
    X = np.column_stack(
        [np.ones(FEW), frame["nscct"], frame["debt_restructuring"], residence == 1, residence == 2]
    ).astype(float)
    y = frame["cito"].to_numpy(float)
    by_school = np.zeros((frame["school_id"].nunique(), X.shape[1]))
    difference = np.zeros(X.shape[1])
    for weights, sign in ((w, 1), (np.ones(FEW), -1)):
        bread = np.linalg.inv(X.T @ (X * weights[:, None]))
        slopes = bread @ X.T @ (weights * y)
        scores = X * (weights * (y - X @ slopes))[:, None] @ bread
        np.add.at(by_school, pd.factorize(frame["school_id"])[0], sign * scores)
        difference += sign * slopes
    schools = len(by_school)
    se = np.sqrt(schools / (schools - 1) * (by_school**2).sum(axis=0))
    np.testing.assert_allclose(found["difference"], difference[2:], rtol=1e-4, atol=SAME_SUMS)
    np.testing.assert_allclose(found["se_difference"], se[2:], rtol=1e-4)


def test_errors_of_a_difference_are_smaller_than_of_both(
    frames: list[pd.DataFrame], model: Model, table: Table
) -> None:
    tilted = population(frames[0], tilt=1.5)
    found = representativeness.weighted(
        frames, population=tilted, model=model, table=table, rules=RULES
    )
    assert found.margins == ("origin",) and found.largest > 1
    assert (found.effects["se_difference"] < found.effects["se_unweighted"]).all()
    assert found.effects["p"].between(0, 1).all()
