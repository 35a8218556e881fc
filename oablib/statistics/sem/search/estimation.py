"""Exact maximum likelihood from one start: scoring, climbing where it fails, and a certificate."""

from dataclasses import dataclass, replace

from numpy.typing import NDArray

from oablib.statistics.sem.likelihood import problem as problems
from oablib.statistics.sem.likelihood import scoring
from oablib.statistics.sem.likelihood.moments import Moments
from oablib.statistics.sem.likelihood.problem import Problem
from oablib.statistics.sem.likelihood.scoring import End
from oablib.statistics.sem.search import certificate, climbing


@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """What a search found.

    theta: shape (k,), standardised units. at: implied moments per group. gradient_norm: largest
    |score| per row along what equalities and limits leave.
    tangent: directions that equalities and active limits leave there, shape (k, q), None for all.
    active: positions in spec.restrictions of the limits that hold as equalities.
    reason: why it is no certified optimum; empty where it is one. others: log-likelihoods per row
    of other certified optima, from the highest down.
    """

    theta: NDArray
    at: tuple[Moments, ...]
    gradient_norm: float
    tangent: NDArray | None = None
    active: tuple[int, ...] = ()
    reason: str = ""
    others: tuple[float, ...] = ()

    @property
    def converged(self) -> bool:
        """Whether the search ended at a certified optimum."""
        return not self.reason


def estimate(problem: Problem, theta: NDArray) -> Optimum:
    """Maximise the likelihood of all variables, exogenous ones included, from `theta`, shape (k,).

    Restrictions are problem.directions and problem.limits alone; `constrained.estimate` meets all
    of the model's. `active` holds positions in problem.limits. Raises EstimationError when the
    model is not identified, and LinAlgError when `theta` implies a covariance matrix that no data
    can have.
    """
    optimum = _by_scoring(problem, theta)
    if optimum is None:
        end = climbing.climb(problem, theta)
        norm, reason = _judged(problem, end)
        optimum = Optimum(end.theta, end.at, norm, active=end.held, reason=reason)
    return optimum


def _by_scoring(problem: Problem, theta: NDArray) -> Optimum | None:
    """The certified optimum within limits where scoring ends at one."""
    end = scoring.search(problem, theta)
    norm, reason = _judged(problem, end)
    if reason:
        begin = replace(end, theta=theta, at=problems.implied(problem, theta))
        certificate.fail_if_model_is_not_identified(problem, [end, begin])
        return None
    certificate.fail_if_model_is_not_identified(problem, [end])
    within = problem.limits is None or problem.limits.are_met(end.theta)
    return Optimum(end.theta, end.at, norm) if within else None


def certified(problem: Problem, theta: NDArray) -> Optimum:
    """What another search found, judged; whether it is a saddle is not looked at.

    Along a curve the likelihood alone does not say so. Raises EstimationError as `estimate`.
    """
    at = problems.implied(problem, theta)
    end = End(theta, at, problems.loglik(problem, at), decrement=0.0, concave=True)
    norm, reason = _judged(problem, end)
    certificate.fail_if_model_is_not_identified(problem, [end])
    return Optimum(theta, at, norm, reason=reason)


def _judged(problem: Problem, end: End) -> tuple[float, str]:
    norm = certificate.largest_score(problem, end)
    return norm, certificate.doubt(problem, end, norm=norm)
