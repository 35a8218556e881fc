"""Effects by oablib.sem against what lavaan defines by `:=`, and against simulation in R."""

import pandas as pd
import pytest
from lavaan_cases import DEMOCRACY, HOLZINGER, LABELS, ONE_GROUP, Case
from lavaan_reference import ESTIMATE_TOLERANCE_SE, SE_RTOL, by_address, close, stored

from oablib.statistics.sem import effects

DRAWS = 200_000
# An end of the interval from 200,000 draws strays by 0.006 standard errors; R drew a million.
SIMULATION_TOLERANCE_SE = 0.03

# Name in lavaan's text -> outcome, cause and kind of effect.
DEFINED = {
    "texts/mediation": {
        "indirect_father": ("cito", "education_father", "indirect"),
        "indirect_mother": ("cito", "education_mother", "indirect"),
        "total_father": ("cito", "education_father", "total"),
        "total_mother": ("cito", "education_mother", "total"),
    },
    "bollen_equal": {
        "indirect": ("dem65", "ind60", "indirect"),
        "total": ("dem65", "ind60", "total"),
    },
    "texts/non_recursive": {"total_x5_on_x7": ("x7", "x5", "total")},
}
(MEDIATION,) = (case for case in LABELS if case.path == "texts/mediation")
CASES = {
    "texts/mediation": MEDIATION,
    "bollen_equal": Case("latent", "bollen_equal", "bollen_equal", DEMOCRACY),
    "texts/non_recursive": Case("latent", "texts/non_recursive", "non_recursive", HOLZINGER),
}
NAMES = [(path, name) for path, names in DEFINED.items() for name in names]


def effect(table: pd.DataFrame, address: tuple[str, str, str]) -> pd.Series:
    return table.set_index(["lhs", "rhs", "effect"]).loc[address]


@pytest.mark.parametrize(("path", "name"), NAMES)
def test_effect_agrees_with_lavaan(path: str, name: str):
    found = effect(effects(CASES[path].fit()), DEFINED[path][name])
    lavaan = by_address(pd.DataFrame(CASES[path].lavaan["parameters"])).loc[[(name, ":=", "", "")]]
    pairs = {"est": "est", "se": "se", "z": "z", "ci_lower": "ci.lower", "ci_upper": "ci.upper"}
    for ours, theirs in (pairs | {"std": "std", "std_se": "std.se"}).items():
        close(found[ours], lavaan[theirs].iloc[0], ours, rtol=SE_RTOL, atol=ESTIMATE_TOLERANCE_SE)


def test_direct_effects_are_the_paths():
    fit = MEDIATION.fit()
    table = effects(fit)
    for path in fit.parameters.query("op == '~'").itertuples():
        found = effect(table, (path.lhs, path.rhs, "direct"))
        assert found["est"] == pytest.approx(path.est, rel=SE_RTOL)
        assert found["se"] == pytest.approx(path.se, rel=SE_RTOL)


def test_simulated_intervals_agree_with_r():
    """Quantiles of a million normal draws by R; the seed differs, so the draws do."""
    table = effects(MEDIATION.fit(), draws=DRAWS)
    for row in pd.DataFrame(stored("labels")["intervals"]).itertuples():
        found = effect(table, DEFINED["texts/mediation"][row.name])
        atol = SIMULATION_TOLERANCE_SE * found["se"]
        close(found["mc_lower"], row.lower, f"{row.name} lower", rtol=0, atol=atol)
        close(found["mc_upper"], row.upper, f"{row.name} upper", rtol=0, atol=atol)


def test_effects_of_each_fit_have_finite_errors():
    for case in ONE_GROUP:
        fit = case.fit()
        if (fit.parameters["op"] == "~").any():
            table = effects(fit, draws=1_000)
            assert not table[["est", "se", "mc_lower", "mc_upper", "std"]].isna().any(axis=None)
