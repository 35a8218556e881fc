"""Scores of school sites and municipalities as they may be shown, and all that is made of them.

Hiding and rounding depend on public numbers alone: the pupils of a site and of a
municipality. What is not here is never shown: the target group, A, B, and a score below the
threshold.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from oablib.disclosure.settings import Constants, Profile, Rules
from oablib.indicator import allocation
from oablib.indicator.allocation import Grants, National

SCORE = "achterstandsscore"
SITES = ["school_id", "n_children", SCORE, "step", "note"]
MUNICIPALITIES = ["municipality", "name", "n_pupils", SCORE, "step", "note"]
CENTS = 100  # a score has two decimals by law


def sites(table: pd.DataFrame, *, profile: Profile) -> pd.DataFrame:
    """Out of allocation.schools: school_id, n_children, achterstandsscore, step, note.

    The score is a multiple of `step` points, NaN for sites with fewer pupils than the profile asks
    for; note says so. Sites without pupils keep their 0.
    """
    n = table["n_children"]
    step = profile.sites.of(n)
    few = f"fewer than {profile.fewest_pupils} pupils"
    return _shown(table, step, hidden=n.between(1, profile.fewest_pupils - 1), why=few)[SITES]


def municipalities(table: pd.DataFrame, *, names: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    """Out of allocation.municipalities: municipality, name, n_pupils, then as `sites`.

    By the pupils of schools there, whose number is public, and by toddlers: a score less those of
    the sites is that of the toddlers. names: municipality, name.
    """
    toddlers = table["n_children"] - table["n_pupils"]
    step = np.full(len(table), profile.municipal_step)
    few_pupils = table["n_pupils"] < profile.fewest_of_municipality
    few_toddlers = toddlers < profile.fewest_toddlers
    known = names.set_index("municipality")["name"]
    named = table.assign(name=table["municipality"].map(known).fillna(table["municipality"]))
    few = (
        f"fewer than {profile.fewest_of_municipality} pupils or {profile.fewest_toddlers} toddlers"
    )
    return _shown(named, step, hidden=few_pupils | few_toddlers, why=few)[MUNICIPALITIES]


def brins(shown: pd.DataFrame) -> pd.DataFrame:
    """Schools by BRIN, out of `sites`: brin, sites, n_children, achterstandsscore.

    A score is the sum of what is shown of its sites; a BRIN of which a site is hidden is left out.
    """
    hidden = shown.loc[shown[SCORE].isna(), "school_id"].str[: allocation.BRIN_LENGTH]
    every = allocation.brins(shown.dropna(subset=[SCORE]))
    return every[~every["brin"].isin(hidden)].reset_index(drop=True)


def grants(
    latest: pd.DataFrame, earlier: pd.DataFrame, *, divided: Grants, constants: Constants
) -> pd.DataFrame:
    """Grants as they follow from what is shown: municipality, name, score_t1, score_t2, grant.

    latest, earlier: from `municipalities`, on both reference dates. divided: the grants that are
    paid, of which only the value of a point and the minimum are taken. Grants are in whole steps
    of euro; NaN where a score is hidden, and where both are 0: whether there is a grant depends on
    single children then. at_minimum: whether it is the minimum.
    """
    both = latest[["municipality", "name", SCORE]].merge(
        earlier[["municipality", SCORE]], on="municipality", suffixes=("_t1", "_t2")
    )
    named = both.rename(columns={f"{SCORE}_t1": "score_t1", f"{SCORE}_t2": "score_t2"})
    mean = (named["score_t1"] + named["score_t2"]) / 2
    formula = mean * point_value(divided)
    paid = pd.Series(whole_steps(formula, constants.euro_step), formula.index)
    lifted = (formula < divided.minimum) & (mean > 0)
    grant = paid.mask(lifted, divided.minimum).where(mean > 0)
    return named.assign(grant=grant, at_minimum=lifted)


def point_value(divided: Grants) -> float:
    """Euro that a point of a municipality is worth, in tens: exact, it would tell how many."""
    return float(round(divided.J / divided.K, -1))


def nationals(means: Mapping[str, National], *, constants: Constants) -> pd.DataFrame:
    """National figures as allocation.nationals, in as many decimals as may stand beside scores."""
    exact = allocation.nationals(means)
    decimals = {"C": constants.means, "G": constants.means, "boundary": constants.boundary}
    rounded = exact.round(decimals)
    return rounded.assign(distance=(rounded["C"] - rounded["G"]).round(constants.means))


def averaging(frame: pd.DataFrame, *, sites: int, rules: Rules) -> pd.DataFrame:
    """What averaging changes, as allocation.early_and_late, with sums and counts in whole steps.

    Nothing is shown where fewer than rules.fewest of the sites are above 0, or at it, either way.
    By an exact number of sites above 0 hidden cells of comparison.crosstable would come back.
    """
    fewest, constants = rules.fewest, rules.constants
    above = frame.loc[frame["measure"] == "above_zero", ["early", "late"]].to_numpy(float)
    if any(0 < count < fewest for count in (*above.ravel(), *(sites - above.ravel()))):
        return frame.assign(early=np.nan, late=np.nan)
    whole = {"sum": constants.sum_step, "above_zero": constants.count_step}
    steps = frame["measure"].map(whole).fillna(10.0**-constants.means)
    # Not `whole_steps`: means may have more decimals than hundredths.
    early, late = ((frame[name] / steps).round() * steps for name in ("early", "late"))
    return frame.assign(early=early, late=late)


def cutoff(frame: pd.DataFrame, *, constants: Constants) -> pd.DataFrame:
    """Boundaries and shifts, as comparison.cutoff, in as many decimals as stand beside scores."""
    boundary = frame["measure"].str.startswith("boundary_")
    points = frame["measure"].isin(["shift", "mean_difference", "net_shift"])
    value = frame["value"].mask(boundary, frame["value"].round(constants.boundary))
    return frame.assign(value=value.mask(points, frame["value"].round(constants.means)))


def whole_steps(score: ArrayLike, step: ArrayLike) -> NDArray[np.float64]:
    """Scores, counts or euro as multiples of steps, a half upwards; steps of whole hundredths."""
    cents = np.rint(np.asarray(score, float) * CENTS)
    each = np.rint(np.asarray(step, float) * CENTS)
    return np.floor((2 * cents + each) / (2 * each)) * each / CENTS


def _shown(table: pd.DataFrame, step: NDArray[Any], *, hidden: pd.Series, why: str) -> pd.DataFrame:
    score = pd.Series(whole_steps(table[SCORE], step), table.index)
    shown = table.assign(step=step, note=table["note"].where(~hidden, why))
    shown[SCORE] = score.mask(hidden)
    return shown
