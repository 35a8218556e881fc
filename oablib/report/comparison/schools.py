"""Schools by both indicators in the report on the comparison."""

import numpy as np
import pandas as pd

from oablib.indicator.comparison import Crowds, Rules, not_zero_under_both
from oablib.indicator.comparison.schools import ALL, NOT_ZERO, POSITIVE, ZERO
from oablib.report import drawing
from oablib.report.allocation.schools import plain_ticks
from oablib.report.comparison.scores import diagonal
from oablib.report.exhibit import About, Figure, Table
from oablib.report.numbers import number, signed
from oablib.report.table import show
from oablib.report.texts import named, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

FIRST = 1.0  # point; below it the axes are linear, so that 0 has a place
FEWEST, FACTOR = 10, 3  # schools of the smallest dot, and how many times as many the next has


@in_languages
@drawing.styled
def crowds_figure(crowds: Crowds, pairs: pd.DataFrame, *, what: str, about: About) -> Figure:
    """How many rows lie where, by current and new score, with the diagonal.

    what: schools (figure 4.1.1) or municipalities (figure 4.2.1).
    """
    rows = _.words("rows")[what]
    dots = crowds.table
    figure, axes = drawing.canvas(height=drawing.WIDTH * 0.8)
    step = np.floor(np.log(dots["n"] / FEWEST) / np.log(FACTOR)).astype(int)
    for size, part in dots.groupby(step):
        least, most = FEWEST * FACTOR ** np.array([size, size + 1])
        label = _("{least:,}–{most:,} {rows}", least=int(least), most=int(most) - 1, rows=rows)
        axes.plot(
            part["current"], part["new"], "o", ms=2.6 * 1.5**size, mew=0, color=drawing.OURS,
            alpha=0.8, label=label,
        )  # fmt: skip
    logarithmic_diagonal(axes, dots)
    marks, names = axes.get_legend_handles_labels()
    if marks:
        figure.legend(marks, names, loc="outside upper left", ncols=len(marks))
    headings = {"current": _("current score"), "new": _("new score"), "n": rows}
    return drawing.exhibited(
        figure,
        about=about,
        alt=_("Dots along a diagonal.") + " " + gains(pairs),
        numbers=dots.round(1),
        headings=headings,
        **captions("fig-crowds-{what}", what=what, rows=rows, fewest=FEWEST, hidden=crowds.hidden),
    )


@in_languages
def standardisation_finding(pairs: pd.DataFrame) -> str:
    """By how much scores are scaled before they are compared; pairs: as from standardised."""
    if pairs.empty:
        return _("No school has a score to be scaled.")
    current, new = (float(pairs[f"factor_{side}"].iloc[0]) for side in ("current", "new"))
    total = _("the sum of the new scores") if new == 1 else _("one sum")
    return _(
        "Current scores are multiplied by {current:.3f} and new ones by {new:.3f}, so that both "
        "add up to {total}. The scores compared here are therefore not those that are paid on or "
        "published.",
        current=current, new=new, total=total,
    )  # fmt: skip


def logarithmic_diagonal(axes: drawing.Axes, frame: pd.DataFrame, *, room: float = 1.3) -> None:
    """Axes of scores by powers of ten, 0 among them, and the line of equal scores.

    room: times the largest score, up to which the axes reach.
    """
    largest = float(frame[["current", "new"]].to_numpy(float).max(initial=FIRST)) * room
    for scale in (axes.set_xscale, axes.set_yscale):
        scale("symlog", linthresh=FIRST)
    diagonal(axes, (-0.3 * FIRST, largest), unit=_("points"))
    for axis in (axes.xaxis, axes.yaxis):
        plain_ticks(axis, largest)


def gains(pairs: pd.DataFrame) -> str:
    """How many rows gain and lose, in words."""
    moving = not_zero_under_both(pairs)
    if few_move(moving):
        return _("Few lie above the line, or below it.")
    change = moving["change"]
    return _(
        "Of {n:,} with a score above zero by either indicator {gain:,} lie above the line and "
        "{lose:,} below.",
        n=len(moving), gain=int((change > 0).sum()), lose=int((change < 0).sum()),
    )  # fmt: skip


def few_move(moving: pd.DataFrame) -> bool:
    """Whether so few gain, lose or stay as they are that none of these is counted: they add up."""
    counts = np.sign(moving["change"]).value_counts()
    return bool((counts < FEWEST).any())


@in_languages
def crosstable_table(frame: pd.DataFrame, *, about: About) -> Table:
    """How many schools are above zero by which indicator (table 4.1.2)."""
    names = _.words("score")
    shown = frame.assign(current=frame["current"].map(names), new=frame["new"].map(names))
    return show(shown, about=about, **captions("tbl-crosstable"))


@in_languages
def crosstable_finding(frame: pd.DataFrame, *, about: About) -> str:
    """Whether more schools gain a score than lose theirs, and the published numbers beside."""
    text = _crossing(frame, column="n")
    if "published" in frame:
        text += " " + _(
            "Published: {gain:,} gain one and {lose:,} lose theirs.",
            **_counts(frame, column="published"),
        )
        if about.drawn:
            text += " " + _(
                "The synthetic country was calibrated on the published number of schools above "
                "zero, but not on how many cross zero."
            )
    return text


