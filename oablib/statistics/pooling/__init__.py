"""Results of m imputations become one: Rubin's rules, pooled tests, fit and modification indices.

`pool(fits)` gives a PooledFit; the other functions compute more from the same fits. Tests that
cannot be made are NaN and say why; fits that do not belong together raise.
"""

from oablib.statistics.pooling.explained import effects, r2
from oablib.statistics.pooling.likelihoods import compare, information_criteria
from oablib.statistics.pooling.modification import modification_indices
from oablib.statistics.pooling.pooled_fit import PooledFit, pool, pool_estimates
from oablib.statistics.pooling.pooled_tests import PooledTest, d1, d2, d3, d4
from oablib.statistics.pooling.ratios import likelihood_ratio
from oablib.statistics.pooling.rules import Pooled, rubin
