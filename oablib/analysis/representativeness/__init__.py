"""Whether a sample stands for its population: distributions side by side, and effects by weights.

Source: Walhout & Scholtus (2021), section 2.2; De Mooij et al. (2015), section 3.1.1, which asks
for weights where the sample is selective.
"""

from oablib.analysis.representativeness.attrition import attrition, largest
from oablib.analysis.representativeness.effects import WeightedEffects, weighted
from oablib.analysis.representativeness.settings import Rules, rules
from oablib.analysis.representativeness.shares import beside, claims, distances