def _crossing(frame: pd.DataFrame, *, column: str) -> str:
    if frame[column].isna().any():
        return _("Too few schools gain or lose a score to say how many.")
    counts = _counts(frame, column=column)
    if counts["gain"] > counts["lose"]:
        return _("More schools gain a score ({gain:,}) than lose theirs ({lose:,}).", **counts)
    if counts["gain"] < counts["lose"]:
        return _("More schools lose their score ({lose:,}) than gain one ({gain:,}).", **counts)
    return _("As many schools gain a score as lose theirs: {gain:,}.", **counts)


def _counts(frame: pd.DataFrame, *, column: str) -> dict[str, int]:
    cells = frame.set_index(["current", "new"])[column]
    return {"gain": int(cells[ZERO, POSITIVE]), "lose": int(cells[POSITIVE, ZERO])}


@in_languages
@drawing.styled
def changes_figure(frame: pd.DataFrame, *, what: str, about: About) -> Figure:
    """Histogram of changes (figures 4.1.3 and 4.2.2).

    frame: lower, upper, n. what: schools or municipalities.
    """
    figure, axes = drawing.canvas(height=3.0)
    widths = frame["upper"] - frame["lower"]
    axes.bar(
        frame["lower"], frame["n"], widths, align="edge", color=drawing.OURS, edgecolor="white",
        lw=0.4,
    )  # fmt: skip
    axes.axvline(0, color=drawing.INK, lw=0.8, ls="--")
    rows = _.words("rows")[what]
    axes.set(xlabel=_("change of the achterstandsscore (points)"), ylabel=rows)
    axes.xaxis.set_major_formatter(lambda value, _position: number(value, 0))
    axes.grid(axis="y")
    first, last, top = (frame.iloc[i] for i in (0, -1, int(frame["n"].fillna(0).argmax())))
    return drawing.exhibited(
        figure,
        about=about,
        alt=_("Too few change to be drawn.")
        if frame["n"].isna().any()
        else _(
            "Histogram of {n:,} {rows}. Most ({most:,}) change by {lower:+,.0f} to {upper:+,.0f} "
            "points; the change is {low:+,.0f} or less for {few:,}, {high:+,.0f} or more for "
            "{many:,}.",
            n=int(frame["n"].sum()), rows=rows, most=int(top["n"]), lower=top["lower"],
            upper=top["upper"], few=int(first["n"]), low=first["upper"], many=int(last["n"]),
            high=last["lower"],
        ),
        numbers=frame.round(1),
        headings={"lower": _("change from"), "upper": _("change to"), "n": rows},
        **captions("fig-changes-{what}", what=what, rows=rows),
    )  # fmt: skip


@in_languages
def classes_table(frame: pd.DataFrame, *, rules: Rules, about: About) -> Table:
    """Schools by class of change (table 4.1.4)."""
    shown = {"change": _ranges(frame, "lower", "upper"), "n": frame["n"], "share": frame["share"]}
    if "published" in frame:
        shown["published_change"] = _ranges(frame, "published_lower", "published_upper")
        shown |= {name: frame[name] for name in ("published", "published_share")}
    sds = "; ".join(number(sd, 0 if sd == int(sd) else 1) for sd in rules.class_sds)
    return show(pd.DataFrame(shown), about=about, **captions("tbl-classes", sds=sds))


def _ranges(frame: pd.DataFrame, lower: str, upper: str) -> list[str]:
    return [_range(low, high) for low, high in zip(frame[lower], frame[upper], strict=True)]


def _range(low: float, high: float) -> str:
    if np.isneginf(low):
        return _("less than {high:,.1f}", high=high)
    if np.isposinf(high):
        return _("{low:,.1f} or more", low=low)
    return _("{low:,.1f} to {high:,.1f}", low=low, high=high)


@in_languages
def bands_finding(frame: pd.DataFrame) -> str:
    """How many schools change within the band of ordinary changes, here and as published."""
    if frame["share"].isna().any():
        return _("Too few schools change by more, or by less, to give a band of ordinary changes.")
    texts = {NOT_ZERO: _NOT_ZERO, ALL: _EVERY}
    parts = [
        _(
            texts[str(row["schools"])],
            share=row["share"], lower=signed(row["lower"], 0), upper=signed(row["upper"], 0),
        )
        for row in frame.to_dict("records")
    ]  # fmt: skip
    if "published_share" not in frame:
        return " ".join(parts)
    band, every = (frame[frame["schools"] == name].iloc[0] for name in (NOT_ZERO, ALL))
    beside = _(
        "Published for the first: {share:.1%} by {lower} to {upper}, by the counts of its table "
        "(nearly {text:.0%} in its text); for all: about {all:.0%} by {low} to {high}.",
        share=band["published_share"], text=band["published_in_text"], all=every["published_share"],
        lower=signed(band["published_lower"], 0), upper=signed(band["published_upper"], 0),
        low=signed(every["published_lower"], 0), high=signed(every["published_upper"], 0),
    )  # fmt: skip
    return " ".join([*parts, beside])


_NOT_ZERO = named(
    "{share:.1%} of the schools that are not zero by both change by {lower} to {upper} points, one "
    "standard deviation on either side of the mean."
)
_EVERY = named("Of all schools, {share:.1%} change by {lower} to {upper} points.")
