"""From a model up: the largest modification index that the literature supports enters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from oablib.analysis.selection.settings import Rules
from oablib.base.shown import showable
from oablib.protocol import literature
from oablib.protocol.codebook import Table
from oablib.protocol.literature import Literature
from oablib.protocol.models import Model
from oablib.protocol.models_checks import sides
from oablib.statistics import sem
from oablib.statistics.pooling import modification
from oablib.statistics.sem import ScoreTest, SemFit
from oablib.statistics.two_step import candidates, scale_values
from oablib.statistics.two_step.candidates import PathTests
from oablib.workers.threads import single_thread

ADDED, NEXT = "added", "next"
NOT_SIGNIFICANT, NOT_GROUNDED, NEITHER = "not_significant", "not_grounded", "neither"
DECISIONS = (ADDED, NEXT, NOT_SIGNIFICANT, NOT_GROUNDED, NEITHER)
"""Codes of a decision; one that is `next` qualifies too, and is judged in the next round."""

JOINT = ("joint_index", "joint_df", "joint_p")
"""Columns of the test of all categories of a scaled variable at once."""

TURNED_DOWN = (NOT_SIGNIFICANT, NOT_GROUNDED, NEITHER)
ADDITION = ("with added paths", "met toegevoegde paden")
TRAIL = [
    "round", "rank", "lhs", "rhs", "index", "mi_mean", "epc", "sepc", "p", "p_holm",
    "joint_index", "joint_df", "joint_p", "grounding", "decision", "reason", "judge", "sources",
]  # fmt: skip


@showable()
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Forward:
    """Where the procedure ended, and the steps.

    model: the model at the end. added: the paths that entered, in their order.
    trail: one row a candidate and round, by rank: round; rank; lhs, rhs; index (pooled, on the
    scale of chi2) and mi_mean (mean of the model-based indices, as published); epc, sepc; p and
    p_holm, corrected for the candidates of the round; joint_index, joint_df and joint_p, of all
    categories of a scaled variable, whose p is that of both tests; grounding; decision, one of
    DECISIONS; reason, judge and sources of the literature. fits: of that model, one a data set.
    """

    model: Model
    added: tuple[str, ...]
    trail: pd.DataFrame
    fits: tuple[SemFit, ...]


@single_thread()
def forward(
    frames: Sequence[pd.DataFrame], *, model: Model, table: Table, entries: Literature, rules: Rules
) -> Forward:
    """Add candidates of `model` as long as one qualifies, on completed data sets.

    In each round candidates are ranked by the p of their pooled index, a scaled variable's p being
    that of both tests of two_step.candidates; of those whose p, corrected by Holm (1979), is under
    rules.forward_alpha, the first that the literature accepts enters, and the model is fitted again
    to all data sets. Raises LiteratureError for a candidate without entry,
    before anything is fitted; EstimationError as scale_values.estimate and sem.fit.
    """
    literature.fail_if_candidates_have_no_entry(model, entries)
    prepared = [_prepared(frame, model=model, table=table) for frame in frames]
    current, parts, added = model, list[pd.DataFrame](), list[str]()
    while True:
        fits = tuple(sem.fit(current.syntax, data) for data in prepared)
        left = [text for text in model.candidates if text not in added]
        if not left:
            break
        scaled = [rhs for _, rhs in map(sides, left) if rhs in model.scaled]
        of_scaled = candidates.score_tests(frames, model=current, table=table, names=scaled)
        ranked = _round(fits, left, of_scaled, entries=entries, rules=rules)
        parts.append(ranked.assign(round=len(parts) + 1))
        chosen = ranked[ranked["decision"] == ADDED]
        if chosen.empty:
            break
        added.append(f"{chosen['lhs'].iloc[0]} ~ {chosen['rhs'].iloc[0]}")
        current = with_paths(model, added)
    trail = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=TRAIL)
    return Forward(current, tuple(added), trail[TRAIL], fits)


def with_paths(model: Model, paths: Sequence[str]) -> Model:
    """A model with further paths such as `nscct ~ origin`, which must be its candidates.

    Its name says what was added, so that it can be compared with the model that it began with.
    """
    indirect = tuple(rhs for lhs, rhs in map(sides, paths) if lhs == model.mediator)
    if not paths:
        return model
    en, nl = ADDITION
    return replace(
        model,
        name=" + ".join([model.name, *indirect]),
        title=f"{model.title}, {en}",
        title_nl=f"{model.title_nl or model.title}, {nl}",
        label=f"{model.label or model.title} {en}",
        label_nl=f"{model.label_nl or model.title_nl or model.label or model.title} {nl}",
        indirect=(*model.indirect, *indirect),
        candidates=tuple(text for text in model.candidates if text not in paths),
    )


def paths(chosen: Model, *, start: Model) -> pd.DataFrame:
    """The chosen model as rows: lhs, op, rhs, since (the model's file or "added")."""
    file, before = f"params/models/{start.name}.yaml", {*start.indirect}
    rows = [(chosen.outcome, "~", rhs, file) for rhs in (chosen.mediator, *chosen.direct)]
    rows += [
        (chosen.mediator, "~", rhs, file if rhs in before else ADDED) for rhs in chosen.indirect
    ]
    return pd.DataFrame(rows, columns=["lhs", "op", "rhs", "since"])


def from_table(model: Model, rows: pd.DataFrame) -> Model:
    """The model that a table made by `paths` describes, from the model it began with."""
    added = rows[rows["since"] == ADDED]
    pairs = zip(added["lhs"], added["rhs"], strict=True)
    return with_paths(model, [f"{lhs} ~ {rhs}" for lhs, rhs in pairs])


def _prepared(frame: pd.DataFrame, *, model: Model, table: Table) -> sem.Prepared:
    values = scale_values.estimate(frame, model=model, table=table).table
    scaled = scale_values.apply(frame, values=values, model=model, table=table)
    return sem.prepare(
        scaled, (model.outcome, model.mediator, *model.direct), cluster=model.cluster
    )


def _round(
    fits: Sequence[SemFit],
    texts: Sequence[str],
    of_scaled: Mapping[str, PathTests],
    *,
    entries: Literature,
    rules: Rules,
) -> pd.DataFrame:
    """Candidates by rank, each with its index, its literature and what is decided."""
    rows = [_row(fits, text, of_scaled.get(sides(text)[1]), rules=rules) for text in texts]
    table = pd.DataFrame(rows)
    table["p_holm"] = modification.holm(table["p"].to_numpy(dtype=np.float64))
    # Where several p are too small to be told from 0, their indices are not.
    table = table.sort_values(["p", "index"], ascending=[True, False], ignore_index=True)
    judged = [entries.judged(*pair) for pair in zip(table["lhs"], table["rhs"], strict=True)]
    for field in ("grounding", "reason", "judge", "sources"):
        table[field] = [getattr(each, field) for each in judged]
    table["rank"] = range(1, len(table) + 1)
    table["decision"] = _decisions(table, alpha=rules.forward_alpha)
    return table


def _row(
    fits: Sequence[SemFit], text: str, of_scaled: PathTests | None, *, rules: Rules
) -> dict[str, object]:
    if of_scaled is None:
        (tests,) = zip(*(sem.score_tests(fit, [text]) for fit in fits), strict=True)
        return _index(tests, rules) | dict.fromkeys(JOINT, np.nan)
    scaled, joint = (_index(each, rules) for each in (of_scaled.scaled, of_scaled.joint))
    found = {"joint_index": joint["index"], "joint_df": joint["df"], "joint_p": joint["p"]}
    return scaled | found | {"p": candidates.combined(scaled["p"], joint["p"])}


def _index(tests: Sequence[ScoreTest], rules: Rules) -> dict[str, Any]:
    """One candidate over data sets; where nothing was unknown there is one, and none to pool."""
    if len(tests) == 1:
        (test,) = tests
        row = {"lhs": test.lhs, "rhs": test.rhs, "df": test.df, "mi_mean": test.mi}
        index = test.mi_robust if rules.forward_robust else test.mi
        row |= {"index": index, "p": float(chdtrc(test.df, index))}
        return row | {"epc": test.epc[0], "sepc": test.sepc[0]}
    chosen = f"{rules.forward_test.lower()}{'_robust' if rules.forward_robust else ''}"
    scores = modification.Scores(list(tests))
    pooled = modification.four_tests(scores)[chosen]
    return modification.row(scores, chosen=chosen) | {"index": pooled.chi2}


def _decisions(table: pd.DataFrame, *, alpha: float) -> list[str]:
    decisions, is_open = [], True
    for p, grounding in zip(table["p_holm"], table["grounding"], strict=True):
        match (p < alpha, grounding == "accepted"):
            case (True, True):
                decisions.append(ADDED if is_open else NEXT)
                is_open = False
            case (True, False):
                decisions.append(NOT_GROUNDED)
            case (False, True):
                decisions.append(NOT_SIGNIFICANT)
            case _:
                decisions.append(NEITHER)
    return decisions
