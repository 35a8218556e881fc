"""Tables of the evidence: claims, what is known of each candidate, and what nobody covers."""

from collections.abc import Mapping

import pandas as pd

from oablib.exhibit import About, Table
from oablib.models import Model
from oablib.tables_canvas import Look, show
from oablib.wording import number, percent, words

SOURCE = "params/rules/literature.yaml"
ENTRIES = About("all entries", SOURCE)


def evidence(frame: pd.DataFrame) -> Table:
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


def candidates(frame: pd.DataFrame, *, model: str) -> Table:
    """What is known of each path that the selection may be asked to add."""
    columns = ["lhs", "rhs", "claims", "grounding", "reason", "judge", "sources"]
    return show(
        frame.loc[frame["status"] == "candidate", columns],
        "candidates",
        title="What is known of each candidate",
        unit="claims: entries on the path",
        about=About(f"candidates of params/models/{model}.yaml", SOURCE),
        look=Look(labels={"lhs": "effect on", "rhs": "of", "judge": "who judges"}),
    )


def grounds(frame: pd.DataFrame, *, model: str) -> Table:
    """Paths of the model that stands, and how they are founded."""
    columns = ["lhs", "rhs", "claims", "grounding", "sources"]
    return show(
        frame.loc[frame["status"] == "free", columns],
        "grounds",
        title="Paths that the model has already, and what they rest on",
        unit="claims: entries on the path",
        about=About(f"paths of params/models/{model}.yaml", SOURCE),
        look=Look(labels={"rhs": "of"}, groups="lhs"),
    )


def uncovered(frame: pd.DataFrame, *, about: About) -> Table:
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
        note="Predictors of the models that are compared in this run",
        about=about,
        look=Look(labels={"lhs": "effect on"}),
    )


def possible(plans: Mapping[str, Model]) -> About:
    """Caption of tables about the paths that could stand in one of these models."""
    return About(f"possible paths of {len(plans)} models: {', '.join(plans)}", SOURCE)


def unmeasured(frame: pd.DataFrame) -> Table:
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
