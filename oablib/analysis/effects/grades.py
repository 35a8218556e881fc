"""An early and a late outcome of the same children, side by side and in one model.

Plan of 2015 (De Mooij et al.), section 3.1: grade 2 is hardly touched by policy, grade 8 is what
the model predicts; a model with both shows whether background acts on them alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from oablib.analysis.effects import compared
from oablib.analysis.effects.settings import Rules
from oablib.base.shown import showable
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics.pooling import PooledTest
from oablib.statistics.two_step import Equation, side_by_side

EARLY, LATE, GIVEN = "early", "late", "given"


@showable()
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Grades:
    """Standardised effects on two outcomes, among the children whose early one is known.

    n: these children. effects: name, early, early_se, late, late_se, given, given_se, p, p_holm;
    given: on the late outcome at equal early one; p: of equal effects on both. The first rows are
    the early outcome itself and the mediator, without a test. joint: all effects are equal.
    left_out: predictors that too few of these children have.
    """

    n: int
    effects: pd.DataFrame
    joint: PooledTest
    left_out: tuple[str, ...]


def two_grades(
    frames: Sequence[pd.DataFrame], *, model: Model, table: Table, rules: Rules
) -> Grades | None:
    """Effects on both outcomes; None where the cohort lacks the early one, or nearly so.

    None as well where there are too few schools to test. Raises EstimationError as
    two_step.side_by_side.
    """
    early = rules.early_outcome
    if early not in frames[0] or frames[0][early].notna().sum() < rules.least_part:
        return None
    rows = frames[0][early].notna().to_numpy()
    names = compared.predictors(
        frames[0], {early: rows}, model=model, table=table, least=rules.least_children
    )
    by = (model.mediator, *names.estimable)
    equations = [
        Equation(EARLY, early, by, rows),
        Equation(LATE, model.outcome, by, rows),
        Equation(GIVEN, model.outcome, (early, *by), rows),
    ]
    found = side_by_side(frames, equations=equations, model=model, table=table, standardised=True)
    tests = compared.tests(found, names.compared, parts=[EARLY, LATE])
    if tests is None:
        return None
    shown = [early, model.mediator, *names.compared]
    effects = pd.DataFrame({"name": shown})
    for each in (EARLY, LATE, GIVEN):
        part = found.of(each).reindex(shown)
        effects[[each, f"{each}_se"]] = part[["est", "se"]].to_numpy()
    return Grades(
        n=int(rows.sum()),
        effects=effects.merge(tests[0][["name", "p", "p_holm"]], on="name", how="left"),
        joint=tests[1],
        left_out=tuple(name for name in model.direct if name not in names.compared),
    )


def explained(
    frames: Sequence[pd.DataFrame],
    *,
    model: Model,
    rules: Rules,
    literature: Sequence[Mapping[str, object]],
) -> pd.DataFrame | None:
    """Share of the variance of both outcomes that parts of the background explain.

    One row a part: part, early, late (adjusted R2 of its categories, mean over data sets, among
    the children with both), and what the literature has by grade: early_lower, early_upper,
    late_lower, late_upper; a share "below" has no lower end. NaN where there is none. None where
    the cohort has the columns of no part.
    """
    early = rules.early_outcome
    rows = frames[0][early].notna()
    result = []
    for name, part in rules.explained.items():
        columns = list(part.columns or _background(model))
        if not set(columns) <= set(frames[0].columns):
            continue
        shares = [
            [_share(frame[rows], outcome=outcome, columns=columns, model=model) for frame in frames]
            for outcome in (early, model.outcome)
        ]
        row = {"part": name, "early": np.mean(shares[0]), "late": np.mean(shares[1])}
        for each, grade in (("early", "2"), ("late", "8")):
            row |= _published(literature, predictor=part.published, grade=grade, prefix=each)
        result.append(row)
    return pd.DataFrame(result) if result else None


def _background(model: Model) -> tuple[str, ...]:
    columns = [model.columns_of(name) for name in model.direct if name not in model.school_means]
    return tuple(dict.fromkeys(name for each in columns for name in each))


def _share(frame: pd.DataFrame, *, outcome: str, columns: Sequence[str], model: Model) -> float:
    """Adjusted share of explained variance; categories of scaled columns and dummies as such."""
    coded = [*model.scaled, *(column for column, _ in model.dummies.values())]
    parts = [
        pd.get_dummies(frame[name].astype("category"), drop_first=True, dtype=float)
        if name in coded
        else frame[[name]].astype(float)
        for name in columns
    ]
    X = np.column_stack([np.ones(len(frame)), *parts])
    y = frame[outcome].to_numpy(dtype=float)
    slopes, _, rank, _ = np.linalg.lstsq(X, y, rcond=None)
    left = ((y - X @ slopes) ** 2).sum() / (len(y) - rank)
    return float(1 - left / y.var(ddof=1))


def _published(
    literature: Sequence[Mapping[str, object]], *, predictor: str, grade: str, prefix: str
) -> dict[str, float]:
    """Lowest and highest share of the entries on this predictor and grade.

    The lowest is NaN where one of them is "below" a share, whatever the others are.
    """
    lower, upper = [], []
    for entry in literature:
        if entry["predictor"] == predictor and grade in str(entry["grade"]).split(" and "):
            share = entry.get("share", entry.get("share_below"))
            ends = list(np.atleast_1d(np.asarray(share, dtype=float)))
            lower.append(ends[0] if "share" in entry else np.nan)
            upper.append(ends[-1])
    return {
        f"{prefix}_lower": float(np.min(lower)) if lower else np.nan,
        f"{prefix}_upper": float(np.max(upper)) if upper else np.nan,
    }
