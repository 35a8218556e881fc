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
        numbers=first[["name", "achterstandsscore"]],
        headings={"name": _("municipality"), "achterstandsscore": score},
        **captions("fig-municipalities", count=len(first), share=percent(share)),
    )


@in_languages
def grants_table(grants: pd.DataFrame, *, municipalities: pd.DataFrame, about: About) -> Table:
    """Municipalities with the largest grants, by of_places.grants.

    municipalities: as shown on the latest reference date.
    """
    counts = municipalities[["municipality", "n_pupils"]]
    table = grants.merge(counts, on="municipality", how="left").dropna(subset=["grant"])
    first = largest(table, by="grant", key="municipality")
    columns = ["name", "n_pupils", "score_t1", "score_t2", "grant"]
    return show(first[columns], about=about, **captions("tbl-grants", largest=LARGEST))


@in_languages
def grants_finding(grants: pd.DataFrame, *, divided: Grants) -> str:
    """How the budget was scaled, and how many municipalities with a score get the minimum.

    grants: by of_places.grants. divided: the grants that are paid, for budget and minimum.
    """
    lifted, minimum = int(grants["at_minimum"].sum()), euros(divided.minimum)
    known, budget = int(grants["grant"].notna().sum()), euros(divided.budget)
    if divided.share < 1:
        scaled = _(
            "Budget and minimum are scaled to {share:.1%}, the share of the school sites of the "
            "country that is in this run: {budget} and {minimum}.",
            share=divided.share, budget=budget, minimum=minimum,
        )  # fmt: skip
    else:
        scaled = _("The budget is {budget}, the minimum {minimum}.", budget=budget, minimum=minimum)
    hidden = _(
        "Whether a municipality without a score above zero gets the minimum depends on single "
        "children, and is not shown."
    )
    if not lifted:
        raised = _("No municipality with a score above zero has to be raised to the minimum.")
        return f"{scaled} {raised} {hidden}"
    raised = _.plural(
        "{n:,} of the {all:,} municipalities with a score above zero is raised to the minimum.",
        "{n:,} of the {all:,} municipalities with a score above zero are raised to the minimum.",
        n=lifted, all=known,
    )  # fmt: skip
    return f"{scaled} {raised} {hidden}"
