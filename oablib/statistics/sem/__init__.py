"""Structural equation models by exact maximum likelihood, in lavaan's syntax.

`fit(model, data)` gives a frozen SemFit with lavaan's numbers; the other functions take that fit.
"""

from oablib.statistics.sem.comparing.comparison import LikelihoodRatio, compare, likelihood_ratio
from oablib.statistics.sem.data.sample import Prepared, prepare
from oablib.statistics.sem.effects import effects, standardized
from oablib.statistics.sem.fits.fitting import SemFit, fit
from oablib.statistics.sem.from_moments import loglik_at, stacked_chi2, stacked_loglik
from oablib.statistics.sem.scores.equalities import equality_tests
from oablib.statistics.sem.scores.modification import (
    modification_indices,
    score_information,
    score_tests,
)
from oablib.statistics.sem.scores.score_statistics import ScoreTest
from oablib.statistics.sem.semopy_check import semopy_estimates
from oablib.statistics.sem.sensitivity import influence, response, with_covariance
