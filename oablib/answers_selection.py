"""The sentences with which literature, selection and prediction answer their questions."""

import pandas as pd

from oablib.selection import Stability
from oablib.selection.forward_search import ADDED, NOT_SIGNIFICANT, TURNED_DOWN
from oablib.selection.frequencies import NO_ADDITION
from oablib.wording import number, percent, words


def literature(coverage: pd.DataFrame, *, claims: int) -> str:
    """How many paths are founded, and how the candidates stand."""
    free = coverage[coverage["status"] == "free"]
    candidates = coverage[coverage["status"] == "candidate"]
    founded = int((free["grounding"] == "accepted").sum())
    text = (
        f"{claims} claims are on file. **{founded} of {len(free)} paths** of the model rest on one "
        "that is accepted."
    )
    if candidates.empty:
        return f"{text} The model names no candidates."
    accepted = candidates.loc[candidates["grounding"] == "accepted", "rhs"]
    uncovered = int((coverage["grounding"] == "no entry").sum())
    return (
        f"{text} Of {len(candidates)} candidates the literature would let in: "
        f"{', '.join(map(words, accepted)) or 'none'}. Possible paths that nobody covers: "
        f"{uncovered}."
    )


def selection(
    trail: pd.DataFrame, *, variants: pd.DataFrame, stability: Stability, reference: str
) -> str:
    """Which model stands, why candidates were turned down, and how sure that is."""
    first = words(str(variants["model"].iloc[0]))
    text = stands(trail, reference=reference)
    return f"{text} Of the variants {first} is first. {_sure(stability)}"


def stands(trail: pd.DataFrame, *, reference: str) -> str:
    """Which model stands, and for which candidates the data spoke and the literature did not."""
    decision = trail["decision"].astype(str)
    added = trail[decision == ADDED]
    refused = trail[decision.str.startswith(TURNED_DOWN) & (trail["round"] == trail["round"].max())]
    model = words(reference)
    if trail.empty:
        text = f"**The model {model} stands**: it names no candidates."
    elif added.empty:
        text = f"**The model {model} stands**: {_turned_down(refused)}."
    else:
        pairs = zip(added["rhs"], added["lhs"], strict=True)
        names = ", ".join(f"{words(rhs)} → {words(lhs)}" for rhs, lhs in pairs)
        text = f"**Added to {model}: {names}**; {_turned_down(refused)}."
    against = refused[~refused["decision"].astype(str).str.contains(NOT_SIGNIFICANT)]
    told = [f"{words(r)}: {why}" for r, why in zip(against["rhs"], against["reason"], strict=True)]
    if told:
        text += f" The data spoke for, the literature did not: {'; '.join(told)}."
    return text


def prediction(summary: pd.DataFrame, *, splits: int) -> str:
    """Out-of-sample R2 with its spread, what education alone would do, and who is found."""
    whole = _row(summary, "all characteristics", "all")
    known = _row(summary, "all characteristics", "known")
    text = (
        f"Out of sample the model explains **{percent(known['r2'], 1)}** of the variance of the "
        f"scores of children whose parents' education is known (standard deviation over {splits} "
        f"splits: {percent(known['r2_sd'], 1)}), and {percent(whole['r2'], 1)} of that of all."
    )
    alone = _row(summary, "education only", "all")
    without = _row(summary, "without education", "all")
    if alone and without:
        text += (
            f" Education alone comes to {percent(alone['r2'], 1)}, everything but education to "
            f"{percent(without['r2'], 1)}."
        )
    return (
        f"{text} Of the children with the lowest 15 % of scores, {percent(whole['ppv'])} are among "
        "the lowest 15 % by what was observed; one point of score stands for "
        f"{number(whole['slope'])} points observed."
    )


def _turned_down(refused: pd.DataFrame) -> str:
    return f"turned down: {len(refused)} of the candidates"


def _row(summary: pd.DataFrame, method: str, population: str) -> dict[str, float]:
    """Measures of one method and population; empty where there are none."""
    chosen = (summary["method"] == method) & (summary["population"] == population)
    numbers = summary[chosen].select_dtypes("number")
    return {str(name): float(numbers[name].iloc[0]) for name in numbers} if chosen.any() else {}


def _sure(stability: Stability) -> str:
    nothing = stability.models[stability.models["added"] == NO_ADDITION]
    kept, alone = (float(nothing[name].sum()) for name in ("with_literature", "data_alone"))
    return (
        f"Had other schools been drawn, the procedure would have added nothing in {percent(kept)} "
        f"of {stability.draws:,} draws; without the literature, in {percent(alone)}."
    )
