"""Municipalities and their grants in the report on the allocation."""

import pandas as pd

from oablib.indicator.allocation import Grants
from oablib.report import drawing
from oablib.report.allocation.schools import LARGEST, largest
from oablib.report.exhibit import About, Figure, Table
from oablib.report.numbers import euros, percent
from oablib.report.table import show
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

DRAWN = 20  # municipalities in the figure


@in_languages
@drawing.styled
def municipalities_figure(table: pd.DataFrame, *, about: About) -> Figure:
    """The largest achterstandsscores of municipalities as bars; table: name, achterstandsscore."""
    first = largest(table, by="achterstandsscore", key="name", count=DRAWN)
    names, scores = first["name"], first["achterstandsscore"]
    figure, axes = drawing.canvas(height=0.9 + 0.2 * len(first))
    axes.barh(range(len(first)), scores, height=0.7, color=drawing.OURS)
    drawing.row_labels(axes, map(str, names))
    axes.grid(axis="x")
    score = _("achterstandsscore (points)")
    axes.set_xlabel(score)
    axes.xaxis.set_major_formatter(lambda value, _position: _("{value:,}", value=int(value)))
    spoken = "; ".join(
        _("{name} {score:,}", name=name, score=round(value))
        for name, value in zip(names, scores, strict=True)
    )
    whole = float(table["achterstandsscore"].sum())
    share = float(scores.sum()) / whole if whole else 0.0
    return drawing.exhibited(
        figure,
        about=about,
        alt=_("Bars. {values}.", values=spoken),
        numbers=pd.DataFrame({_("municipality"): names, score: scores}),
        **captions("fig-municipalities", count=len(first), share=percent(share)),
    )


@in_languages
def grants_table(
    divided: Grants, *, municipalities: pd.DataFrame, names: pd.DataFrame, about: About
) -> Table:
    """Municipalities with the largest grants; municipalities: as of the latest reference date."""
    counts = municipalities[["municipality", "n_children", "n_target"]]
    table = divided.table.merge(counts, on="municipality", how="left")
    first = named(largest(table, by="grant", key="municipality"), names)
    columns = ["name", "n_children", "n_target", "score_t1", "score_t2", "share", "grant"]
    return show(first[columns], about=about, **captions("tbl-grants", largest=LARGEST))


def named(table: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """Municipalities under their names, in the order of the table."""
    known = names.set_index("municipality")["name"]
    return table.assign(name=table["municipality"].map(known).fillna(table["municipality"]))


@in_languages
def grants_finding(divided: Grants) -> str:
    """How the budget was scaled, how many municipalities get the minimum, and what it takes."""
    table = divided.table
    lifted, minimum = int(table["at_minimum"].sum()), euros(divided.minimum)
    budget, spent = euros(divided.budget), float(table["grant"].sum())
    if divided.share < 1:
        scaled = _(
            "Budget and minimum are scaled to {share:.1%}, the share of the school sites of the "
            "country that is in this run: {budget} and {minimum}.",
            share=divided.share, budget=budget, minimum=minimum,
        )  # fmt: skip
    else:
        scaled = _("The budget is {budget}, the minimum {minimum}.", budget=budget, minimum=minimum)
    if not lifted:
        return scaled + " " + _("No municipality has to be raised to the minimum.")
    return scaled + " " + _.plural(
        "{n:,} of {all:,} municipalities is raised to the minimum, which takes {cost:.1%} of the "
        "budget; {formula} is divided in proportion to scores.",
        "{n:,} of {all:,} municipalities are raised to the minimum, which takes {cost:.1%} of the "
        "budget; {formula} is divided in proportion to scores.",
        n=lifted, all=len(table), cost=(spent - divided.J) / spent, formula=euros(divided.J),
    )  # fmt: skip
