"""School sites in the report on the allocation."""

import numpy as np
import pandas as pd
from matplotlib.axis import Axis
from matplotlib.ticker import NullLocator
from numpy.typing import NDArray

from oablib.indicator.allocation import with_pupils
from oablib.report import drawing
from oablib.report.exhibit import About, Figure, Table
from oablib.report.numbers import number
from oablib.report.table import show
from oablib.report.texts import listed, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

LARGEST = 10  # rows of a table that could have thousands; the stored table has all
FIRST = 1.0  # point; classes of scores grow by a constant factor from here
BARS = 40  # of the distribution
ACROSS, UP = 22, 18  # fields of the grid on which schools are counted
FACTOR = 4  # a dot of the next size is so many times the sites
SMALLEST_DOT = 2.4  # points
SIZES = ("smallest", "middle", "largest")
COUNTS = ("above_zero", "sum")
"""Measures of averaging that need no decimals."""


@in_languages
def averaging_table(frame: pd.DataFrame, *, draws: int, about: About) -> Table:
    """What postponed averaging changes for schools; frame: as allocation.early_and_late."""
    whole = [row for row, name in enumerate(frame["measure"]) if name in COUNTS]
    return show(
        frame.assign(measure=frame["measure"].map(_.words("averaging"))),
        about=about,
        count_rows=whole,
        **captions("tbl-averaging", draws=draws),
    )


@in_languages
def averaging_finding(frame: pd.DataFrame, *, average: str) -> str:
    """What averaging per school changes, and which average counts; average: as in the rules."""
    values = frame.set_index("measure")
    (early, late), (before, after) = values.loc[["above_zero", "sum"], ["early", "late"]].to_numpy()
    counted = (
        _("In this run draws are averaged per child.")
        if average == "child"
        else _("In this run draws are averaged per school.")
    )
    if np.isnan(early) or np.isnan(late):
        return counted
    if early == late and before == after:
        return _("Averaging per school changes hardly anything.") + " " + counted
    change = _(
        "Averaged per school, about {late:,} sites instead of {early:,} have a score above zero, "
        "and the sum of scores changes by {change:+.1%}.",
        late=int(late), early=int(early), change=after / before - 1 if before else np.nan,
    )  # fmt: skip
    return f"{change} {counted}"


@in_languages
@drawing.styled
def scores_figure(table: pd.DataFrame, *, about: About) -> Figure:
    """Achterstandsscores above 0; the note counts the zeros. table: as of_places.sites."""
    values = with_pupils(_shown(table))["achterstandsscore"].to_numpy(float)
    above = values[values > 0]
    edges = _edges(above, BARS)
    counts = np.histogram(above.clip(FIRST), bins=edges)[0]
    figure, axes = drawing.canvas(height=3.0)
    left, widths = edges[:-1], np.diff(edges)
    axes.bar(left, counts, widths, align="edge", color=drawing.OURS, edgecolor="white")
    axes.grid(axis="y")
    axes.set(xlabel=_("achterstandsscore (points, logarithmic)"), ylabel=_("school sites"))
    axes.set_xscale("log")
    plain_ticks(axes.xaxis, edges[-1])
    zeros, n = len(values) - len(above), len(values)
    return drawing.exhibited(
        figure,
        about=about,
        alt=_("Bars of counts. {zeros:,} of {n:,} sites have a score of 0.", zeros=zeros, n=n)
        + " "
        + _quartiles(above),
        numbers=pd.DataFrame({"lower": edges[:-1], "upper": edges[1:], "sites": counts}),
        headings={"lower": _("from"), "upper": _("to"), "sites": _("sites")},
        **captions("fig-scores", zeros=zeros, n=n, first=FIRST),
    )


def _quartiles(above: NDArray) -> str:
    if len(above) == 0:
        return _("No score is above 0.")
    low, middle, high = np.percentile(above, [25, 50, 75])
    return _(
        "Quartiles of the others: {low:,.0f}, {middle:,.0f}, {high:,.0f}; largest {top:,.0f}.",
        low=low, middle=middle, high=high, top=above.max(),
    )  # fmt: skip


def _edges(scores: NDArray, count: int) -> NDArray:
    """Bounds of classes of equal width in powers of ten, from FIRST to the largest score."""
    return np.geomspace(FIRST, max(scores.max(initial=FIRST), 10 * FIRST), count + 1)


def plain_ticks(axis: Axis, largest: float) -> None:
    """Powers of ten as numbers; 0 as well where the axis has it."""
    zero = [0] if axis.get_scale() == "symlog" else []
    ticks = zero + [10**power for power in range(7) if 10**power <= largest]
    axis.set_ticks(ticks, labels=[number(tick, 0) for tick in ticks])
    axis.set_minor_locator(NullLocator())


@in_languages
def largest_schools_table(table: pd.DataFrame, *, about: About) -> Table:
    """School sites with the largest achterstandsscores; table: as of_places.sites."""
    columns = ["school_id", "n_children", "achterstandsscore"]
    return show(
        largest(_shown(table), by="achterstandsscore", key="school_id")[columns],
        about=about,
        **captions("tbl-largest-schools", largest=LARGEST),
    )


