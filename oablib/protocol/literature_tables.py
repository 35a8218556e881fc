"""What the literature says as tables: its claims, and what is known of the paths of models."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from oablib.protocol.literature import Claim, Literature
from oablib.protocol.models import Model
from oablib.protocol.models_checks import sides

NO_ENTRY = "no entry"
"""Grounding of a path that no claim is about."""


def evidence(literature: Literature) -> pd.DataFrame:
    """One row a claim, with texts in the language in use.

    Columns: claim, outcome and cause (labels of concepts), direction, measure, low, high, bound,
    grade, population, sources, grounding, reason, judge.
    """
    labels = {name: concept.label for name, concept in literature.concepts.items()}
    rows = [
        {
            "claim": claim.name,
            "outcome": labels[claim.lhs],
            "cause": labels[claim.rhs],
            "direction": claim.direction,
            **_size_of(claim),
            "population": claim.population,
            "sources": literature.cited(claim.sources),
            "grounding": claim.grounding,
            "reason": claim.reason,
            "judge": claim.judge,
        }
        for claim in literature.claims
    ]
    return pd.DataFrame(rows).astype({"low": float, "high": float})


def _size_of(claim: Claim) -> dict[str, Any]:
    size = claim.size
    if size is None:
        return {"measure": "", "low": None, "high": None, "bound": "", "grade": ""}
    return {
        "measure": size.measure,
        "low": size.low,
        "high": size.high,
        "bound": size.bound,
        "grade": size.grade,
    }


def coverage(literature: Literature, *, models: Mapping[str, Model]) -> pd.DataFrame:
    """What is known about every path that one of the models could have, in the language in use.

    Columns: lhs, rhs, free_in and candidate_of (numbers of models), claims (number), grounding
    ("no entry" without claim), reason, judge, sources.
    """
    free = Counter(pair for model in models.values() for pair in model.paths)
    asked = Counter(sides(text) for model in models.values() for text in model.candidates)
    rows = []
    for lhs, rhs in _possible(models.values()):
        judged = literature.judged(lhs, rhs)
        rows.append(
            {
                "lhs": lhs,
                "rhs": rhs,
                "free_in": free[lhs, rhs],
                "candidate_of": asked[lhs, rhs],
                "claims": len(literature.on(lhs, rhs)),
                "grounding": judged.grounding or NO_ENTRY,
                "reason": judged.reason,
                "judge": judged.judge,
                "sources": judged.sources,
            }
        )
    return pd.DataFrame(rows)


def _possible(models: Iterable[Model]) -> list[tuple[str, str]]:
    """Paths to outcome and mediator from all that is a predictor in some model."""
    models = list(models)
    predictors = dict.fromkeys(name for model in models for name in model.direct)
    ends = dict.fromkeys((model.outcome, model.mediator) for model in models)
    return [
        pair
        for both in ends
        for pair in (both, *((lhs, rhs) for lhs in both for rhs in predictors))
    ]


def unmeasured(literature: Literature, *, models: Mapping[str, Model]) -> pd.DataFrame:
    """Causes that claims are about and no model has a predictor for: cause, outcome, claims."""
    held = {name for model in models.values() for name in (model.mediator, *model.direct)}
    pairs = [
        (literature.concepts[claim.rhs].label, literature.concepts[claim.lhs].label)
        for claim in literature.claims
        if not held & set(literature.concepts[claim.rhs].columns)
    ]
    frame = pd.DataFrame(pairs, columns=["cause", "outcome"])
    return frame.groupby(["cause", "outcome"], sort=False).size().reset_index(name="claims")
