"""Paths without the bias of estimating scale values and slopes on the same children.

A scale value holds the chance mean of its category's residuals, which the slope on it meets again:
the slope is pulled towards a ratio of residual variances, by an amount that falls as one over the
number of children (docs/two_step_bias). A jackknife over groups of schools removes a bias of
that form (Quenouille, 1956, Biometrika 43:353; Miller, 1974, Biometrika 61:1), both steps being
done anew without each group. The variance of the corrected estimate is not that of the estimate
before: it is the jackknife's again, the corrections without each group needing fits without two.

Leaving out children of completed data sees the noise of so many children; where categories were
imputed, scale values hold the noise of as many as were known, and their bias is larger in the same
ratio. So the correction of a slope on a scale value counts total over within variance of these.
"""

from oablib.statistics.two_step.jackknife.paths import (
    ADDRESS,
    Corrected,
    corrected,
    groups_of,
    pooled,
)
from oablib.statistics.two_step.jackknife.settings import Rules, rules
