"""Municipalities, their grants and the answers in the report on the allocation."""

import pandas as pd

from oablib.indicator.allocation import Grants, National, with_pupils
from oablib.report import drawing
from oablib.report.allocation.schools import LARGEST, largest
from oablib.report.exhibit import About, Figure, Table
from oablib.report.numbers import number, percent
from oablib.report.table import show
from oablib.report.texts import texts_beside

_ = texts_beside(__file__)
captions = _.captions

DRAWN = 20  # municipalities in the figure


@drawing.styled
def municipalities_figure(table: pd.DataFrame, *, about: About) -> Figure:
    """The largest achterstandsscores of municipalities as bars; table: name, achterstandsscore."""
    first = largest(table, by="achterstandsscore", key="name", count=DRAWN)
    names, scores = first["name"], first["achterstandsscore"]
    figure, axes = drawing.canvas(height=0.9 + 0.22 * len(first))
    axes.barh(range(len(first)), scores, height=0.7, color=drawing.OURS)
    drawing.row_labels(axes, map(str, names))
    axes.grid(axis="x")
    axes.set_xlabel("achterstandsscore (points)")
    spoken = "; ".join(f"{name} {score:,.0f}" for name, score in zip(names, scores, strict=True))
    whole = float(table["achterstandsscore"].sum())
    share = 100 * float(scores.sum()) / whole if whole else 0.0
    return drawing.exhibited(
        figure,
        about=about,
        alt=f"Bars. {spoken}.",
        numbers=pd.DataFrame({"place": names, "achterstandsscore": scores}),
        **captions("fig-municipalities", count=len(first), share=share),
    )


def largest_municipalities_table(
    table: pd.DataFrame, *, names: pd.DataFrame, about: About
) -> Table:
    """Municipalities with the largest achterstandsscores; names: municipality, name."""
    first = named(largest(table, by="achterstandsscore", key="municipality"), names)
    columns = ["place", "n_pupils", "n_toddlers", "n_target", "A", "B", "achterstandsscore"]
    return show(
        first.rename(columns={"name": "place"})[columns],
        about=about,
        **captions("tbl-largest-municipalities", largest=LARGEST),
    )


def grants_table(divided: Grants, *, names: pd.DataFrame, about: About) -> Table:
    """Municipalities with the largest grants, and how many get the minimum."""
    table, lifted = divided.table, int(divided.table["at_minimum"].sum())
    first = named(largest(table, by="grant", key="municipality"), names)
    columns = ["place", "score_t1", "score_t2", "share", "grant"]
    return show(
        first.rename(columns={"name": "place"})[columns],
        about=about,
        **captions(
            "tbl-grants", largest=LARGEST, lifted=lifted, all=len(table), J=divided.J, K=divided.K
        ),
    )


def named(table: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """Municipalities under their names, in the order of the table."""
    known = names.set_index("municipality")["name"]
    return table.assign(name=table["municipality"].map(known).fillna(table["municipality"]))


def answer(schools: pd.DataFrame, municipalities: pd.DataFrame, *, of_schools: National) -> str:
    """The number of sites and municipalities with a score, half of the points, and the boundary.

    Tables as allocation.schools and allocation.municipalities; sites without pupils do not count.
    """
    schools = with_pupils(schools)
    step = number(of_schools.C - of_schools.boundary)
    return (
        f"**{_above(schools)} school sites** have an achterstandsscore above 0, and "
        f"**{_above(municipalities)} municipalities**. Half of all points of schools belong to "
        f"{percent(_half(schools))} of the sites. A pupil counts up to a score of "
        f"{number(of_schools.boundary)}, which is **{step} points** below the national mean: so "
        "much, and not less, does the last one who counts add to its school."
    )


def _above(table: pd.DataFrame) -> str:
    above = int((table["achterstandsscore"] > 0).sum())
    return f"{above:,} of {len(table):,}"


def _half(table: pd.DataFrame) -> float:
    """Share of rows, largest first, that hold half of all points; 0 where there are none."""
    ordered = table["achterstandsscore"].sort_values(ascending=False).cumsum()
    whole = float(ordered.iloc[-1])
    return float((ordered < whole / 2).sum() + 1) / len(table) if whole else 0.0


def answer_grants(divided: Grants) -> str:
    """How many municipalities get the minimum, its cost, and the value of a point."""
    table = divided.table
    lifted, spent = int(table["at_minimum"].sum()), float(table["grant"].sum())
    point = divided.J / divided.K
    return (
        f"**{lifted:,} of {len(table):,} municipalities** are lifted to the minimum, which takes "
        f"{percent((spent - divided.J) / spent, 1)} of the budget of {spent:,.0f} euro; a point "
        f"of the mean of both years is worth **{point:,.2f} euro**."
    )
