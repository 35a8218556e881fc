"""What the report on the literature shows: claims, and what is known of each path."""

from collections.abc import Mapping

import pandas as pd

from oablib.base.wording import words
from oablib.protocol.models import Model
from oablib.report import drawing
from oablib.report.exhibit import About, Figure, Table
from oablib.report.numbers import number, percent
from oablib.report.table import show
from oablib.report.texts import texts_beside

_ = texts_beside(__file__)
captions = _.captions

SOURCE = "params/rules/literature.yaml"
ENTRIES = About("all entries", SOURCE)
LOOKS = {
    "accepted": (drawing.OURS, "o"),
    "insufficient": (drawing.INDIRECT, "D"),
    "rejected": (drawing.INK, "X"),
}
EXPLAINED = "explained variance"
SIZES = {EXPLAINED: ("variance (%)", 100.0), "effect size": ("effect size", 1.0)}
"""Measure of a size -> label of its axis, and factor for the unit of that axis."""


def evidence_table(frame: pd.DataFrame) -> Table:
    """Every claim, in groups by outcome."""
    size = [_size(*row) for row in frame[["measure", "low", "high"]].to_numpy(object)]
    columns = ["outcome", "cause", "direction", "measure", "size", "grade", "grounding", "sources"]
    return show(frame.assign(size=size)[columns], about=ENTRIES, **captions("tbl-evidence"))


def _size(measure: str, low: float, high: float) -> str:
    """A size, or its range; empty where the source gives none."""
    if not measure:
        return ""
    write = percent if measure == EXPLAINED else number
    return write(low) if low == high else f"{write(low)} to {write(high)}"


@drawing.styled
def evidence_figure(frame: pd.DataFrame, *, outcome: str) -> Figure:
    """Claims on one outcome: a mark a claim, at the number of its sources, one line a cause.

    frame: outcome, cause, grounding, sources, and measure, low, high, grade where a size is known.
    Sizes are drawn beside, one panel a measure.
    """
    part = frame[frame["outcome"] == outcome]
    causes = list(dict.fromkeys(part.sort_values("grounding", kind="stable")["cause"]))
    part = part.assign(row=part["cause"].map(causes.index), n=part["sources"].str.count(";") + 1)
    measures = [name for name in SIZES if (part["measure"] == name).any()]
    figure, panels = drawing.beside(1 + len(measures), height=0.9 + 0.27 * len(causes))
    for grounding, (colour, shape) in LOOKS.items():
        claims = part[part["grounding"] == grounding]
        if len(claims):
            panels[0].plot(
                claims["n"], claims["row"], shape, color=colour, ms=5, ls="", label=grounding
            )
    most = int(part["n"].max())
    panels[0].set(xlim=(0.5, most + 0.5), xticks=range(1, most + 1), xlabel="sources")
    drawing.row_labels(panels[0], causes)
    for axes, measure in zip(panels[1:], measures, strict=True):
        claims, (label, factor) = part[part["measure"] == measure], SIZES[measure]
        low, high = claims["low"] * factor, claims["high"] * factor
        axes.hlines(claims["row"], low, high, color=drawing.GREY, lw=2)
        axes.plot((low + high) / 2, claims["row"], "o", color=drawing.INK, ms=4)
        axes.set(xlabel=label, xlim=(0, float(high.max()) * 1.15))
    for axes in panels:
        axes.grid(axis="x")
    drawing.legend(figure, panels[0])
    return drawing.exhibited(
        figure,
        about=ENTRIES,
        alt=f"Dots per cause. {_claims_in_words(part)}.",
        numbers=part.drop(columns=["outcome", "reason", "judge", "row", "n"]),
        **captions("fig-evidence", outcome=outcome),
    )


def _claims_in_words(part: pd.DataFrame) -> str:
    columns = ["cause", "grounding", "measure", "low", "high", "grade"]
    parts = []
    for cause, grounding, measure, low, high, grade in part[columns].to_numpy(object):
        size = f", d {high:g}" if measure else ""
        if measure == EXPLAINED:
            size = f", {percent(low)} to {percent(high)} in {grade}"
        parts.append(f"{cause}: {grounding}{size}")
    return "; ".join(parts)


def candidates_table(frame: pd.DataFrame, *, about: About) -> Table:
    """What is known of each path that the selection may add."""
    columns = ["lhs", "rhs", "claims", "grounding", "reason", "judge", "sources"]
    return show(
        frame.loc[frame["candidate_of"] > 0, columns], about=about, **captions("tbl-candidates")
    )


def grounds_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Paths that some model has, and their support in the literature."""
    columns = ["lhs", "rhs", "free_in", "claims", "grounding", "sources"]
    return show(frame.loc[frame["free_in"] > 0, columns], about=about, **captions("tbl-grounds"))


def possible(models: Mapping[str, Model]) -> About:
    """Caption of tables about the paths that one of these models could have."""
    return About(f"possible paths of {len(models)} models: {', '.join(models)}", SOURCE)


def uncovered_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Paths without an entry, by outcome."""
    grouped = frame[frame["grounding"] == "no entry"].groupby("lhs", sort=False)["rhs"]
    predictors = grouped.agg(lambda names: ", ".join(map(words, names)))
    return show(
        pd.DataFrame({"paths": grouped.size(), "predictors": predictors}).reset_index(),
        about=about,
        **captions("tbl-uncovered"),
    )


def unmeasured_table(frame: pd.DataFrame) -> Table:
    """Causes that the literature names and no column measures."""
    return show(frame, about=ENTRIES, **captions("tbl-unmeasured"))


def answer(coverage: pd.DataFrame, *, claims: int) -> str:
    """The number of possible paths with support, and the grounding of the candidates."""
    accepted = coverage["grounding"] == "accepted"
    text = (
        f"{claims} claims are on file. **{int(accepted.sum())} of {len(coverage)} paths** that a "
        "model could have rest on one that is accepted."
    )
    candidates = coverage["candidate_of"] > 0
    if not candidates.any():
        return f"{text} No model names a candidate."
    named = coverage.loc[candidates & accepted, "rhs"]
    uncovered = int((coverage["grounding"] == "no entry").sum())
    return (
        f"{text} Accepted among the {int(candidates.sum())} candidates: "
        f"{', '.join(map(words, named)) or 'none'}. For {uncovered} possible paths no source is "
        "registered."
    )
