"""Weights of complete cases, by their chance to be complete, and of a sample, by raking."""

from oablib.statistics.weighting.raking import Margins, Raked, rake
from oablib.statistics.weighting.settings import Rule, rule
from oablib.statistics.weighting.weights import (
    Weighted,
    complete,
    design_effect,
    school_means,
    weights,
)
