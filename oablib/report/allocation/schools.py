"""Rules, national means and school sites in the report on the allocation."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axis import Axis
from matplotlib.ticker import NullLocator
from numpy.typing import NDArray

from oablib.indicator import allocation
from oablib.indicator.allocation import NOT_SHOWN, National, with_pupils
from oablib.report import drawing
from oablib.report.exhibit import About, Figure, Table
from oablib.report.numbers import number
from oablib.report.table import show
from oablib.report.texts import texts_beside

_ = texts_beside(__file__)
captions = _.captions

LARGEST = 15  # rows of a table that could have thousands; the stored table has all
AROUND = 3.0  # points on both sides of the boundary
FIRST = 1.0  # point; classes of scores grow by a constant factor from here
BARS = 40  # of the distribution
ACROSS, UP = 22, 18  # fields of the grid on which schools are counted
FACTOR = 4  # a dot of the next size is so many times the sites
SMALLEST_DOT = 1.8  # points
THIRDS = 3


def settings_table(frame: pd.DataFrame) -> Table:
    """Rules of the law and choices where it is silent, each with its source."""
    about = About("every allocation", "params/rules/allocation.yaml")
    return show(frame, about=about, **captions("tbl-rules"))


def accounted_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Where each child counts; the last row is all of them."""
    total = pd.DataFrame({"what": ["all children"], "children": [frame["children"].sum()]})
    return show(
        pd.concat([frame, total], ignore_index=True), about=about, **captions("tbl-accounted")
    )


def national_table(means: Mapping[str, National], *, about: About) -> Table:
    """Boundary and means, one row a population; means: name -> figures."""
    return show(allocation.nationals(means), about=about, **captions("tbl-national"))


@drawing.styled
def cliff_figure(national: National, *, about: About) -> Figure:
    """What one child adds to A by its score: C - D up to the boundary, and nothing above it."""
    cut, C, G = national.boundary, national.C, national.G
    left, right = min(cut - AROUND, G - AROUND / 2), max(cut + AROUND, C)
    line = pd.DataFrame({"score": [left, cut, cut, right], "adds": [C - left, C - cut, 0.0, 0.0]})
    figure, axes = drawing.canvas(height=3.4)
    for part, colour, label in (
        (line[:2], drawing.OURS, "target group: C − D"),
        (line[2:], drawing.INDIRECT, "all others: 0"),
    ):
        axes.plot(part["score"], part["adds"], color=colour, lw=2, label=label)
    axes.plot([cut, cut], [0, C - cut], color=drawing.PALE, lw=1.5, ls="--", label="boundary")
    axes.plot([G], [C - G], "o", color=drawing.INK, ms=5, label="mean of the target group (G)")
    axes.grid()
    axes.set(xlabel="score of the child, D (points)", ylabel="contribution to A (points)")
    drawing.legend(figure, axes)
    return drawing.exhibited(
        figure,
        about=about,
        alt=f"A line that falls by one point a point, and a step. A child at {number(left)} adds "
        f"{number(C - left)} points, one at the boundary of {number(cut)} adds {number(C - cut)}, "
        f"one above it nothing; the mean child of the target group, at {number(G)}, adds "
        f"{number(C - G)}.",
        numbers=line,
        **captions("fig-cliff", step=number(C - cut)),
    )


def averaging_table(frame: pd.DataFrame, *, draws: int, about: About) -> Table:
    """What postponed averaging changes for schools; frame: as allocation.early_and_late."""
    measures = {
        "above_zero": "sites above 0",
        "sum": "sum of scores (points)",
        "n_target": "pupils of the target group",
        "mean_absolute": "mean absolute difference (points)",
        "sd": "sd of differences (points)",
        "correlation": "correlation",
    }
    return show(
        frame.assign(measure=frame["measure"].map(measures)),
        about=about,
        **captions("tbl-averaging", draws=draws),
    )


