"""The sentences with which the comparison of two indicators answers its questions."""

from collections.abc import Mapping

import pandas as pd

from oablib.base.wording import number, percent, signed, words
from oablib.indicator.comparison.late import PUBLISHED
from oablib.indicator.comparison.schools import NOT_ZERO, POSITIVE, ZERO
from oablib.indicator.comparison.scores import TOTAL
from oablib.indicator.comparison.shapley import ALL_CHANGED


def answer(
    *,
    differences: pd.DataFrame,
    crosstable: pd.DataFrame,
    bands: pd.DataFrame,
) -> str:
    """How alike both indicators are, and how schools fare.

    Frames: as from score_differences, crosstable and bands.
    """
    total = _row(differences, "scores", TOTAL)
    text = (
        f"Scores of children by the new and the current indicator correlate with "
        f"**r = {number(total['r'])}**; they differ by {signed(total['mean'])} points on average "
        f"(standard deviation {number(total['sd'])})."
    )
    return f"{text} {schools(crosstable, bands=bands)}"


def schools(crosstable: pd.DataFrame, *, bands: pd.DataFrame) -> str:
    """How many schools come and go, and how many change little."""
    counts = crosstable.set_index(["current", "new"])["n"]
    band = _row(bands, "schools", NOT_ZERO)
    return (
        f"**{percent(band['share'])}** of the {int(band['n']):,} schools with a score by either "
        f"change by {_points(band['lower'])} to {_points(band['upper'])} points; "
        f"{counts[ZERO, POSITIVE]:,} gain a score and {counts[POSITIVE, ZERO]:,} lose theirs."
    )


def moved(causes: pd.DataFrame) -> str:
    """Which causes the changes of schools are owed to most; net shares, in a sentence."""
    part = causes[causes["group"] == ALL_CHANGED].dropna(subset=["net_share"])
    if part.empty:
        return "no school changes."
    top = part.nlargest(2, "net_share")
    first, second = (words(str(name)) for name in top["cause"])
    most, next_most = (percent(float(share)) for share in top["net_share"].to_numpy())
    return f"changes of schools are owed to **{first}** ({most}) and {second} ({next_most}) most."


def municipalities(summary: pd.DataFrame, *, interval: float) -> str:
    """Between what relative changes municipalities lie; summary: as in Relative."""
    told = summary.set_index("measure")["value"]
    return (
        f"{percent(interval)} of the municipalities change by **{percent(told['lower'])} to "
        f"{percent(told['upper'])}** of their current score; {percent(told['gain'])} gain. The "
        f"largest together change by {percent(told['largest_change'])}."
    )


def late_registrations(frame: pd.DataFrame) -> str:
    """How many children later registrations add."""
    last = frame[frame["month"] != PUBLISHED].iloc[-1]
    return (
        f"Registrations up to {last['month']} add **{last['children']:,} children** "
        f"({last['pupils']:,} pupils and {last['toddlers']:,} toddlers) at {last['schools']:,} "
        "schools."
    )


def _row(frame: pd.DataFrame, column: str, name: str) -> Mapping[str, float]:
    row = frame[frame[column] == name].iloc[0]
    return {str(key): value for key, value in row.items()}


def _points(value: float) -> str:
    return signed(value).removesuffix(".00")
