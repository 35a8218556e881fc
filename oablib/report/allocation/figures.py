"""Figures of the allocation: scores of schools and municipalities, and the cliff behind them."""

import numpy as np
import pandas as pd
from matplotlib.axis import Axis
from matplotlib.ticker import NullLocator
from numpy.typing import NDArray

from oablib.base.wording import number
from oablib.indicator.allocation import NOT_SHOWN, National, with_pupils
from oablib.report.drawing import (
    INDIRECT,
    INK,
    OURS,
    PALE,
    canvas,
    exhibited,
    legend,
    row_labels,
    styled,
)
from oablib.report.exhibit import About, Figure

BARS = 40  # of the distribution
PLACES = 20  # municipalities that are drawn
ACROSS, UP = 22, 18  # fields of the grid on which schools are counted
FACTOR = 4  # a dot of the next size stands for so many times the sites
SMALLEST_DOT = 1.8  # points
FIRST = 1.0  # point; classes of scores grow by a constant factor from here
POWERS = (0, 1, 10, 100, 1_000, 10_000, 100_000)
THIRDS = 3
AROUND = 3.0  # points on both sides of the boundary


@styled
def scores_figure(table: pd.DataFrame, *, about: About) -> Figure:
    """Distribution of achterstandsscores above 0; zeros are said. table: as allocation.shown."""
    values = _shown(table)["achterstandsscore"].to_numpy(float)
    above = values[values > 0]
    edges = _edges(above, BARS)
    counts, _ = np.histogram(above.clip(FIRST), bins=edges)
    figure, axes = canvas(height=3.2)
    axes.bar(edges[:-1], counts, width=np.diff(edges), align="edge", color=OURS, edgecolor="white")
    axes.grid(axis="y")
    axes.set(xlabel="achterstandsscore (points; by powers of ten)", ylabel="school sites")
    axes.set_xscale("log")
    _plain_ticks(axes.xaxis, edges)
    zeros = f"{len(values) - len(above):,} of {len(values):,} sites have a score of 0"
    return exhibited(
        figure,
        "scores",
        title="Achterstandsscores of school sites above 0",
        unit="school sites",
        note=f"{zeros} and are not drawn; scores under {FIRST:g} stand in the first bar",
        about=about,
        alt=f"Bars of counts. {zeros}. {_quartiles(above)}",
        numbers=pd.DataFrame({"from": edges[:-1], "to": edges[1:], "sites": counts}),
    )


@styled
def sizes_figure(table: pd.DataFrame, *, about: About) -> Figure:
    """Achterstandsscore against number of pupils: how many sites lie in each field of a grid."""
    sites = _shown(table)
    fields = _fields(sites)
    figure, axes = canvas(height=4.2)
    step = np.floor(np.log(fields["sites"]) / np.log(FACTOR)).astype(int)
    for size, own in fields.groupby(step):
        low, high = FACTOR**size, FACTOR ** (size + 1) - 1
        axes.plot(
            own["pupils"], own["score"], "o", ms=SMALLEST_DOT * 1.8**size, color=OURS, alpha=0.7,
            mew=0, ls="", label=f"{low:,}–{high:,} sites",
        )  # fmt: skip
    axes.grid()
    axes.set(xlabel="pupils of the site", ylabel="achterstandsscore (points; by powers of ten)")
    axes.set_yscale("symlog", linthresh=FIRST)
    _plain_ticks(axes.yaxis, _edges(fields["score"].to_numpy(float), UP))
    legend(figure, axes, columns=5)
    return exhibited(
        figure,
        "sizes",
        title="Achterstandsscore and number of pupils",
        unit="school sites",
        note="Each dot stands in the middle of a field of pupils and points; its size tells how "
        "many sites are there",
        about=about,
        alt=f"Dots on a grid. Mean scores by size: {_by_thirds(sites)}.",
        numbers=fields,
    )


