"""Complete cases, weighted by the inverse of their estimated chance to be complete."""

from oablib.statistics.weighting.settings import Rule, rule
from oablib.statistics.weighting.weights import (
    Weighted,
    complete,
    design_effect,
    school_means,
    weights,
)
