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
from oablib.statistics import pooling, sem
from oablib.statistics.pooling import modification
from oablib.statistics.sem import ScoreTest, SemFit
from oablib.statistics.two_step import candidates, scale_values, sums
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
    scaled = [rhs for _, rhs in map(sides, model.candidates) if rhs in model.scaled]
    # Only candidates from scaled variables are tested on sums of products.
    read = [sums.products(frame, model=model, table=table) for frame in frames if scaled]
    current, parts, added = model, list[pd.DataFrame](), list[str]()
    while True:
        fits = tuple(sem.fit(current.syntax, data) for data in prepared)
        left = [text for text in model.candidates if text not in added]
        if not left:
            break
        names = [name for name in scaled if name not in current.indirect]
        of_scaled = candidates.score_tests(read, indirect=current.indirect, names=names)
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
    plain = [text for text in texts if sides(text)[1] not in of_scaled]
    rows = _indices(fits, plain, rules).assign(**dict.fromkeys(JOINT, np.nan)).to_dict("records")
    table = pd.DataFrame([*rows, *(_of_scaled(tests, rules) for tests in of_scaled.values())])
    table["p_holm"] = modification.holm(table["p"].to_numpy(dtype=np.float64))
    # Where several p are as good as 0, their indices still differ.
    table = table.sort_values(["p", "index"], ascending=[True, False], ignore_index=True)
    judged = [entries.judged(*pair) for pair in zip(table["lhs"], table["rhs"], strict=True)]
    for field in ("grounding", "reason", "judge", "sources"):
        table[field] = [getattr(each, field) for each in judged]
    table["rank"] = range(1, len(table) + 1)
    table["decision"] = _decisions(table, alpha=rules.forward_alpha)
    return table


def _indices(fits: Sequence[SemFit], texts: Sequence[str], rules: Rules) -> pd.DataFrame:
    """Pooled indices of the candidates; where nothing was unknown there is nothing to pool."""
    if len(fits) == 1:
        table = sem.modification_indices(fits[0], texts, robust=rules.forward_robust)
        index = table["mi_robust" if rules.forward_robust else "mi"]
        return table.assign(index=index, mi_mean=table["mi"])
    table = pooling.modification_indices(
        fits, texts, test=rules.forward_test, robust=rules.forward_robust
    )
    return table.assign(index=table[_chosen(rules)] * table["df"])


def _chosen(rules: Rules) -> str:
    """Name of the pooled test by which a search decides."""
    return f"{rules.forward_test.lower()}{'_robust' if rules.forward_robust else ''}"


def _of_scaled(tests: PathTests, rules: Rules) -> dict[str, Any]:
    """The row of a scaled variable, whose p is that of both tests."""
    scaled, joint = (_index(each, rules) for each in (tests.scaled, tests.joint))
    found = {"joint_index": joint["index"], "joint_df": joint["df"], "joint_p": joint["p"]}
    return scaled | found | {"p": candidates.combined(scaled["p"], joint["p"])}


def _index(tests: Sequence[ScoreTest], rules: Rules) -> dict[str, Any]:
    """One test over data sets, columns as `_indices`."""
    if len(tests) == 1:
        (test,) = tests
        index = test.mi_robust if rules.forward_robust else test.mi
        row = {"lhs": test.lhs, "rhs": test.rhs, "df": test.df, "mi_mean": test.mi}
        row |= {"epc": test.epc[0], "sepc": test.sepc[0]}
        return row | {"index": index, "p": float(chdtrc(test.df, index))}
    scores = modification.Scores(list(tests))
    pooled = modification.four_tests(scores)[_chosen(rules)]
    return modification.row(scores, chosen=_chosen(rules)) | {"index": pooled.chi2}


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
