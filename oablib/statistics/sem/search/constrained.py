"""Maximum likelihood under equalities and limits of parameters."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import EstimationError, ModelError
from oablib.statistics.sem.likelihood import directions, layout
from oablib.statistics.sem.likelihood import problem as problems
from oablib.statistics.sem.likelihood.directions import Directions, Limits
from oablib.statistics.sem.likelihood.problem import Problem
from oablib.statistics.sem.search import curved, estimation
from oablib.statistics.sem.search.estimation import Optimum
from oablib.statistics.sem.text import restrictions

# Standardised units by which a limit may be broken, or a multiplier have the wrong sign: the
# certified score (1e-8 a row) allows as much.
LIMIT_TOLERANCE = 1e-8
# Share of a row that other rows must leave of it to be active beside them.
DEPENDENT = 1e-9
# Few are needed: each search settles one limit at least.
SEARCHES_PER_RESTRICTION = 10


def estimate(problem: Problem, theta: NDArray) -> Optimum:
    """The optimum under all restrictions of the model, searched from `theta`, shape (k,).

    Linear restrictions are met at once. With curved ones in the
    text (`a*b > 0`), equalities and active limits hold along a search, and the other limits are
    looked at after it. A limit that the optimum would break becomes active, and an active one is
    let go when its multiplier says that the likelihood rises off it (active set; Nocedal & Wright,
    2006, Numerical Optimization, ch. 12 and 16). Raises EstimationError and LinAlgError as
    estimation.estimate, and EstimationError where no set of active limits is found.
    """
    given = problem.spec.restrictions
    if not given:
        return estimation.estimate(problem, theta)
    working = [n for n, each in enumerate(given) if each.equality]
    if all(each.linear for each in given):
        return _at_once(problem, working, theta)
    seen = set[frozenset[int]]()
    for _ in range(SEARCHES_PER_RESTRICTION * len(given)):
        optimum = _along(problem, working, theta)
        if not optimum.converged:
            return optimum
        changed = _changed(problem, optimum, working, by_size=frozenset(working) not in seen)
        if changed is None:
            return _with_tangent(problem, optimum, working)
        seen.add(frozenset(working))
        working, theta = changed, optimum.theta
    raise EstimationError(
        f"The search did not find out which of {len(given)} restrictions hold as equalities at the "
        "optimum; leave out limits that do not matter."
    )


def _at_once(problem: Problem, equalities: list[int], theta: NDArray) -> Optimum:
    relations = _Relations.at(problem, theta)
    others = [n for n in range(len(relations.value)) if n not in equalities]
    limits = Limits(relations.rows[others], -relations.constants[others]) if others else None
    optimum = _along(replace(problem, limits=limits), equalities, theta)
    working = list(equalities)
    for number in optimum.active:
        # Of limits that say the same here one is enough.
        rows = relations.rows[[*working, others[number]]]
        if np.linalg.matrix_rank(rows) == len(rows):
            working.append(others[number])
    return _with_tangent(problem, replace(optimum, active=()), working)


def table(problem: Problem, optimum: Optimum) -> pd.DataFrame:
    """One row per restriction: constraint (text), slack and active.

    slack: what is left to the limit in the data's units, at most rounding for an equality and for
    a limit that is active, which holds as an equality.
    """
    value, _ = in_data_units(problem, optimum.theta)
    texts = [each.text for each in problem.spec.restrictions]
    active = np.isin(np.arange(len(texts)), held(problem, optimum))
    return pd.DataFrame({"constraint": texts, "slack": value, "active": active})


def held(problem: Problem, optimum: Optimum) -> list[int]:
    """Positions in spec.restrictions of equalities and active limits."""
    equalities = [n for n, each in enumerate(problem.spec.restrictions) if each.equality]
    return [*equalities, *optimum.active]


def fail_if_curved(problem: Problem, optimum: Optimum, *, needs: str, instead: str) -> None:
    """Raise ModelError where what holds is not linear and something else needs it to be."""
    held_there = [problem.spec.restrictions[n] for n in held(problem, optimum)]
    texts = [f"`{each.text}`" for each in held_there if not each.linear]
    if texts:
        raise ModelError(
            f"{needs} need linear constraints, but the fit has {', '.join(texts)}; {instead}."
        )


def fail_if_curve_is_left(problem: Problem, theta: NDArray) -> None:
    """Raise EstimationError where a constraint that is not linear does not hold."""
    if all(each.linear for each in problem.spec.restrictions):
        return
    value = _Relations.at(problem, theta).value
    for restriction, miss in zip(problem.spec.restrictions, value, strict=True):
        if (
            not restriction.linear
            and (abs(miss) if restriction.equality else -miss) > LIMIT_TOLERANCE
        ):
            raise EstimationError(
                f"These parameter values break `{restriction.text}`, which means of estimates do "
                "where a constraint is not linear; use D4 or D2, which need no mean."
            )


def in_data_units(problem: Problem, theta: NDArray) -> tuple[NDArray, NDArray]:
    """Value of each restriction, shape (m,), and its derivatives to the parameters, (m, k)."""
    spec, unit = problem.spec, layout.units(problem.spec, problem.scale)
    return restrictions.values(
        spec.restrictions, theta / unit, definitions=spec.definitions, labels=spec.labels
    )


def _along(problem: Problem, working: list[int], theta: NDArray) -> Optimum:
    """The optimum where the restrictions in `working` hold as equalities."""
    if not working:
        return estimation.estimate(problem, theta)
    relations, linear = _Relations.at(problem, theta), _linear(problem, working)
    there = directions.of_equalities(
        relations.rows[linear][:, problem.searched], relations.constants[linear]
    )
    optimum = estimation.estimate(replace(problem, directions=there), _start(problem, there, theta))
    if not optimum.converged or len(linear) == len(working):
        return optimum
    return _bent(problem, working, optimum)


def _linear(problem: Problem, working: list[int]) -> list[int]:
    return [n for n in working if problem.spec.restrictions[n].linear]


def _bent(problem: Problem, working: list[int], optimum: Optimum) -> Optimum:
    """From the optimum under linear equalities to the one where those that are not hold as well."""

    def relations(theta: NDArray) -> tuple[NDArray, NDArray]:
        found = _Relations.at(problem, theta)
        return found.value[working], found.rows[working]

    try:
        theta = curved.maximise(problem, relations, optimum.theta)
        rows = relations(theta)[1][:, problem.searched]
        there = directions.of_equalities(rows, -rows @ theta[problem.searched])
    except np.linalg.LinAlgError:
        texts = ", ".join(f"`{problem.spec.restrictions[n].text}`" for n in working)
        raise EstimationError(
            f"{texts} depend on each other, or on nothing, where they are met; leave one out."
        ) from None
    return estimation.certified(replace(problem, directions=there), theta)


def _start(problem: Problem, there: Directions, theta: NDArray) -> NDArray:
    """Parameters that meet the equalities, near `theta`: so that the likelihood falls least.

    Where these imply no covariance matrix, the nearest ones in standardised units.
    """
    searched, found = problem.searched, theta.copy()
    apart, weights = theta[searched] - there.origin, [np.eye(len(searched))]
    try:
        at = problems.implied(problem, theta)
        weights.insert(0, problems.expected_information(problem, at, moving=True))
    except np.linalg.LinAlgError:
        pass
    for weight in weights:
        by_z = there.basis.T @ weight
        z = np.linalg.lstsq(by_z @ there.basis, by_z @ apart, rcond=None)[0]
        found[searched] = there.origin + there.basis @ z
        try:
            problems.implied(problem, found)
        except np.linalg.LinAlgError:
            continue
        break
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Relations:
    """All restrictions at some parameters, in standardised units.

    value: shape (m,), what has to be 0 or at least 0; rows: its derivatives, (m, k), each about
    of length 1; constants: (m,), so that value = rows theta + constants, 0 for curved ones.
    """

    value: NDArray
    rows: NDArray
    constants: NDArray

    @classmethod
    def at(cls, problem: Problem, theta: NDArray) -> "_Relations":
        value, slopes = in_data_units(problem, theta)
        rows = slopes / layout.units(problem.spec, problem.scale)
        length = np.linalg.norm(rows, axis=1)
        # Powers of two, so that `a == 0.3` is met exactly.
        size = np.exp2(np.round(np.log2(np.where(length > 0, length, 1.0))))
        value, rows = value / size, rows / size[:, None]
        constants = np.array([each.constant for each in problem.spec.restrictions])
        return cls(value, rows, constants / size)


def _changed(
    problem: Problem, optimum: Optimum, working: list[int], *, by_size: bool
) -> list[int] | None:
    """What to hold as equalities next, None where the optimum breaks nothing.

    by_size: first what is broken most; else by position, which cannot go round in circles where
    the likelihood is concave (Murty, 1974, Opsearch 11).
    """
    relations = _Relations.at(problem, optimum.theta)
    rows = relations.rows[working]
    multipliers = np.linalg.lstsq(rows.T, -problems.gradient(problem, optimum.at), rcond=None)[0]
    fault = -relations.value
    fault[working] = -multipliers
    fault[[n for n, each in enumerate(problem.spec.restrictions) if each.equality]] = 0.0
    faulty = np.flatnonzero(fault > LIMIT_TOLERANCE)
    if not len(faulty):
        return None
    # What is broken goes before what could be let go.
    broken = [n for n in faulty if n not in working] or list(faulty)
    chosen = int(max(broken, key=lambda n: fault[n]) if by_size else faulty[0])
    if chosen in working:
        return [n for n in working if n != chosen]
    return [*_beside(problem, relations.rows, working, chosen, multipliers), chosen]


def _beside(
    problem: Problem, rows: NDArray, working: list[int], entering: int, multipliers: NDArray
) -> list[int]:
    """What stays active when another limit becomes so: one leaves where they depend on each other.

    Goldfarb & Idnani (1983, Math. Program. 27:1).
    """
    share = np.linalg.lstsq(rows[working].T, rows[entering], rcond=None)[0]
    left = rows[entering] - share @ rows[working]
    if np.abs(left).max() > DEPENDENT:
        return working
    ratios = {
        n: multiplier / part
        for n, multiplier, part in zip(working, multipliers, share, strict=True)
        if part > DEPENDENT and not problem.spec.restrictions[n].equality
    }
    if not ratios:
        raise EstimationError(
            f"`{problem.spec.restrictions[entering].text}` cannot hold beside the other "
            "restrictions; leave one out."
        )
    leaving = min(ratios, key=lambda n: ratios[n])
    return [n for n in working if n != leaving]


def _with_tangent(problem: Problem, optimum: Optimum, working: list[int]) -> Optimum:
    if not working:
        return optimum
    rows = _Relations.at(problem, optimum.theta).rows[working]
    tangent = directions.of_equalities(rows, np.zeros(len(working))).basis
    limits = tuple(n for n in sorted(working) if not problem.spec.restrictions[n].equality)
    return replace(optimum, tangent=tangent, active=limits)
