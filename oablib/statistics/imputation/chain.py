"""Chained equations: every variable in turn given all others, round after round, m times."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from operator import itemgetter

import numpy as np
import pandas as pd
from numpy.random import SeedSequence
from numpy.typing import NDArray

from oablib.base.errors import ImputationError
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics.imputation import checks, engines, flags, predictors, products, variables
from oablib.statistics.imputation.cells import CELLS, TRACE, Imputed
from oablib.statistics.imputation.predictors import Setting, View
from oablib.statistics.imputation.settings import Rule
from oablib.statistics.imputation.variables import Variable
from oablib.workers import processes
from oablib.workers.threads import single_thread


@single_thread()
def impute(
    frame: pd.DataFrame,
    *,
    model: Model,
    table: Table,
    rule: Rule,
    m: int,
    iterations: int,
    seed: int,
    school_level: bool = True,
    shift: int = 0,
    workers: int = 1,
) -> Imputed:
    """Fill unknown values of model.imputed m times by chained equations.

    These may be outcome and mediator, and any other column but the cluster and the wave. What the
    codebook calls a property of the school is drawn once for each school.
    Predictors are all other variables of the model, its auxiliary columns and, with school_level
    and 10 schools or more, the school: see `predictors.fixed`; and products and splines of the
    model, formed anew in each round: see `products`. Unknown values are taken to be missing at
    random given these. shift: levels by which every drawn level is moved in the codebook's order,
    as far as it goes, or standard deviations for numbers: what if they were not missing at random
    (Van Buuren, 2018, Flexible Imputation of Missing Data, 2nd ed., section 9.2)?
    The same seed gives the same values whatever the number of workers (see processes.each), and
    the first imputations do not depend on m.

    Raises ImputationError when the frame holds what the codebook does not, or a predictor is
    unknown for some (see checks.as_read); when a variable has fewer than 50 known values, one value
    only, or fewer than the number of donors; when m or iterations is under 1; and when all m
    imputations are the same.
    """
    _fail_if_too_few({"m": m, "iterations": iterations, "workers": workers})
    frame = checks.as_read(frame, model=model, table=table)
    imputed = variables.read(frame, model=model, table=table)
    if not any(each.unknown.any() for each in imputed):
        return Imputed(pd.DataFrame(columns=CELLS), pd.DataFrame(columns=TRACE), m=1)
    setting, constant = _setting(
        frame, imputed, model=model, table=table, school_level=school_level, shift=shift
    )
    chain = _Chain(setting, frame, rule=rule)
    first, *seeds = SeedSequence(seed, spawn_key=(3,)).spawn(m + 1)
    # What the engines learn in a round of its own is a start for all imputations.
    chain.run(first, iterations=1)
    task = partial(_run_copy, chain=chain, iterations=iterations)
    results = sorted(processes.each(task, seeds, workers=workers), key=itemgetter(0))
    imputations = [result for _, result in results]
    _fail_if_all_are_the_same(imputations)
    cells = pd.concat(_cells(imputations, frame["child"].to_numpy(), chain), ignore_index=True)
    trace = _trace(imputations)
    said = flags.of_data(frame, imputed, constant=constant, model=model, school_level=school_level)
    return Imputed(cells[CELLS], trace, m, (*said, *flags.of_trace(trace)))


def _fail_if_too_few(counts: dict[str, int]) -> None:
    few = {name: count for name, count in counts.items() if count < 1}
    if few:
        raise ImputationError(f"Asked were {few}; expected 1 or more of each.")


def _setting(
    frame: pd.DataFrame,
    imputed: tuple[Variable, ...],
    *,
    model: Model,
    table: Table,
    school_level: bool,
    shift: int,
) -> tuple[Setting, tuple[str, ...]]:
    """What stays the same over rounds, and the names of predictors left out as constant."""
    school, by_school = predictors.school_codes(frame[model.cluster], school_level=school_level)
    known, constant = predictors.fixed(frame, model=model, table=table, school_level=by_school)
    tests = (model.outcome, model.mediator)
    setting = Setting(
        imputed,
        known,
        predictors.as_columns(known, linear=tests),
        school,
        school_level=by_school,
        shift=shift,
        formed=products.read(frame, model=model, table=table, school=school),
        tests=tests,
    )
    return setting, constant


@dataclass(frozen=True, slots=True, eq=False)
class _Imputation:
    """values: name -> values of the unknown cells. moments: name, round, mean, sd of each."""

    values: dict[str, NDArray]
    moments: list[tuple[str, int, float, float]]


class _Chain:
    """The known values of all variables, and the engines that renew the unknown ones in turn.

    variables: those with unknown values. engines: by the name of the variable.
    """

    def __init__(self, setting: Setting, frame: pd.DataFrame, *, rule: Rule) -> None:
        self._setting = setting
        self._known = {each.name: each.inner(frame[each.name]) for each in setting.variables}
        self.variables = [each for each in setting.variables if each.unknown.any()]
        self.engines = {
            each.name: engines.make(each, rule=rule, school=setting.school, formed=setting.formed)
            for each in self.variables
        }

    def run(self, seed: SeedSequence, *, iterations: int) -> _Imputation:
        """Start from random known values and renew every variable in every round."""
        rng = np.random.default_rng(seed)
        values = {name: known.copy() for name, known in self._known.items()}
        for variable in self.variables:
            column, unknown = values[variable.name], variable.unknown
            column[unknown] = rng.choice(column[~unknown], unknown.sum())
        moments = []
        for iteration in range(1, iterations + 1):
            for variable in self.variables:
                name, unknown = variable.name, variable.unknown
                filled = self._renewed(variable, values, rng=rng)
                values[name] = np.where(unknown, 0, values[name])
                values[name][unknown] = filled
                outer = variable.outer(filled)
                moments.append((name, iteration, float(outer.mean()), float(outer.std())))
        filled_in = {
            each.name: each.outer(values[each.name][each.unknown]) for each in self.variables
        }
        return _Imputation(filled_in, moments)

    def _renewed(
        self, target: Variable, values: dict[str, NDArray], *, rng: np.random.Generator
    ) -> NDArray:
        view = View(self._setting, values, target)
        drawn = self.engines[target.name].draw(view, values[target.name], rng=rng)
        return target.shifted(drawn, by=self._setting.shift) if self._setting.shift else drawn


def _run_copy(seed: SeedSequence, *, chain: _Chain, iterations: int) -> _Imputation:
    # A copy, so that an imputation starts from the shared start and not from the one before it.
    return copy.deepcopy(chain).run(seed, iterations=iterations)


def _cells(imputations: list[_Imputation], child: NDArray, chain: _Chain) -> Iterator[pd.DataFrame]:
    """Rows of Imputed.cells, imputations one by one."""
    for number, imputation in enumerate(imputations, start=1):
        for variable in chain.variables:
            columns = {
                "child": child[variable.unknown],
                "variable": variable.name,
                "imputation": number,
                "value": imputation.values[variable.name],
                "engine": chain.engines[variable.name].name,
            }
            yield pd.DataFrame(columns)


def _trace(imputations: list[_Imputation]) -> pd.DataFrame:
    """Imputed.trace, imputations one by one."""
    rows = [
        (name, number, *rest)
        for number, imputation in enumerate(imputations, start=1)
        for name, *rest in imputation.moments
    ]
    return pd.DataFrame(rows, columns=TRACE)


def _fail_if_all_are_the_same(imputations: list[_Imputation]) -> None:
    first, *others = imputations
    same = all(
        np.array_equal(first.values[name], other.values[name])
        for other in others
        for name in first.values
    )
    count = sum(map(len, first.values.values()))
    if others and same and count > 1:
        raise ImputationError(
            f"All {len(imputations)} imputations gave {count} cells the same values; there is no "
            "variance between imputations to pool. Check the predictors and the engine's settings."
        )
