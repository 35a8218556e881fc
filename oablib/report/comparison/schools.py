"""Schools and municipalities by both indicators, and the answer of the report."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from oablib.base.wording import MINUS, inert
from oablib.indicator.comparison import Rules, not_zero_under_both
from oablib.indicator.comparison.schools import NOT_ZERO, POSITIVE, ZERO
from oablib.indicator.comparison.scores import TOTAL
from oablib.report import drawing
from oablib.report.comparison.scores import diagonal, in_units
from oablib.report.exhibit import About, Figure, Table
from oablib.report.numbers import number, percent, signed
from oablib.report.table import show
from oablib.report.texts import texts_beside

_ = texts_beside(__file__)
captions = _.captions

DISADVANTAGE = "points of achterstandsscore"
STEPS = 250  # along an axis: a mark is a little larger than the distance of two of them
# Name, fewest and most schools at one position, and colour, from few to many.
CROWDS = (
    ("1 school", 1, 1, "#5BA3D0"),
    ("2 to 9 schools", 2, 9, drawing.OURS),
    ("10 or more", 10, np.inf, drawing.INK),
)
# Measure -> words with unit, and what its value is multiplied with to be in that unit.
RELATIVE = {
    "municipalities": ("municipalities", 1),
    "with_current_score": ("with a current score above zero", 1),
    "from_zero": ("from zero to a score", 1),
    "lower": ("relative change, lower end (%)", 100),
    "upper": ("relative change, upper end (%)", 100),
    "gain": ("gain, of those not zero under both (%)", 100),
    "lose": ("lose, of those not zero under both (%)", 100),
    "largest_change": ("relative change of the largest together (%)", 100),
}


@drawing.styled
def schools_figure(pairs: pd.DataFrame, *, about: About) -> Figure:
    """Schools by current and new score, with the diagonal (figure 4.1.1)."""
    figure, axes = drawing.canvas(height=drawing.WIDTH * 0.8)
    dots = _crowded(pairs)
    for name, fewest, most, colour in CROWDS:
        part = dots[dots["schools"].between(fewest, most)]
        if len(part):
            axes.plot(part["current"], part["new"], "o", ms=2.6, mew=0, color=colour, label=name)
    diagonal(axes, _ends(dots, room=0.04), unit=DISADVANTAGE)
    marks, names = axes.get_legend_handles_labels()
    figure.legend(marks, names, loc="outside upper left", ncols=len(CROWDS), markerscale=2)
    return drawing.exhibited(
        figure,
        about=about,
        alt=f"Dots along a diagonal. {_gains(pairs, 'schools')}",
        numbers=dots.round(1),
        **captions("fig-schools"),
    )


def _crowded(pairs: pd.DataFrame) -> pd.DataFrame:
    """Schools not zero by both, counted at positions that the eye can distinguish."""
    moving = not_zero_under_both(pairs)[["current", "new"]]
    width = float(moving.max().max()) / STEPS
    rounded = ((moving / width).round() * width).round(1)
    return rounded.value_counts().sort_index().rename("schools").reset_index()


def _ends(frame: pd.DataFrame, *, room: float) -> tuple[float, float]:
    """Both ends of axes for all scores; room: beyond the largest, as a fraction of it."""
    largest = float(frame[["current", "new"]].max().max())
    return -0.02 * largest, (1 + room) * largest


def _gains(pairs: pd.DataFrame, what: str) -> str:
    """How many schools or municipalities gain and lose, in words."""
    moving = not_zero_under_both(pairs)
    change = moving["change"]
    least, most = (f"{value:+,.0f}".replace("-", MINUS) for value in (change.min(), change.max()))
    return (
        f"Of {len(moving):,} {what} with a score by either indicator {(change > 0).sum():,} lie "
        f"above the line and {(change < 0).sum():,} below; changes run from {least} to {most} "
        "points."
    )


def crosstable_table(frame: pd.DataFrame, *, about: About) -> Table:
    """How many schools are above zero by which indicator (table 4.1.2)."""
    return show(frame, about=about, **captions("tbl-crosstable"))


@drawing.styled
def changes_figure(frame: pd.DataFrame, *, what: str, about: About) -> Figure:
    """Histogram of changes (figures 4.1.3 and 4.2.2).

    frame: lower, upper, n. what: schools or municipalities.
    """
    figure, axes = drawing.canvas(height=3.2)
    widths = frame["upper"] - frame["lower"]
    colours = np.where(frame["upper"] <= 0, drawing.INDIRECT, drawing.OURS)
    axes.bar(
        frame["lower"], frame["n"], widths, align="edge", color=colours, edgecolor="white", lw=0.4
    )
    axes.set(xlabel=f"change ({DISADVANTAGE})", ylabel=what)
    axes.grid(axis="y")
    first, last, top = (frame.iloc[i] for i in (0, -1, int(frame["n"].argmax())))
    return drawing.exhibited(
        figure,
        about=about,
        alt=f"Histogram of {int(frame['n'].sum()):,} {what}. Most ({int(top['n']):,}) change by "
        f"{signed(top['lower'])} to {signed(top['upper'])} points; {int(first['n']):,} {what} "
        f"change by {signed(first['upper'])} or less, {int(last['n']):,} by "
        f"{signed(last['lower'])} or more.",
        numbers=frame.round(1),
        **captions("fig-changes-{what}", what=what, capital=what.capitalize()),
    )


def classes_table(frame: pd.DataFrame, *, rules: Rules, about: About) -> Table:
    """Schools by class of change (table 4.1.4)."""
    shown = {"change": _ranges(frame, "lower", "upper"), "n": frame["n"], "share": frame["share"]}
    if "published" in frame:
        shown["published_change"] = _ranges(frame, "published_lower", "published_upper")
        shown |= {name: frame[name] for name in ("published", "published_share")}
    sds = ", ".join(f"{sd:g}" for sd in rules.class_sds).replace("-", MINUS)
    return show(pd.DataFrame(shown), about=about, **captions("tbl-classes", sds=sds))


def _ranges(frame: pd.DataFrame, lower: str, upper: str) -> list[str]:
    return [_range(low, high) for low, high in zip(frame[lower], frame[upper], strict=True)]


def _range(low: float, high: float) -> str:
    start, end = (f"{limit:,.1f}".replace("-", MINUS) for limit in (low, high))
    if np.isneginf(low):
        return f"less than {end}"
    return f"{start} or more" if np.isposinf(high) else f"{start} to {end}"


def bands_table(frame: pd.DataFrame, *, rules: Rules, about: About) -> Table:
    """Share of schools with an ordinary change."""
    whole = ("lower", "upper", "published_lower", "published_upper")
    return show(
        frame,
        about=about,
        digits=dict.fromkeys(whole, 0),
        **captions("tbl-bands", band_sds=rules.band_sds),
    )


@drawing.styled
def municipalities_figure(
    pairs: pd.DataFrame, *, names: Mapping[str, str], largest: int, about: About
) -> Figure:
    """Municipalities by current and new score, the largest named (figure 4.2.1)."""
    named = pairs.assign(municipality=pairs.iloc[:, 0].map(names))
    figure, axes = drawing.canvas(height=drawing.WIDTH * 0.8)
    axes.plot(pairs["current"], pairs["new"], "o", ms=3.2, mew=0, alpha=0.7, color=drawing.OURS)
    diagonal(axes, _ends(pairs, room=0.2), unit=DISADVANTAGE)  # room for names
    top, spoken = named.nlargest(largest, "current"), []
    columns = zip(top["municipality"], top["current"], top["new"], top["change"], strict=True)
    for name, x, y, change in columns:
        # The name is on the side of the dot that the diagonal does not cross.
        away, side = (-5, "right") if y > x else (5, "left")
        axes.annotate(
            inert(name), (x, y), (away, 0), textcoords="offset points", ha=side, va="center"
        )
        spoken.append(f"{name} {signed(change)}")
    return drawing.exhibited(
        figure,
        about=about,
        alt=f"Dots along a diagonal. {_gains(pairs, 'municipalities')} "
        f"Largest: {'; '.join(spoken)}.",
        numbers=named[["municipality", "current", "new", "change"]].round(1),
        **captions("fig-municipalities"),
    )


def relative_table(frame: pd.DataFrame, *, rules: Rules, about: About) -> Table:
    """Relative changes of municipalities in numbers; frame: as in Relative.summary."""
    return show(
        in_units(frame, RELATIVE),
        about=about,
        **captions("tbl-relative", percent=100 * rules.interval),
    )


def largest_table(frame: pd.DataFrame, *, names: Mapping[str, str], about: About) -> Table:
    """The largest municipalities; frame: as in Relative.table, names: code -> name."""
    part = frame[frame["largest"]].sort_values("current", ascending=False)
    named = part.assign(municipality=part.iloc[:, 0].map(names))
    return show(
        named[["municipality", "current", "new", "change", "relative"]],
        about=about,
        **captions("tbl-largest"),
    )


def answer(*, differences: pd.DataFrame, crosstable: pd.DataFrame, bands: pd.DataFrame) -> str:
    """How alike both indicators are, and how scores of schools change.

    Frames: as from score_differences, crosstable and bands.
    """
    total = differences[differences["scores"] == TOTAL].iloc[0]
    band = bands[bands["schools"] == NOT_ZERO].iloc[0]
    lower, upper = (signed(band[name]).removesuffix(".00") for name in ("lower", "upper"))
    counts = crosstable.set_index(["current", "new"])["n"]
    return (
        f"Scores of children by the new and the current indicator correlate with "
        f"**r = {number(total['r'])}**; they differ by {signed(total['mean'])} points on average "
        f"(standard deviation {number(total['sd'])}). "
        f"**{percent(band['share'])}** of the {int(band['n']):,} schools with a score by either "
        f"change by {lower} to {upper} points; "
        f"{counts[ZERO, POSITIVE]:,} gain a score and {counts[POSITIVE, ZERO]:,} lose theirs."
    )
