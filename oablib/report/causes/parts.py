"""Causes of the changes of schools, and how much each moves."""

from collections.abc import Callable
from typing import Literal

import numpy as np
import pandas as pd

from oablib.base.wording import words as plain_words
from oablib.indicator.comparison import ALL_CHANGED
from oablib.indicator.comparison.schools import GAIN_MOST, LOSE_MOST
from oablib.indicator.comparison.shapley import GAINERS, LOSERS
from oablib.report import drawing
from oablib.report.exhibit import About, Figure, Table
from oablib.report.numbers import formatted, number, signed
from oablib.report.table import show
from oablib.report.texts import sentence, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

COLOURS = {LOSE_MOST: drawing.INDIRECT, GAIN_MOST: drawing.OURS}
What = Literal["schools", "municipalities", "years"]


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
        axes.xaxis.set_major_formatter(lambda value, _position: formatted(float(value), "g"))
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