@styled
def municipalities_figure(table: pd.DataFrame, *, about: About) -> Figure:
    """The largest achterstandsscores of municipalities as bars; table: name, achterstandsscore."""
    ordered = table.sort_values(["achterstandsscore", "name"], ascending=[False, True])
    part = ordered.head(PLACES)[["name", "achterstandsscore"]]
    figure, axes = canvas(height=0.9 + 0.22 * len(part))
    axes.barh(range(len(part)), part["achterstandsscore"], height=0.7, color=OURS)
    row_labels(axes, [str(name) for name in part["name"]])
    axes.grid(axis="x")
    axes.set_xlabel("achterstandsscore (points)")
    pairs = zip(part["name"], part["achterstandsscore"], strict=True)
    told = "; ".join(f"{name} {score:,.0f}" for name, score in pairs)
    whole = float(table["achterstandsscore"].sum())
    share = 100 * float(part["achterstandsscore"].sum()) / whole if whole else 0.0
    return exhibited(
        figure,
        "municipalities",
        title=f"The {len(part)} municipalities with the largest achterstandsscores",
        unit="points",
        note=f"Together {share:.0f} % of the points of all municipalities",
        about=about,
        alt=f"Bars. {told}.",
        numbers=part.rename(columns={"name": "place"}),
    )


@styled
def cliff_figure(national: National, *, about: About) -> Figure:
    """What one child adds to A by its score: C - D up to the boundary, and nothing above it."""
    cut, C, G = national.boundary, national.C, national.G
    left, right = min(cut - AROUND, G - AROUND / 2), max(cut + AROUND, C)
    line = pd.DataFrame({"score": [left, cut, cut, right], "adds": [C - left, C - cut, 0.0, 0.0]})
    figure, axes = canvas(height=3.4)
    axes.plot(line["score"][:2], line["adds"][:2], color=OURS, lw=2, label="target group: C − D")
    axes.plot(line["score"][2:], line["adds"][2:], color=INDIRECT, lw=2, label="all others: 0")
    axes.plot([cut, cut], [0, C - cut], color=PALE, lw=1.5, ls="--", label="boundary")
    axes.plot([G], [C - G], "o", color=INK, ms=5, label="mean of the target group (G)")
    axes.grid()
    axes.set(xlabel="score of the child, D (points)", ylabel="contribution to A (points)")
    legend(figure, axes)
    return exhibited(
        figure,
        "cliff",
        title="What one child adds to the sum A of its school",
        unit="points",
        note=f"At the boundary the contribution falls from {number(C - cut)} to 0",
        about=about,
        alt=f"A line that falls by one point a point, and a step. A child at {number(left)} adds "
        f"{number(C - left)} points, one at the boundary of {number(cut)} adds {number(C - cut)}, "
        f"one above it nothing; the mean child of the target group, at {number(G)}, adds "
        f"{number(C - G)}.",
        numbers=line,
    )


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """Sites with pupils whose numbers may be shown."""
    sites = table[table["school_id"] != NOT_SHOWN].dropna(subset=["achterstandsscore"])
    return with_pupils(sites)


def _quartiles(above: NDArray) -> str:
    if len(above) == 0:
        return "No score is above 0."
    told = ", ".join(number(each) for each in np.percentile(above, [25, 50, 75]))
    return f"Quartiles of the others: {told}; largest {number(above.max())}."


def _by_thirds(sites: pd.DataFrame) -> str:
    """Mean score of the smallest, middle and largest sites, in words."""
    ordered = sites.sort_values(["n_children", "school_id"])[["n_children", "achterstandsscore"]]
    rows = ordered.to_numpy(float)
    parts = [part for part in np.array_split(rows, THIRDS) if len(part)]
    told = [
        f"{part[0, 0]:.0f} to {part[-1, 0]:.0f} pupils {number(part[:, 1].mean())} points"
        for part in parts
    ]
    return "; ".join(told) or "no site may be shown"


def _edges(scores: NDArray, count: int) -> NDArray:
    """Bounds of classes of equal width in powers of ten, from FIRST to the largest score."""
    return np.geomspace(FIRST, max(scores.max(initial=FIRST), 10 * FIRST), count + 1)


def _plain_ticks(axis: Axis, edges: NDArray) -> None:
    """Powers of ten as numbers; 0 as well where the axis has it."""
    lowest = 0 if axis.get_scale() == "symlog" else FIRST
    powers = [each for each in POWERS if lowest <= each <= edges[-1]]
    axis.set_ticks(powers, labels=[f"{each:,}" for each in powers])
    axis.set_minor_locator(NullLocator())


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
