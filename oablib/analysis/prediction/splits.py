"""One split: learn from some schools, predict the children of the others, and compare."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.analysis.prediction import measures, methods, register
from oablib.analysis.prediction.methods import (
    ALL,
    MIXED,
    WEIGHTING,
    WITHOUT,
    Method,
    Predicted,
    Trained,
    Training,
)
from oablib.analysis.prediction.settings import Rules
from oablib.base.errors import EstimationError, ImputationError, WeightingError
from oablib.base.shown import showable
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics import imputation

KNOWN, REGISTER, EVERYBODY = "known", "register", "all"
UNKNOWN = -1
"""Code of an unknown category where children are grouped by it."""


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """What all splits share.

    cohort: as delivered, unknown values NaN. delivered, laid: completed from what registers know,
    as delivered and with the register's pattern over the known children, both m times.
    unknown_outcome: as of imputation.analysed, for the children to learn from.
    """

    cohort: pd.DataFrame
    delivered: Sequence[pd.DataFrame]
    laid: Sequence[pd.DataFrame]
    model: Model
    table: Table
    rules: Rules
    seed: int
    unknown_outcome: str = imputation.KEPT

    @property
    def tested(self) -> NDArray[np.bool_]:
        """Children who have both tests, so that a prediction of them can be judged, (n,)."""
        tests = [self.model.outcome, self.model.mediator]
        return np.asarray(self.cohort[tests].notna().all(axis=1))

    @property
    def known(self) -> NDArray[np.bool_]:
        """Children of the cohort of whom all is known, (n,)."""
        return register.known(self.cohort, model=self.model)

    @property
    def known_laid(self) -> NDArray[np.bool_]:
        """The same with the register's pattern laid over them, as `laid` was completed from."""
        laid = register.lay(self.cohort, model=self.model, rules=self.rules, seed=self.seed)
        return register.known(laid, model=self.model)

    @property
    def methods(self) -> Mapping[str, Method]:
        """The methods to compare, by code."""
        return methods.methods(self.model, unknown=not self.known.all())


@dataclass(frozen=True, slots=True, eq=False)
class Tested:
    """The children of a test part.

    frame: as delivered. known, known_laid: (n,), whether all is known, as delivered and with the
    register's pattern. delivered, laid: as Setting completes them, the data sets under each other.
    """

    frame: pd.DataFrame
    known: NDArray[np.bool_]
    known_laid: NDArray[np.bool_]
    delivered: pd.DataFrame
    laid: pd.DataFrame


@showable()
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Split:
    """Tables of one split: measures by method and population, and groups of children."""

    rows: pd.DataFrame
    groups: pd.DataFrame


def by_school(setting: Setting, number: int) -> Split:
    """A share of the schools, drawn at random, is predicted from the others."""
    rng = np.random.default_rng(np.random.SeedSequence(setting.seed, spawn_key=(6, 2, number)))
    code, schools = pd.factorize(setting.cohort[setting.model.cluster])
    count = max(1, round(setting.rules.test_share * len(schools)))
    chosen = rng.permutation(len(schools))[:count]
    return evaluated(setting, np.isin(code, chosen), number=number)


