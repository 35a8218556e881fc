"""Complete cases, weighted by the inverse of their estimated chance to be complete."""

from oablib.statistics.weighting.weights import (
    Rule,
    Weighted,
    complete,
    design_effect,
    rule,
    school_means,
    weights,
)
