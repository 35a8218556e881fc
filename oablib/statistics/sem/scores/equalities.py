"""Score tests of equalities: how much better a model would fit without them.

What lavaan's lavTestScore does without `add`, for labels, equal parameters of groups and lines such
as `a == b`, with the robust forms of score_statistics beside it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from oablib.base.errors import ModelError
from oablib.statistics.sem import arguments
from oablib.statistics.sem.fits.fitting import SemFit, fail_if_no_fit
from oablib.statistics.sem.likelihood import layout
from oablib.statistics.sem.scores.score_statistics import Freed, ScoreTest, tests_of, together
from oablib.statistics.sem.search import constrained
from oablib.statistics.sem.text.spec import FIXED, Cell

COLUMNS = ["lhs", "op", "rhs", "label", "mi", "mi_robust", "epc", "p", "df"]


def equality_tests(
    fit: SemFit,
    names: str | Iterable[str] | None = None,
    *,
    robust: bool = True,
    jointly: bool = False,
) -> pd.DataFrame:
    """Test what the model holds equal, one row per equality (lavaan's univariate score tests).

    names: labels, and lines such as `a == b` as the text has them; None for all equalities, those
        of the option `equal` among them. jointly: one row for all of them (lavaan's total score
        test).
    lhs: the parameter that is released, rhs: the first of those that share its value, or the two
    sides of the line; op: `==`; label; mi: lavaan's X2; mi_robust; epc: expected lhs - rhs once
    released, in the data's units (NaN of several); p: of mi_robust, or of mi with robust=False;
    df. NaN where the equality is what identifies the model. Sources: Sorbom (1989), Boos (1992).
    Raises ModelError where nothing is held equal, or a name is none of what is.
    """
    arguments.switch("robust", robust)
    tests = released(fit, names, jointly=jointly)
    rows = [
        {
            "lhs": test.lhs, "op": test.op, "rhs": test.rhs, "label": label, "mi": test.mi,
            "mi_robust": test.mi_robust, "epc": test.epc[0] if test.df == 1 else np.nan,
            "p": test.p(robust=robust), "df": test.df,
        }
        for label, test in tests
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def released(
    fit: SemFit, names: str | Iterable[str] | None = None, *, jointly: bool = False
) -> list[tuple[str, ScoreTest]]:
    """The tests behind `equality_tests`, each with its label; errors as there."""
    fail_if_no_fit(fit)
    arguments.switch("jointly", jointly)
    every = [*_of_shared(fit), *_of_lines(fit)]
    chosen = _chosen(every, names)
    if jointly:
        freed = [freed for _, freed in chosen]
        name = "; ".join(f"{each.lhs} == {each.rhs}" for each in freed)
        chosen = [("", together(name, freed))]
    tests = tests_of(fit, [freed for _, freed in chosen])
    return [(label, test) for (label, _), test in zip(chosen, tests, strict=True)]


def _of_shared(fit: SemFit) -> Iterator[tuple[str, Freed]]:
    """Every cell but the first of each shared parameter."""
    spec, sharing = fit.core.problem.spec, defaultdict(list)
    for cell in spec.cells:
        if cell.free != FIXED and spec.counts(cell):
            sharing[cell.free].append(cell)
    groups = fit.core.problem.sample.labels
    for first, *others in sharing.values():
        for cell in others:
            name = (_address(cell, groups), "==", _address(first, groups))
            yield cell.label, Freed(*name, "", (cell,))


def _of_lines(fit: SemFit) -> Iterator[tuple[str, Freed]]:
    """Lines such as `a == b`, each with the move that breaks it by 1 and keeps the others."""
    problem, optimum = fit.core.problem, fit.core.optimum
    held = constrained.held(problem, optimum)
    if not held:
        return
    _, slopes = constrained.in_data_units(problem, optimum.theta)
    rows = slopes[held] / layout.units(problem.spec, problem.scale)
    moves = np.linalg.pinv(rows)
    for position, number in enumerate(held):
        restriction = problem.spec.restrictions[number]
        if restriction.equality:
            lhs, _, rhs = (part.strip() for part in restriction.text.partition("=="))
            move = moves[:, [position]]
            yield restriction.text, Freed(lhs, "==", rhs, "", (), move)


def _address(cell: Cell, groups: tuple[str, ...]) -> str:
    text = f"{cell.lhs} ~ 1" if cell.op == "~1" else f"{cell.lhs} {cell.op} {cell.rhs}"
    return f"{text} in group {groups[cell.group]}" if len(groups) > 1 else text


def _chosen(
    every: list[tuple[str, Freed]], names: str | Iterable[str] | None
) -> list[tuple[str, Freed]]:
    if not every:
        raise ModelError("The model holds no parameters equal; give them one label, or `a == b`.")
    if names is None:
        return every
    known = dict.fromkeys(label for label, _ in every if label)
    asked = arguments.texts("names", names, "labels, and lines such as `a == b`")
    unknown = [name for name in asked if name not in known]
    if unknown:
        raise ModelError(
            f"{', '.join(unknown)}: nothing of this name is held equal; expected some of "
            f"{', '.join(known) or 'none: leave names out'}."
        )
    return [each for each in every if each[0] in asked]