def evaluated(setting: Setting, test: NDArray[np.bool_], *, number: int) -> Split:
    """Children of `test`, (n,), are predicted from the others; number: of the split.

    A method that cannot be estimated has NaN and the reason in the column `failed`; all have when
    the training part cannot be imputed.
    """
    try:
        part = _training(setting, ~test, number=number)
    except ImputationError as error:
        reason = _first_sentence(error)
        failed = [{"method": name, "failed": reason} for name in setting.methods]
        return Split(pd.DataFrame(failed).assign(split=number), pd.DataFrame())
    test = test & setting.tested
    tested, children = _tested(setting, test), int(test.sum())
    rows: list[dict[str, object]] = []
    found: dict[str, tuple[Trained, Predicted, Predicted]] = {}
    groups = pd.DataFrame()
    for name, learn in setting.methods.items():
        try:
            learned = learn(part)
        except (EstimationError, WeightingError) as error:
            rows.append({"method": name, "failed": _first_sentence(error)})
            continue
        by_delivered, by_laid = (
            methods.predict(learned, copies, m=len(copies) // children, table=setting.table)
            for copies in (tested.delivered, tested.laid)
        )
        found[name] = (learned, by_delivered, by_laid)
        measured = _rows(setting, tested, by_delivered, by_laid, method=name)
        rows += [row | {"r2_training": learned.r2} for row in measured]
        if name == ALL:
            groups = pd.DataFrame(list(_groups(setting, tested, by_delivered)))
    if {ALL, WITHOUT} <= set(found) and not tested.known_laid.all():
        rows += _mixed(setting, tested, found[ALL], found[WITHOUT])
    return Split(pd.DataFrame(rows).assign(split=number), groups.assign(split=number))


def _mixed(
    setting: Setting,
    tested: Tested,
    everything: tuple[Trained, Predicted, Predicted],
    rest: tuple[Trained, Predicted, Predicted],
) -> Iterator[dict[str, object]]:
    """Measures of the two methods together, each for a part of the children."""
    shift = everything[0].mean - rest[0].mean
    by_delivered, by_laid = (
        methods.mixed(one, other, known=known, shift=shift)
        for one, other, known in zip(
            everything[1:], rest[1:], (tested.known, tested.known_laid), strict=True
        )
    )
    yield from _rows(setting, tested, by_delivered, by_laid, method=MIXED)


def _tested(setting: Setting, test: NDArray[np.bool_]) -> Tested:
    frame = setting.cohort[test]
    delivered, laid = (
        pd.concat([completed[test] for completed in frames], ignore_index=True)
        for frames in (setting.delivered, setting.laid)
    )
    known = register.known(frame, model=setting.model)
    return Tested(frame, known, setting.known_laid[test], delivered, laid)


def _training(setting: Setting, train: NDArray[np.bool_], *, number: int) -> Training:
    delivered = setting.cohort[train].reset_index(drop=True)
    state = np.random.SeedSequence(setting.seed, spawn_key=(6, 3, number)).generate_state(1)[0]
    filled = imputation.impute(
        delivered,
        model=setting.model,
        table=setting.table,
        rule=imputation.rule(),
        m=setting.rules.imputations,
        iterations=setting.rules.iterations,
        seed=int(state),
    )
    completed = imputation.analysed(
        delivered, cells=filled.cells, model=setting.model, unknown_outcome=setting.unknown_outcome
    )
    return Training(delivered, completed, setting.table)


def _rows(
    setting: Setting, tested: Tested, by_delivered: Predicted, by_laid: Predicted, *, method: str
) -> Iterator[dict[str, object]]:
    """Measures of one method, one row a population of test children.

    Known children are apart only where others are not; the register's pattern where it applies.
    """
    populations = {}
    if not setting.known.all():
        populations[KNOWN] = (by_delivered, tested.known)
    if register.applies(setting.model, rules=setting.rules):
        populations[REGISTER] = (by_laid, tested.known)
    populations[EVERYBODY] = (by_delivered, np.ones(len(tested.frame), dtype=bool))
    for population, (predicted, inside) in populations.items():
        row = _measures(predicted, inside, share=setting.rules.target_share)
        if population == EVERYBODY:
            score = predicted.score
            if method == WEIGHTING:
                # Only known children have a score: a school's mean is that of these.
                row, score = dict.fromkeys(row, np.nan), np.where(tested.known, score, np.nan)
            school = tested.frame[setting.model.cluster].to_numpy()
            smallest = setting.rules.smallest_school
            row |= measures.of_schools(predicted.left, score, school, smallest=smallest)
        about = {"method": method, "population": population, "n": int(inside.sum())}
        yield about | row | {"failed": ""}


def _measures(predicted: Predicted, inside: NDArray[np.bool_], *, share: float) -> dict[str, float]:
    """Of the children `inside`; the lowest share is that of all children of the test part."""
    score, left = predicted.score[inside], predicted.left[inside]
    target = left < np.quantile(predicted.left, share)
    lowest = score < np.quantile(predicted.score, share)
    return {
        "r2": measures.r2(predicted.outcome[inside], predicted.whole[inside]),
        "r2_score": measures.r2(left, score),
        "slope": measures.slope(left, score),
        "sensitivity": measures.sensitivity(target, lowest),
        "ppv": measures.positive_predictive_value(target, lowest),
        "found": float(lowest.mean()),
    }


def _groups(
    setting: Setting, tested: Tested, predicted: Predicted
) -> Iterator[Mapping[str, object]]:
    """Mean score and what was observed, by score, and by category of what can be compared."""
    order = pd.Series(predicted.score).rank(method="first", pct=True).to_numpy()
    codes = {"score": np.ceil(order * setting.rules.groups).astype(int)}
    columns = [*setting.model.scaled, *setting.model.imputed, setting.rules.region]
    known = {column.key for column in setting.table.columns if column.categories}
    known &= set(tested.frame.columns)
    for name in dict.fromkeys(each for each in columns if each in known):
        codes[name] = tested.frame[name].fillna(UNKNOWN).to_numpy().astype(int)
    for by, of_child in codes.items():
        for code in np.unique(of_child):
            inside = of_child == code
            yield {
                "by": by,
                "code": int(code),
                "n": int(inside.sum()),
                "predicted": float(predicted.score[inside].mean()),
                "observed": float(predicted.left[inside].mean()),
            }


def _first_sentence(error: Exception) -> str:
    return str(error).partition(". ")[0].rstrip(".")
