"""What the report on the children of the country shows: tables, figures and its answer."""

from typing import Any

import numpy as np
import pandas as pd

from oablib.base.wording import words
from oablib.report import drawing
from oablib.report.exhibit import About, Figure, Table
from oablib.report.numbers import percent
from oablib.report.table import show
from oablib.report.texts import texts_beside

_ = texts_beside(__file__)
captions = _.captions

PARENTS = {"father": drawing.OURS, "mother": drawing.INDIRECT}


def turnover_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Children who came, stayed and left."""
    return show(frame, about=about, **captions("tbl-turnover"))


def registered_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Children and parents who are absent from the population register."""
    return show(frame, about=about, **captions("tbl-registered"))


@drawing.styled
def known_figure(frame: pd.DataFrame, *, about: About) -> Figure:
    """Share of parents whose education is known by year of enrolment, published ones beside."""
    figure, axes = drawing.canvas(height=3.2)
    hollow: dict[str, Any] = {"color": drawing.INK, "mfc": "none", "ms": 6}
    spoken = []
    for parent, colour in PARENTS.items():
        part = frame[frame["parent"] == parent]
        axes.plot(part["years"], 100 * part["known"], "o-", color=colour, ms=4, label=parent)
        printed = part.dropna(subset=["published"])
        axes.plot(printed["years"], 100 * printed["published"], "D", **hollow)
        first, last = part["known"].iloc[0], part["known"].iloc[-1]
        spoken.append(f"{parent}: {percent(first)} of toddlers, {percent(last)} after 8 years")
    axes.plot([], [], "D", **hollow, label="published")
    axes.set(xlabel="years enrolled (0: toddlers)", ylabel="education known (%)", ylim=(0, 100))
    axes.grid(axis="y")
    drawing.legend(figure, axes)
    return drawing.exhibited(
        figure,
        about=about,
        alt=f"Two falling lines. {'; '.join(spoken)}.",
        numbers=frame,
        **captions("fig-known"),
    )


def known_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Known education by year of enrolment, the published shares beside."""
    return show(
        frame.assign(parent=frame["parent"].str.capitalize()), about=about, **captions("tbl-known")
    )


@drawing.styled
def levels_figure(frame: pd.DataFrame, *, about: About) -> Figure:
    """Shares of levels where education is known, and where it is drawn."""
    variables = list(dict.fromkeys(frame["variable"]))
    figure, panels = drawing.panels([2.6] * len(variables))
    spoken = []
    for axes, name in zip(panels, variables, strict=True):
        part = frame[frame["variable"] == name]
        rows = np.arange(len(part))
        axes.barh(rows - 0.2, 100 * part["known"], 0.38, color=drawing.OURS, label="known")
        axes.barh(rows + 0.2, 100 * part["drawn"], 0.38, color=drawing.PALE, label="drawn")
        drawing.row_labels(axes, part["category"])
        axes.set_title(words(name))
        axes.grid(axis="x")
        lowest = part.head(2)
        spoken.append(
            f"{words(name)}, lowest two levels: {percent(lowest['known'].sum())} where known, "
            f"{percent(lowest['drawn'].sum())} where drawn"
        )
    panels[-1].set_xlabel("share (%)")
    drawing.legend(figure, panels[0])
    return drawing.exhibited(
        figure,
        about=about,
        alt=f"Pairs of bars a level. {'; '.join(spoken)}.",
        numbers=frame,
        **captions("fig-levels"),
    )


def answer(country: pd.DataFrame, registered: pd.DataFrame, known: pd.DataFrame) -> str:
    """The number of children, and what registers do not know of them."""
    row = country.iloc[0]
    absent = 1 - registered.loc[registered["absent"] == "nobody", "share"].iloc[0]
    weighted = (known["known"] * known["children"]).sum() / known["children"].sum()
    return (
        f"**{row['children']:,} children**: {row['pupils']:,} pupils at {row['sites']:,} school "
        f"sites and {row['toddlers']:,} toddlers. Of **{percent(1 - weighted)} of parents** the "
        f"education is unknown and drawn; for **{percent(absent, 1)} of children** no score can be "
        "computed, since they or a parent are not in the population register."
    )