def largest(table: pd.DataFrame, *, by: str, key: str, count: int = LARGEST) -> pd.DataFrame:
    """First rows by size that are shown; equal ones by their key, always the same choice."""
    return table.dropna(subset=[by]).sort_values([by, key], ascending=[False, True]).head(count)


@in_languages
@drawing.styled
def sizes_figure(table: pd.DataFrame, *, about: About) -> Figure:
    """Achterstandsscore against number of pupils: how many sites lie in each field of a grid."""
    sites = with_pupils(_shown(table))
    fields = _fields(sites)
    figure, axes = drawing.canvas(height=3.8)
    step = np.floor(np.log(fields["sites"]) / np.log(FACTOR)).astype(int)
    for size, part in fields.groupby(step):
        label = _("{least:,}–{most:,} sites", least=FACTOR**size, most=FACTOR ** (size + 1) - 1)
        axes.plot(
            part["pupils"], part["score"], "o", ms=SMALLEST_DOT * 1.7**size, color=drawing.OURS,
            alpha=0.7, mew=0, ls="", label=label,
        )  # fmt: skip
    axes.grid()
    headings = {
        "pupils": _("pupils of the site"),
        "score": _("achterstandsscore (points, logarithmic)"),
        "sites": _("school sites"),
    }
    axes.set(xlabel=headings["pupils"], ylabel=headings["score"])
    axes.xaxis.set_major_formatter(lambda value, _position: number(value, 0))
    axes.set_yscale("symlog", linthresh=FIRST)
    plain_ticks(axes.yaxis, _edges(fields["score"].to_numpy(float), UP)[-1])
    drawing.legend(figure, axes)
    return drawing.exhibited(
        figure,
        about=about,
        alt=_("Dots on a grid.") + " " + _by_thirds(sites),
        numbers=fields,
        headings=headings,
        **captions("fig-sizes"),
    )


@in_languages
def sizes_finding(table: pd.DataFrame) -> str:
    """Points for each pupil by size of the site, and where they are most."""
    sites = with_pupils(_shown(table))
    if len(sites) < len(SIZES):
        return _by_thirds(sites)
    rates = [part["achterstandsscore"].sum() / part["n_children"].sum() for part in _thirds(sites)]
    shown = np.round(rates, 2)
    tied = (shown == shown.max()).sum() > 1
    most = "none" if tied else SIZES[int(np.argmax(rates))]
    words = {
        "none": _("No size has clearly the most points per pupil."),
        "smallest": _("The smallest sites have the most points per pupil."),
        "middle": _("Sites of middle size have the most points per pupil."),
        "largest": _("The largest sites have the most points per pupil."),
    }
    rate = _(
        "Per pupil these are {smallest:.2f}, {middle:.2f} and {largest:.2f} points.",
        **dict(zip(SIZES, rates, strict=True)),
    )
    return f"{_by_thirds(sites)} {rate} {words[most]}"


def _fields(sites: pd.DataFrame) -> pd.DataFrame:
    """Sites counted on a grid: middle of each field that has any, in pupils and points.

    A score of 0 is a field of its own, one of less than FIRST is in the first.
    """
    pupils, score = (sites[name].to_numpy(float) for name in ("n_children", "achterstandsscore"))
    wide, edges = max(pupils.max(initial=0), ACROSS) / ACROSS, _edges(score, UP)
    above = np.clip(np.searchsorted(edges, score, side="right"), 1, UP)
    grid = pd.DataFrame({"across": np.ceil(pupils / wide), "up": np.where(score > 0, above, 0)})
    counted = grid.groupby(["across", "up"]).size().rename("sites").reset_index()
    middle = np.append(0.0, np.sqrt(edges[:-1] * edges[1:]))
    across = np.maximum(counted["across"] - 0.5, 0) * wide
    parts = {"pupils": across, "score": middle[counted["up"].to_numpy(int)]}
    return pd.DataFrame({**parts, "sites": counted["sites"]})


def _by_thirds(sites: pd.DataFrame) -> str:
    """Mean score of the smallest, middle and largest sites, in words."""
    parts = [
        _(
            "{mean:,.1f} points at {fewest:,} to {most:,} pupils",
            fewest=int(part["n_children"].iloc[0]), most=int(part["n_children"].iloc[-1]),
            mean=part["achterstandsscore"].mean(),
        )
        for part in _thirds(sites)
    ]  # fmt: skip
    if not parts:
        return _("No site may be shown.")
    return _("Mean scores by thirds of size: {means}.", means=listed(parts))


def _thirds(sites: pd.DataFrame) -> list[pd.DataFrame]:
    """The smallest, middle and largest sites; fewer parts where there are fewer sites."""
    ordered = sites.sort_values(["n_children", "school_id"], ignore_index=True)
    rows = np.array_split(np.arange(len(ordered)), len(SIZES))
    return [ordered.iloc[part] for part in rows if len(part)]


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """Sites whose scores may be shown."""
    return table.dropna(subset=["achterstandsscore"])
