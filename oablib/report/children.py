"""What the report on the children of the country shows: tables, figures and its answer."""

import numpy as np
import pandas as pd

from oablib.base.wording import percent, words
from oablib.report.drawing import (
    INDIRECT,
    INK,
    OURS,
    PALE,
    canvas,
    exhibited,
    legend,
    panels,
    row_labels,
    styled,
)
from oablib.report.exhibit import About, Figure, Table
from oablib.report.table import IN_HEADINGS, Look, show


def turnover_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Who came, stayed and left."""
    return show(frame, "turnover", title="From one reference date to the next",
                unit="children", about=about, look=Look(labels={"what": ""}))  # fmt: skip


def registered_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Who is absent from the population register."""
    return show(
        frame,
        "registered",
        title="Children of whom somebody is not in the population register",
        unit=IN_HEADINGS,
        note="Without child or parent in the register no score can be computed",
        about=about,
        look=Look(shares=("share",), labels={"absent": "not in the register"}),
    )


def known_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Known education by year of enrolment, the published shares beside."""
    return show(
        frame.assign(parent=frame["parent"].map({"father": "Father", "mother": "Mother"})),
        "known",
        title="Whose education registers know",
        unit="% of all children",
        note="Years enrolled; 0: toddlers. Published: De Mooij et al. (2015), appendix 2",
        about=about,
        look=Look(groups="parent", shares=("known", "published")),
    )


def answer(country: pd.DataFrame, registered: pd.DataFrame, known: pd.DataFrame) -> str:
    """How many children there are, and what registers do not know of them."""
    row = country.iloc[0]
    absent = 1 - registered.loc[registered["absent"] == "nobody", "share"].iloc[0]
    weighted = (known["known"] * known["children"]).sum() / known["children"].sum()
    return (
        f"**{row['children']:,} children**: {row['pupils']:,} pupils at {row['sites']:,} school "
        f"sites and {row['toddlers']:,} toddlers. Of **{percent(1 - weighted)} of parents** the "
        f"education is unknown and drawn; for **{percent(absent, 1)} of children** no score can be "
        "computed, since they or a parent are not in the population register."
    )


PARENTS = {"father": ("father", OURS), "mother": ("mother", INDIRECT)}


@styled
def known_figure(frame: pd.DataFrame, *, about: About) -> Figure:
    """Share of parents whose education is known by year of enrolment, published ones beside."""
    figure, axes = canvas(height=3.2)
    told = []
    for parent, (label, colour) in PARENTS.items():
        own = frame[frame["parent"] == parent]
        axes.plot(own["years"], 100 * own["known"], "o-", color=colour, ms=4, label=label)
        printed = own.dropna(subset=["published"])
        axes.plot(printed["years"], 100 * printed["published"], "D", color=INK, mfc="none", ms=6)
        first, last = own["known"].iloc[0], own["known"].iloc[-1]
        told.append(f"{label}: {percent(first)} of toddlers, {percent(last)} after 8 years")
    axes.plot([], [], "D", color=INK, mfc="none", ms=6, label="published")
    axes.set(xlabel="years enrolled (0: toddlers)", ylabel="education known (%)", ylim=(0, 100))
    axes.grid(axis="y")
    legend(figure, axes)
    return exhibited(
        figure,
        "known",
        title="Younger children's parents are better known",
        unit="% of all children",
        about=about,
        alt=f"Two falling lines. {'; '.join(told)}.",
        numbers=frame,
    )


@styled
def levels_figure(frame: pd.DataFrame, *, about: About) -> Figure:
    """Shares of levels where education is known, and where it is drawn."""
    variables = list(dict.fromkeys(frame["variable"]))
    figure, grid = panels([2.6] * len(variables))
    told = []
    for axes, name in zip(grid, variables, strict=True):
        own = frame[frame["variable"] == name]
        place = np.arange(len(own))
        axes.barh(place - 0.2, 100 * own["known"], 0.38, color=OURS, label="known")
        axes.barh(place + 0.2, 100 * own["drawn"], 0.38, color=PALE, label="drawn")
        row_labels(axes, list(own["category"]))
        axes.set_title(words(name))
        axes.grid(axis="x")
        low = own.head(2)
        told.append(
            f"{words(name)}, lowest two levels: {percent(low['known'].sum())} where known, "
            f"{percent(low['drawn'].sum())} where drawn"
        )
    grid[-1].set_xlabel("share (%)")
    legend(figure, grid[0])
    return exhibited(
        figure,
        "levels",
        title="Known and drawn education",
        unit="% of children with known, or with drawn, education",
        about=about,
        alt=f"Pairs of bars a level. {'; '.join(told)}.",
        numbers=frame,
    )
