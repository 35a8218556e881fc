"""Results of m imputations become one: Rubin's rules, pooled tests, fit and modification indices.

`pool(fits)` gives a PooledFit; the other functions ask the same fits more. Tests that cannot be
made are NaN and say why; fits that do not belong together raise.
"""

from oablib.pooling.criteria import compare, information_criteria
from oablib.pooling.effect_table import effects
from oablib.pooling.explained import r2
from oablib.pooling.modification import modification_indices
from oablib.pooling.pooled_fit import PooledFit, pool
from oablib.pooling.pooled_tests import PooledTest, d1, d2, d3, d4
from oablib.pooling.ratios import likelihood_ratio
from oablib.pooling.rules import Pooled, rubin

__all__ = [
    "Pooled",
    "PooledFit",
    "PooledTest",
    "compare",
    "d1",
    "d2",
    "d3",
    "d4",
    "effects",
    "information_criteria",
    "likelihood_ratio",
    "modification_indices",
    "pool",
    "r2",
    "rubin",
]
