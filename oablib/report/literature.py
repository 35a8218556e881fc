"""Tables of the evidence: claims, what is known of each candidate, and what nobody covers."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure as Drawing

from oablib.base.wording import number, percent, words
from oablib.protocol.models import Model
from oablib.report.drawing import (
    GREY,
    INDIRECT,
    INK,
    OURS,
    WIDTH,
    exhibited,
    legend,
    row_labels,
    styled,
)
from oablib.report.exhibit import About, Figure, Table
from oablib.report.table import Look, show

SOURCE = "params/rules/literature.yaml"
ENTRIES = About("all entries", SOURCE)


def evidence_table(frame: pd.DataFrame) -> Table:
    """Every claim, in groups by what is moved."""
    size = [_size(*each) for each in frame[["measure", "low", "high"]].to_numpy(object)]
    columns = ["outcome", "cause", "direction", "measure", "size", "grade", "grounding", "sources"]
    return show(
        frame.assign(size=size)[columns],
        "evidence",
        title="What the literature says moves achievement and intelligence",
        unit="explained variance: of pupils' results; effect size: Hattie's d",
        note="direction: of more of the cause; sources of a claim as the plan of 2015 cites them",
        about=ENTRIES,
        look=Look(groups="outcome"),
    )


def candidates_table(frame: pd.DataFrame, *, about: About) -> Table:
    """What is known of each path that the selection may be asked to add."""
    columns = ["lhs", "rhs", "claims", "grounding", "reason", "judge", "sources"]
    return show(
        frame.loc[frame["candidate_of"] > 0, columns],
        "candidates",
        title="What is known of each candidate",
        unit="claims: entries on the path",
        about=about,
        look=Look(labels={"lhs": "effect on", "rhs": "of", "judge": "who judges"}),
    )


def grounds_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Paths that some model has, and how they are founded."""
    columns = ["lhs", "rhs", "free_in", "claims", "grounding", "sources"]
    return show(
        frame.loc[frame["free_in"] > 0, columns],
        "grounds",
        title="Paths that some model has already, and what they rest on",
        unit="models: those that have the path; claims: entries on the path",
        about=about,
        look=Look(labels={"rhs": "of", "free_in": "models"}, groups="lhs"),
    )


def uncovered_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Paths that no entry is about, by what they lead to."""
    grouped = frame[frame["grounding"] == "no entry"].groupby("lhs", sort=False)["rhs"]
    listed = pd.DataFrame(
        {"paths": grouped.size(), "predictors": grouped.agg(_listed)}
    ).reset_index()
    return show(
        listed,
        "uncovered",
        title="Possible paths that no source covers",
        unit="number of paths",
        note="Predictors of all models on the codebook of this run",
        about=about,
        look=Look(labels={"lhs": "effect on"}),
    )


def possible(models: Mapping[str, Model]) -> About:
    """Caption of tables about the paths that one of these models could have."""
    return About(f"possible paths of {len(models)} models: {', '.join(models)}", SOURCE)


def unmeasured_table(frame: pd.DataFrame) -> Table:
    """Causes that the literature names and no column measures."""
    return show(
        frame,
        "unmeasured",
        title="Causes in the literature that no variable of the models measures",
        unit="claims: entries",
        about=ENTRIES,
        look=Look(labels={"outcome": "of"}),
    )


def _size(measure: str, low: float, high: float) -> str:
    """A size, or its range; empty where the source gives none."""
    if not measure:
        return ""
    show = percent if measure == "explained variance" else number
    return show(low) if low == high else f"{show(low)} to {show(high)}"


def _listed(names: pd.Series) -> str:
    return ", ".join(map(words, names))


def answer(coverage: pd.DataFrame, *, claims: int) -> str:
    """How many possible paths are well founded, and how the candidates stand."""
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
        f"{text} Of {int(candidates.sum())} candidates these are: "
        f"{', '.join(map(words, named)) or 'none'}. For {uncovered} possible paths no source is "
        "registered."
    )


LOOKS = {"accepted": (OURS, "o"), "insufficient": (INDIRECT, "D"), "rejected": (INK, "X")}
SIZES = {"explained variance": "variance (%)", "effect size": "effect size"}
SCALE = {"explained variance": 100.0, "effect size": 1.0}


@styled
def evidence_figure(frame: pd.DataFrame, *, outcome: str) -> Figure:
    """Claims on one outcome: a mark a claim, at the number of its sources, one line a cause.

    frame: outcome, cause, grounding, sources, and measure, low, high, grade where a size is known.
    Sizes stand beside, one panel a measure.
    """
    part = frame[frame["outcome"] == outcome]
    causes = list(dict.fromkeys(part.sort_values("grounding", kind="stable")["cause"]))
    measures = [name for name in SIZES if (part["measure"] == name).any()]
    figure = Drawing(figsize=(WIDTH, 0.9 + 0.27 * len(causes)), layout="constrained")
    panels = figure.subplots(1, 1 + len(measures), sharey=True, squeeze=False)[0]
    place = {cause: at for at, cause in enumerate(causes)}
    for grounding, (colour, shape) in LOOKS.items():
        own = part[part["grounding"] == grounding]
        if len(own):
            counts = own["sources"].str.count(";") + 1
            panels[0].plot(
                counts, own["cause"].map(place), shape, color=colour, ms=5, ls="", label=grounding
            )
    most = int((part["sources"].str.count(";") + 1).max())
    panels[0].set(xlim=(0.5, most + 0.5), xticks=range(1, most + 1), xlabel="sources")
    row_labels(panels[0], causes)
    for axes, measure in zip(panels[1:], measures, strict=True):
        own = part[part["measure"] == measure]
        low, high = (own[end] * SCALE[measure] for end in ("low", "high"))
        axes.hlines(own["cause"].map(place), low, high, color=GREY, lw=2)
        axes.plot((low + high) / 2, own["cause"].map(place), "o", color=INK, ms=4)
        axes.set(xlabel=SIZES[measure], xlim=(0, float(high.max()) * 1.15))
    for axes in panels:
        axes.grid(axis="x")
    legend(figure, panels[0])
    return exhibited(
        figure,
        "evidence",
        title=f"What is said to move {outcome}",
        unit="number of sources; explained variance in %; effect sizes as d",
        note="One mark a claim; claims of one cause differ in grade or source. variance: explained",
        about=ENTRIES,
        alt=f"Dots per cause. {_spoken(part)}.",
        numbers=part.drop(columns=["outcome", "reason", "judge"]),
    )


def _spoken(part: pd.DataFrame) -> str:
    columns = ["cause", "grounding", "measure", "low", "high", "grade"]
    parts = []
    for cause, grounding, measure, low, high, grade in part[columns].to_numpy(object):
        size = f", d {high:g}" if measure else ""
        if measure == "explained variance":
            size = f", {percent(low)} to {percent(high)} in {grade}"
        parts.append(f"{cause}: {grounding}{size}")
    return "; ".join(parts)
