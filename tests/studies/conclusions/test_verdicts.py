"""Conclusions hold, fail or stay open; by the figures of the report itself all of them hold."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from oablib import params
from oablib.analysis.prediction.explained import EVERYBODY, OWN
from oablib.indicator.comparison.causes import DONORS
from oablib.indicator.comparison.schools import GAIN_MOST, LOSE_MOST
from oablib.indicator.comparison.swing import COMPUTED, MATCHED
from oablib.indicator.pupil_scores.on_cohort import PUBLISHED
from oablib.params import checked
from oablib.studies import conclusions
from oablib.studies.conclusions import DOWN, UP, OfCohort, OfCountry
from oablib.studies.conclusions.settings import DECLARED
from oablib.studies.conclusions.verdicts import FAILS, HOLDS, UNDECIDED, UNKNOWN, moved

RULES = conclusions.rules()
ROUNDING = RULES.rounding
NARROW = 1e-6  # half width of an interval that decides all; far below the last printed digit
WIDE = 100.0  # half width of one that decides nothing


def with_interval(frame: pd.DataFrame, half: float) -> pd.DataFrame:
    return frame.assign(ci_lower=frame["value"] - half, ci_upper=frame["value"] + half)


def cohort(half: float) -> OfCohort:
    """The published figures as if they were those of a run; half: of its intervals, in points."""
    figures = params.published("herijking2021")
    direct = pd.DataFrame(figures["direct_effects"]).T
    direct = pd.DataFrame(
        {
            "name": direct.index,
            "value": direct["coef"].astype(float).to_numpy(),
            "std": direct["beta"].astype(float).to_numpy(),
            "published_std": direct["beta"].astype(float).to_numpy(),
            "current_std": direct["beta_current"].astype(float).to_numpy(),
        }
    )
    rows = [
        (name, code, new, new, current)
        for name, both in figures["scale_values"].items()
        for code, (new, current) in enumerate(zip(both["new"], both["current"], strict=True), 1)
    ]
    values = pd.DataFrame(rows, columns=["variable", "code", "value", "published", "current"])
    trail = pd.DataFrame({"lhs": ["nscct"], "rhs": ["origin"], "decision": ["not_grounded"]})
    fit = figures["fit"]
    shares = [fit["r2_adjusted_current"], fit["r2_adjusted"], fit["r2_adjusted"]]
    explained = pd.DataFrame(
        {"children": EVERYBODY, "indicator": ["indicator_2019", PUBLISHED, OWN]}
    ).assign(r2_adjusted=shares)
    return OfCohort(
        direct=with_interval(direct, half),
        values=with_interval(values, half),
        trail=trail,
        explained=explained,
    )


def country(**changes: object) -> OfCountry:
    """A country in which all conclusions of the report hold."""
    causes = pd.DataFrame(
        {"group": [LOSE_MOST, GAIN_MOST], "cause": DONORS, "mean": [-20.0, 30.0]}
    ).assign(net_share=[0.4, 0.5])
    measures = {"gain_ordinary": 0.66, "gain_more": 0.09, "lose": 0.25}
    relative = pd.DataFrame({"measure": list(measures), "value": list(measures.values())})
    late = pd.DataFrame({"month": ["2020-12", "published"], "children": [44, 44]})
    distances = pd.DataFrame({"wave": ["2013", "all", "all"], "dissimilarity": [0.9, 0.05, 0.01]})
    swings = pd.DataFrame({"scores": [MATCHED, COMPUTED], "sd": [3.0, 0.8]})
    full = OfCountry(
        causes={"schools": causes, "municipalities": causes},
        relative=relative,
        late=late,
        swings=swings,
        distances=distances,
        close=0.05,
        children=1_600_000,
        drawn=False,
    )
    return replace(full, **changes)  # type: ignore[arg-type]


def verdicts(of_cohort: OfCohort, of_country: OfCountry | None) -> dict[str, str]:
    frame = conclusions.judge(RULES, cohort=of_cohort, country=of_country)
    assert list(frame["conclusion"]) == [each.name for each in RULES.conclusions]
    return dict(zip(frame["conclusion"], frame["verdict"], strict=True))


def test_by_the_figures_that_the_report_prints_all_its_conclusions_hold() -> None:
    assert set(verdicts(cohort(NARROW), country()).values()) == {HOLDS}


def test_figures_that_could_be_anything_decide_nothing() -> None:
    found = verdicts(cohort(WIDE), country())
    decided = {name for name, verdict in found.items() if verdict != UNDECIDED}
    of_cohort = {"strongest", "scale_values", "effects"}
    assert decided == {each.name for each in RULES.conclusions if each.judged_by not in of_cohort}


def test_without_published_figures_or_country_nothing_is_said() -> None:
    full = cohort(NARROW)
    bare = OfCohort(
        direct=full.direct.drop(columns=["current_std", "published_std"]),
        values=full.values.drop(columns=["current", "published"]),
        trail=full.trail[:0],
        explained=None,
    )
    found = verdicts(bare, None)
    assert found.pop("parents_strongest") == HOLDS
    assert set(found.values()) == {UNKNOWN}


@pytest.mark.parametrize(
    ("here", "half", "before", "new", "move", "verdict"),
    [
        (-2.3, 0.1, -2.0, -2.31, UP, HOLDS),
        (-1.7, 0.1, -2.0, -2.31, UP, FAILS),
        (-2.3, 0.4, -2.0, -2.31, UP, UNDECIDED),
        (-1.7, 0.4, -2.0, -2.31, UP, UNDECIDED),
        (2.3, 0.1, -2.0, -2.31, UP, FAILS),  # larger, but the other way
        (0.1, 0.02, 0.8, 0.02, DOWN, HOLDS),
        (0.9, 0.02, 0.8, 0.02, DOWN, FAILS),
        (-0.2, 0.02, 0.8, 0.02, DOWN, HOLDS),  # past 0, and nearer to it
        (-1.5, 0.02, 0.8, 0.02, DOWN, FAILS),  # past 0, and further from it
        (-0.9, 0.2, 0.8, 0.02, DOWN, UNDECIDED),  # past 0, as far from it as before by chance
        (-0.7, 0.2, 0.8, 0.02, DOWN, UNDECIDED),
        (0.1, 0.02, 0.8, 0.0, DOWN, HOLDS),
        (-0.5, 0.02, 0.0, 0.0, UP, HOLDS),  # no side is said to be more
        (0.5, 0.02, 0.0, 0.0, DOWN, FAILS),
        (-0.03, 0.02, 0.0, 0.01, UP, FAILS),  # from 0 the other way
        (0.03, 0.026, 0.0, 0.01, UP, UNDECIDED),  # the printed 0.00 can be 0.004
        (0.03, 0.024, 0.0, 0.01, UP, HOLDS),
    ],
)
def test_one_figure(
    here: float, half: float, before: float, new: float, move: str, verdict: str
) -> None:
    row = {"here": here, "low": here - half, "high": here + half, "before": before, "new": new}
    found = moved(pd.DataFrame([row]), move=move, rounding=ROUNDING)
    assert (found.verdict, found.here, found.beside, found.of) == (verdict, here, before, 1)


def test_several_figures_fail_with_one_that_is_clearly_the_other_way() -> None:
    down = {"here": 0.5, "low": 0.4, "high": 0.6, "before": 1.0, "new": 0.5}
    up = {"here": 1.5, "low": 1.4, "high": 1.6, "before": 1.0, "new": 0.5}
    open_ = {"here": 1.1, "low": 0.4, "high": 1.6, "before": 1.0, "new": 0.5}
    for rows, verdict, same in (
        ([down, down], HOLDS, 2),
        ([down, open_], HOLDS, 1),
        ([open_, open_], UNDECIDED, 0),
        ([down, up], FAILS, 1),
    ):
        found = moved(pd.DataFrame(rows), move=DOWN, rounding=ROUNDING)
        assert (found.verdict, found.same, found.of) == (verdict, same, 2)
        assert np.isnan(found.here)


def test_the_strongest_effects_are_apart_or_not() -> None:
    full = cohort(NARROW)
    weak = full.direct.assign(std=full.direct["std"].where(full.direct["name"] != "origin", -0.5))
    assert verdicts(replace(full, direct=weak), None)["parents_strongest"] == FAILS
    without = full.direct[full.direct["name"] != "education_father"]
    assert verdicts(replace(full, direct=without), None)["parents_strongest"] == UNKNOWN


def test_an_added_path_is_against_the_report() -> None:
    full = cohort(NARROW)
    added = replace(full, trail=full.trail.assign(decision="added"))
    assert verdicts(added, None)["no_further_paths"] == FAILS


@pytest.mark.parametrize(
    ("level", "column", "numbers", "name", "verdict"),
    [
        ("schools", "net_share", [0.1, 0.5], "donors_considerable", FAILS),
        ("schools", "net_share", [np.nan, 0.5], "donors_considerable", UNKNOWN),
        ("municipalities", "net_share", [0.1, 0.5], "donors_considerable", HOLDS),
        ("municipalities", "net_share", [0.1, 0.5], "donors_of_municipalities", FAILS),
        ("schools", "mean", [20.0, 30.0], "donors_both_ways", FAILS),
        ("schools", "mean", [np.nan, np.nan], "donors_both_ways", UNKNOWN),
    ],
)
def test_donors(level: str, column: str, numbers: list[float], name: str, verdict: str) -> None:
    full = country().causes
    changed = country(causes=full | {level: full[level].assign(**{column: numbers})})
    assert verdicts(cohort(NARROW), changed)[name] == verdict


@pytest.mark.parametrize(
    ("numbers", "verdict"), [([0.3, 0.1, 0.6], FAILS), ([0.3, np.nan, 0.6], UNKNOWN)]
)
def test_municipalities(numbers: list[float], verdict: str) -> None:
    changed = country(relative=country().relative.assign(value=numbers))
    assert verdicts(cohort(NARROW), changed)["municipalities_gain"] == verdict


@pytest.mark.parametrize(
    ("share", "verdict"), [(0.417, HOLDS), (0.397, FAILS), (0.418, FAILS), (0.42, FAILS)]
)
def test_the_variance_explained_on_the_same_children(share: float, verdict: str) -> None:
    full = cohort(NARROW)
    assert full.explained is not None
    others = full.explained[full.explained["indicator"] != OWN]
    own = full.explained[full.explained["indicator"] == OWN].assign(r2_adjusted=share)
    changed = replace(full, explained=pd.concat([others, own]))
    assert verdicts(changed, None)["explained"] == verdict


@pytest.mark.parametrize("kept", [[OWN], ["indicator_2019"], [PUBLISHED, OWN], []])
def test_explained_variance_needs_both_indicators(kept: list[str]) -> None:
    full = cohort(NARROW)
    assert full.explained is not None
    rows = full.explained[full.explained["indicator"].isin(kept)]
    assert verdicts(replace(full, explained=rows), None)["explained"] == UNKNOWN
    hidden = full.explained.assign(r2_adjusted=np.nan)
    assert verdicts(replace(full, explained=hidden), None)["explained"] == UNKNOWN


@pytest.mark.parametrize(
    ("changes", "verdict"), [([1.0, 0.8], FAILS), ([np.nan, 0.8], UNKNOWN), ([1.6, 0.8], HOLDS)]
)
def test_the_swing_of_imputed_scores(changes: list[float], verdict: str) -> None:
    changed = country(swings=country().swings.assign(sd=changes))
    assert verdicts(cohort(NARROW), changed)["yearly_swing"] == verdict


def test_the_sample() -> None:
    far = country(distances=country().distances.assign(dissimilarity=[0.0, 0.051, 0.01]))
    assert verdicts(cohort(NARROW), far)["representative"] == FAILS
    none = country(distances=country().distances[:0])
    assert verdicts(cohort(NARROW), none)["representative"] == UNKNOWN


@pytest.mark.parametrize(
    ("children", "drawn", "verdict"),
    [(0, False, FAILS), (2_000, False, FAILS), (pd.NA, False, UNKNOWN), (44, True, UNKNOWN)],
)
def test_late_registrations(children: int, drawn: bool, verdict: str) -> None:
    late = pd.DataFrame({"month": ["2020-12", "published"], "children": [children, 44]})
    changed = country(late=late.astype({"children": "Int64"}), drawn=drawn)
    assert verdicts(cohort(NARROW), changed)["late_registrations"] == verdict


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"judged_by": "scale_values"}, "scale_values needs move"),
        ({"move": UP}, "paths has no move"),
        ({"judged_by": "path"}, "did you mean 'paths'"),
    ],
)
def test_a_conclusion_has_the_keys_of_its_kind(change: dict[str, str], said: str) -> None:
    values = params.rules("conclusions")
    rows = values["conclusions"]
    changed = rows | {"no_further_paths": rows["no_further_paths"] | change}
    faults = checked.faults_of(
        values | {"conclusions": changed}, DECLARED, locate=lambda _: ("conclusions.yaml", 0)
    )
    assert any(said in fault for fault in faults), faults