@drawing.styled
def scores_figure(table: pd.DataFrame, *, about: About) -> Figure:
    """Achterstandsscores above 0; the note counts the zeros. table: as allocation.shown."""
    values = with_pupils(_shown(table))["achterstandsscore"].to_numpy(float)
    above = values[values > 0]
    edges = _edges(above, BARS)
    counts, _ = np.histogram(above.clip(FIRST), bins=edges)
    figure, axes = drawing.canvas(height=3.2)
    left, widths = edges[:-1], np.diff(edges)
    axes.bar(left, counts, widths, align="edge", color=drawing.OURS, edgecolor="white")
    axes.grid(axis="y")
    axes.set(xlabel="achterstandsscore (points; by powers of ten)", ylabel="school sites")
    axes.set_xscale("log")
    _plain_ticks(axes.xaxis, edges)
    zeros = f"{len(values) - len(above):,} of {len(values):,} sites have a score of 0"
    return drawing.exhibited(
        figure,
        about=about,
        alt=f"Bars of counts. {zeros}. {_quartiles(above)}",
        numbers=pd.DataFrame({"from": edges[:-1], "to": edges[1:], "sites": counts}),
        **captions("fig-scores", zeros=zeros, first=FIRST),
    )


def _quartiles(above: NDArray) -> str:
    if len(above) == 0:
        return "No score is above 0."
    quartiles = ", ".join(number(value) for value in np.percentile(above, [25, 50, 75]))
    return f"Quartiles of the others: {quartiles}; largest {number(above.max())}."


def _edges(scores: NDArray, count: int) -> NDArray:
    """Bounds of classes of equal width in powers of ten, from FIRST to the largest score."""
    return np.geomspace(FIRST, max(scores.max(initial=FIRST), 10 * FIRST), count + 1)


def _plain_ticks(axis: Axis, edges: NDArray) -> None:
    """Powers of ten as numbers; 0 as well where the axis has it."""
    zero = [0] if axis.get_scale() == "symlog" else []
    ticks = zero + [10**power for power in range(6) if 10**power <= edges[-1]]
    axis.set_ticks(ticks, labels=[f"{tick:,}" for tick in ticks])
    axis.set_minor_locator(NullLocator())


def largest_schools_table(table: pd.DataFrame, *, about: About) -> Table:
    """School sites with the largest achterstandsscores; table: as allocation.shown."""
    columns = ["school_id", "n_children", "n_target", "A", "B", "achterstandsscore"]
    return show(
        largest(_shown(table), by="achterstandsscore", key="school_id")[columns],
        about=about,
        **captions("tbl-largest-schools", largest=LARGEST),
    )


def largest(table: pd.DataFrame, *, by: str, key: str, count: int = LARGEST) -> pd.DataFrame:
    """First rows by size; equal ones by their key, so that the choice is always the same."""
    return table.sort_values([by, key], ascending=[False, True]).head(count)


@drawing.styled
def sizes_figure(table: pd.DataFrame, *, about: About) -> Figure:
    """Achterstandsscore against number of pupils: how many sites lie in each field of a grid."""
    sites = with_pupils(_shown(table))
    fields = _fields(sites)
    figure, axes = drawing.canvas(height=4.2)
    step = np.floor(np.log(fields["sites"]) / np.log(FACTOR)).astype(int)
    for size, part in fields.groupby(step):
        label = f"{FACTOR**size:,}–{FACTOR ** (size + 1) - 1:,} sites"
        axes.plot(
            part["pupils"], part["score"], "o", ms=SMALLEST_DOT * 1.8**size, color=drawing.OURS,
            alpha=0.7, mew=0, ls="", label=label,
        )  # fmt: skip
    axes.grid()
    axes.set(xlabel="pupils of the site", ylabel="achterstandsscore (points; by powers of ten)")
    axes.set_yscale("symlog", linthresh=FIRST)
    _plain_ticks(axes.yaxis, _edges(fields["score"].to_numpy(float), UP))
    drawing.legend(figure, axes, columns=5)
    return drawing.exhibited(
        figure,
        about=about,
        alt=f"Dots on a grid. Mean scores by size: {_by_thirds(sites)}.",
        numbers=fields,
        **captions("fig-sizes"),
    )


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
    ordered = sites.sort_values(["n_children", "school_id"])[["n_children", "achterstandsscore"]]
    parts = [part for part in np.array_split(ordered.to_numpy(float), THIRDS) if len(part)]
    means = [
        f"{part[0, 0]:.0f} to {part[-1, 0]:.0f} pupils {number(part[:, 1].mean())} points"
        for part in parts
    ]
    return "; ".join(means) or "no site may be shown"


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """Sites whose numbers may be shown."""
    return table[table["school_id"] != NOT_SHOWN].dropna(subset=["achterstandsscore"])
