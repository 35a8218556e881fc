"""Chained equations: every variable in turn given all others, round after round, m times."""

import copy
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
from oablib.statistics.imputation import engines, flags, variables
from oablib.statistics.imputation import predictors as school
from oablib.statistics.imputation.cells import CELLS, TRACE, Imputed
from oablib.statistics.imputation.flags import of_trace
from oablib.statistics.imputation.settings import Rule
from oablib.statistics.imputation.variables import Variable
from oablib.statistics.imputation.view import Setting, View
from oablib.workers import processes


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

    Predictors are all other variables of the model, its auxiliary columns and, with school_level
    and 10 schools or more, the school: see `predictors.fixed`. Unknown values are taken to be
    missing at random given these. shift: levels by which every drawn level is moved in the
    codebook's order, as far as it goes, or standard deviations for numbers: what if they were not
    missing at random (Van Buuren, 2018, Flexible Imputation of Missing Data, 2nd ed., section 9.2)?
    The same seed gives the same values whatever the number of workers (see processes.each), and
    the first imputations do not depend on m.

    Raises ImputationError when a variable has fewer than 50 known values, one value only, or fewer
    than the donors asked for; when a predictor is unknown for some; when m or iterations is under
    1; and when all m imputations are the same.
    """
    _fail_if_nothing_is_asked(m=m, iterations=iterations, workers=workers)
    found = variables.read(frame, model=model, table=table)
    todo = [each for each in found if each.unknown.any()]
    if not todo:
        return Imputed(pd.DataFrame(columns=CELLS), pd.DataFrame(columns=TRACE), m=1)
    schools, seen = school.seen(frame[model.cluster], asked=school_level)
    known, constant = school.fixed(frame, model=model, table=table, school_level=seen)
    columns = school.as_columns(known, linear=(model.outcome, model.mediator))
    setting = Setting(found, known, columns, schools, school_level=seen, shift=shift)
    first, *own = SeedSequence(seed, spawn_key=(3,)).spawn(m + 1)
    chain = _Chain(setting, {each.name: frame[each.name] for each in found}, rule=rule)
    # What the engines learn in a round of its own is a start for all imputations.
    chain.run(first, iterations=1)
    task = partial(_one, chain=chain, iterations=iterations)
    in_turn = sorted(processes.each(task, own, workers=workers), key=itemgetter(0))
    done = [result for _, result in in_turn]
    told = flags.of(frame, found, constant=constant, model=model, school_level=school_level)
    return _joined(done, child=frame["child"].to_numpy(), todo=todo, rule=rule, flags=told)


@dataclass(frozen=True, slots=True, eq=False)
class _Done:
    """One imputation: name -> values of the unknown cells, and of each round name, mean, sd."""

    values: dict[str, NDArray]
    moments: list[tuple[str, int, float, float]]


class _Chain:
    """The current values of all variables, and the engines that renew them in turn."""

    def __init__(self, setting: Setting, columns: dict[str, pd.Series], *, rule: Rule) -> None:
        self._setting = setting
        self._known = {each.name: each.inner(columns[each.name]) for each in setting.variables}
        self._todo = [each for each in setting.variables if each.unknown.any()]
        self._engines = {each.name: engines.make(each, rule=rule) for each in self._todo}

    def run(self, seed: SeedSequence, *, iterations: int) -> _Done:
        """Start from random known values and renew every variable in every round."""
        rng = np.random.default_rng(seed)
        values = {name: known.copy() for name, known in self._known.items()}
        for each in self._todo:
            known = values[each.name][~each.unknown]
            values[each.name][each.unknown] = rng.choice(known, each.unknown.sum())
        moments = []
        for iteration in range(1, iterations + 1):
            for each in self._todo:
                filled = self._renewed(each, values, rng=rng)
                values[each.name] = np.where(each.unknown, 0, values[each.name])
                values[each.name][each.unknown] = filled
                outer = each.outer(filled)
                moments.append((each.name, iteration, float(outer.mean()), float(outer.std())))
        filled_in = {each.name: each.outer(values[each.name][each.unknown]) for each in self._todo}
        return _Done(filled_in, moments)

    def _renewed(
        self, target: Variable, values: dict[str, NDArray], *, rng: np.random.Generator
    ) -> NDArray:
        view = View(self._setting, values, target)
        drawn = self._engines[target.name].draw(view, values[target.name], rng=rng)
        return target.shifted(drawn, by=self._setting.shift) if self._setting.shift else drawn


def _one(seed: SeedSequence, *, chain: _Chain, iterations: int) -> _Done:
    # A copy, so that an imputation starts from the shared start and not from the one before it.
    return copy.deepcopy(chain).run(seed, iterations=iterations)


def _joined(
    done: list[_Done],
    *,
    child: NDArray,
    todo: list[Variable],
    rule: Rule,
    flags: tuple[str, ...],
) -> Imputed:
    _fail_if_all_are_the_same(done)
    cells = [
        pd.DataFrame(
            {
                "child": child[each.unknown],
                "variable": each.name,
                "imputation": number,
                "value": one.values[each.name],
                "engine": engines.name_of(each, rule=rule),
            }
        )
        for number, one in enumerate(done, start=1)
        for each in todo
    ]
    trace = [
        (name, number, iteration, mean, sd)
        for number, one in enumerate(done, start=1)
        for name, iteration, mean, sd in one.moments
    ]
    stacked = pd.concat(cells, ignore_index=True)[CELLS]
    course = pd.DataFrame(trace, columns=TRACE)
    return Imputed(stacked, course, len(done), (*flags, *of_trace(course)))


def _fail_if_nothing_is_asked(**told: int) -> None:
    few = {name: count for name, count in told.items() if count < 1}
    if few:
        raise ImputationError(f"Asked were {few}; expected 1 or more of each.")


def _fail_if_all_are_the_same(done: list[_Done]) -> None:
    first, *others = done
    same = all(
        np.array_equal(first.values[name], each.values[name])
        for each in others
        for name in first.values
    )
    count = sum(map(len, first.values.values()))
    if others and same and count > 1:
        raise ImputationError(
            f"All {len(done)} imputations gave {count} cells the same values; there is no "
            "variance between imputations to pool. Check the predictors and the engine's settings."
        )
