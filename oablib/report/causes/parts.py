"""Causes of the changes of schools, and how much each moves."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd

from oablib.base.wording import words as plain_words
from oablib.indicator.comparison import ALL_CHANGED
from oablib.indicator.comparison.causes import DONORS, POPULATION
from oablib.indicator.comparison.schools import GAIN_MOST, LOSE_MOST
from oablib.indicator.comparison.shapley import GAINERS, LOSERS, STANDARDISATION
from oablib.report import drawing
from oablib.report.exhibit import About, Figure, Table
from oablib.report.numbers import number, percent, signed
from oablib.report.table import show
from oablib.report.texts import listed, sentence, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

COLOURS = {LOSE_MOST: drawing.INDIRECT, GAIN_MOST: drawing.OURS}
What = Literal["schools", "municipalities", "years"]
OFFSET = 0.5  # of the larger part, from which the smaller one offsets it
ONE_WAY = 0.5  # of the mean size, from which the mean says that most schools move in one direction
CONCENTRATED = 2.0  # standard deviation by mean size, from which few schools have most of a part


def cause(name: str) -> str:
    """A cause in words, within a sentence."""
    return str(_.words("causes").get(name, plain_words(name)))


@in_languages
@drawing.styled
def causes_figure(frame: pd.DataFrame, *, about: About) -> Figure:
    """How much each cause moves: in size for all that change, with sign for the outer groups.

    frame: group, cause, places, mean, mean_absolute.
    """
    names = list(frame["cause"].unique())
    by_group = {
        str(name): part.set_index("cause").loc[names] for name, part in frame.groupby("group")
    }
    figure, (left, right) = drawing.beside(2, height=1.2 + 0.42 * len(names))
    sizes = by_group[ALL_CHANGED]["mean_absolute"]
    left.barh(np.arange(len(names)), sizes, color=drawing.GREY, height=0.5)
    left.set(title=_("All that change"), xlabel=_("mean size (points)"))
    left.grid(axis="x")
    drawing.row_labels(left, [sentence(cause(name)) for name in names])
    for shift, group in ((-0.5, LOSE_MOST), (0.5, GAIN_MOST)):
        part = by_group[group]
        if part["places"].isna().all():
            continue
        rows = np.arange(len(part)) + 0.36 * shift
        label = _group(group, int(part["places"].iloc[0]))
        right.barh(rows, part["mean"], height=0.34, color=COLOURS[group], label=label)
    right.axvline(0, color=drawing.GREY, lw=0.8)
    right.set(title=_("Those that change most"), xlabel=_("mean part (points)"))
    right.grid(axis="x")
    for axes in (left, right):
        axes.xaxis.set_major_formatter(lambda value, _position: number(value, 0))
    if right.get_legend_handles_labels()[0]:
        drawing.legend(figure, right, columns=2)
    spoken = [
        _("{cause}: size {size}, lose most {lost}, gain most {gained}",
          cause=cause(name), size=_read(sizes[name], number),
          lost=_read(by_group[LOSE_MOST]["mean"][name], signed),
          gained=_read(by_group[GAIN_MOST]["mean"][name], signed))
        for name in names
    ]  # fmt: skip
    return drawing.exhibited(
        figure,
        about=about,
        alt=_("Bars per cause. {values}.", values="; ".join(spoken)),
        numbers=_named(frame)[["group", "cause", "places", "mean", "mean_absolute"]],
        headings=_.words("columns"),
        **captions("fig-causes"),
    )


def _read(value: float, write: Callable[[float], str]) -> str:
    """A number for an alternative text, which may be hidden."""
    return _("not shown") if np.isnan(value) else write(value)


def _group(group: str, schools: int) -> str:
    return _.plural(
        "{group} ({n:,} school)", "{group} ({n:,} schools)", n=schools,
        group=_.words("groups")[group],
    )  # fmt: skip


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    """Groups and causes in words."""
    return frame.assign(
        group=frame["group"].map(_.words("groups")), cause=frame["cause"].map(cause)
    )


@in_languages
def causes_table(frame: pd.DataFrame, *, about: About, what: What = "schools") -> Table:
    """How much each cause moves all that change, and, but for years, those that lose and gain.

    frame: as from causes_summary. what: schools or municipalities between indicators, or schools
    from one year to the next.
    """
    every = frame[frame["group"] == ALL_CHANGED].set_index("cause")
    counts = {name: _places(frame, name) for name in (ALL_CHANGED, LOSERS, GAINERS)}
    shown = every[["mean", "sd", "net_share"]]
    if what != "years" and _means(frame, LOSERS).notna().any():
        shown = shown.assign(losers=_means(frame, LOSERS), gainers=_means(frame, GAINERS))
    named = shown.rename(index=cause).rename_axis("cause").reset_index()
    given = {"places": counts[ALL_CHANGED], "losers": counts[LOSERS], "gainers": counts[GAINERS]}
    texts = {
        "schools": lambda: captions("tbl-causes", **given),
        "municipalities": lambda: captions("tbl-causes-municipalities", **given),
        "years": lambda: captions("tbl-yearly-causes", **given),
    }
    return show(named, about=about, **texts[what]())


def _means(frame: pd.DataFrame, group: str) -> pd.Series:
    return frame[frame["group"] == group].set_index("cause")["mean"]


def _places(frame: pd.DataFrame, group: str) -> str:
    """How many places a group has, in words where they are too few to be shown."""
    count = float(frame.loc[frame["group"] == group, "places"].iloc[0])
    return _("few") if np.isnan(count) else number(count, 0)


def are_hidden(frame: pd.DataFrame) -> bool:
    """Whether so few places change that nothing is shown of them; frame: causes_summary."""
    return bool(frame.loc[frame["group"] == ALL_CHANGED, "places"].isna().all())


@in_languages
def offset_finding(frame: pd.DataFrame) -> str:
    """Whether the largest parts offset each other, and whether donor selection is offset."""
    if are_hidden(frame):
        return _("Too few schools change to show what changes them.")
    every = frame[frame["group"] == ALL_CHANGED].set_index("cause")
    means = every["mean"].drop(STANDARDISATION, errors="ignore").dropna()
    if means.empty or not means.abs().max() > 0:
        return _("No cause changes the score of a school.")
    up, down = str(means.idxmax()), str(means.idxmin())
    smaller, larger = sorted([abs(means[up]), abs(means[down])])
    given = {
        "up": sentence(cause(up)), "down": cause(down), "raised": means[up],
        "lowered": means[down], "left": means[up] + means[down],
    }  # fmt: skip
    offset = means[up] > 0 > means[down] and smaller >= OFFSET * larger
    text = (
        _(
            "{up} ({raised:+.1f} points a school) and {down} ({lowered:+.1f}) offset each other; "
            "{left:+.1f} is left.",
            **given,
        )
        if offset
        else _("No two causes offset each other: the means run from {lowered:+.1f} ({down}) to "
               "{raised:+.1f} points a school ({up}).", **given)
    )  # fmt: skip
    if DONORS not in means.index or (offset and DONORS in (up, down)):
        return text
    return f"{text} {_donors(every.to_dict('index')[DONORS], offset=offset)}"


def _donors(row: Mapping[Any, Any], *, offset: bool) -> str:
    given = {"mean": row["mean"], "sd": row["sd"]}
    begin = (
        _("No such offset exists for donor selection: mean {mean:+.1f}, standard deviation "
          "{sd:.1f}.", **given)
        if offset
        else _("Donor selection has mean {mean:+.1f} and standard deviation {sd:.1f}.", **given)
    )  # fmt: skip
    if row["sd"] >= CONCENTRATED * row["mean_absolute"]:
        return begin + " " + _("It changes few schools, but these much.")
    if abs(row["mean"]) < ONE_WAY * row["mean_absolute"]:
        return begin + " " + _("It changes many schools, some up and some down.")
    return begin + " " + _("It changes many schools, most in one direction.")


def shares(frame: pd.DataFrame) -> str:
    """The two causes with the largest net shares, and the one that works most against the change.

    frame: as from causes_summary; standardisation is left out.
    """
    if are_hidden(frame):
        return _("too few schools change to show it.")
    part = frame[(frame["group"] == ALL_CHANGED) & (frame["cause"] != STANDARDISATION)]
    part = part.dropna(subset=["net_share"])
    if part.empty:
        return _("no school changes.")
    top = part[part["net_share"] > 0].nlargest(2, "net_share")
    names = [cause(str(name)) for name in top["cause"]]
    values = [percent(float(share)) for share in top["net_share"]]
    if len(set(values)) < len(values):
        text = _(
            "{causes} each account for {share} of the net change",
            causes=listed(names), share=values[0],
        )  # fmt: skip
    else:
        text = _("the net change is due to {causes}", causes=_with_shares(top))
    last = part.nsmallest(1, "net_share")
    if float(last["net_share"].iloc[0]) < 0:
        text = _("{text}; against it: {cause}", text=text, cause=_with_shares(last))
    return f"{text}."


def _with_shares(part: pd.DataFrame) -> str:
    pairs = zip(part["cause"], part["net_share"], strict=True)
    return listed(
        _("{cause} ({share})", cause=cause(str(name)), share=percent(float(share)))
        for name, share in pairs
    )


@in_languages
def municipal_finding(frame: pd.DataFrame, *, schools: pd.DataFrame) -> str:
    """What changes municipalities most, and whether it is what changes schools most.

    frame, schools: as from causes_summary, of municipalities and of schools.
    """
    own, beside = nets(frame), nets(schools)
    if are_hidden(frame) or own.empty:
        return _("Too few municipalities change to show what changes them.")
    top = str(own.idxmax())
    text = _(
        "Of the net change of municipalities, most is due to {cause} ({share:.0%}).",
        cause=cause(top), share=float(own[top]),
    )  # fmt: skip
    if beside.empty:
        return text
    first = str(beside.idxmax())
    text += " " + (
        _(
            "It is the same for schools ({share:.0%}), as in the report of 2021.",
            share=float(beside[top]),
        )
        if top == first
        else _(
            "For schools it is {cause} ({share:.0%}): the explanation is not the same, other than "
            "in the report of 2021.",
            cause=cause(first), share=float(beside[first]),
        )
    )  # fmt: skip
    if top == DONORS or DONORS not in own or DONORS not in beside:
        return text
    return text + " " + _(
        "Donor selection has {share:.0%} here and {schools:.0%} there.",
        share=float(own[DONORS]), schools=float(beside[DONORS]),
    )  # fmt: skip


def nets(frame: pd.DataFrame) -> pd.Series:
    """Net share of each cause in all that change, standardisation aside."""
    part = frame[(frame["group"] == ALL_CHANGED) & (frame["cause"] != STANDARDISATION)]
    return part.set_index("cause")["net_share"].dropna()


@in_languages
def yearly_finding(frame: pd.DataFrame) -> str:
    """Whether other children move schools more than the new indicator; frame: with population."""
    own = nets(frame)
    if are_hidden(frame) or (len(own) and POPULATION not in own):
        return _("What changes schools from one year to the next is of too few to be shown.")
    if own.empty:
        return _("From one year to the next no school changes.")
    population = float(own[POPULATION])
    given = {"population": population, "indicator": float(own.sum()) - population}
    if given["population"] > given["indicator"]:
        return _(
            "From one year to the next, more of the net change is due to other pupils "
            "({population:.0%}) than to the new indicator ({indicator:.0%}).",
            **given,
        )
    return _(
        "From one year to the next, more of the net change is due to the new indicator "
        "({indicator:.0%}) than to other pupils ({population:.0%}).",
        **given,
    )
