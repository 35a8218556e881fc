"""How sure the score of a place is: everything that is uncertain is drawn many times.

A draw combines parents' education, donors, effects and scale values, and which children of the same
kind are at school; scores, boundary and national means are computed anew in each.
"""

from oablib.indicator.certainty.classes import (
    VERDICTS,
    by_class,
    by_verdict,
    coins,
    sources,
    verdicts,
)
from oablib.indicator.certainty.draws import OF_THESE_CHILDREN, SOURCES, DrawnPlaces, draw, rounds
from oablib.indicator.certainty.estimates import Estimates, estimates
from oablib.indicator.certainty.layout import Layout, lay_out
from oablib.indicator.certainty.measured import Certainty, measure, of_payer
from oablib.indicator.certainty.settings import Rules, rules
from oablib.indicator.certainty.small import averaging, by_size, reliability
from oablib.indicator.certainty.stability import Outcome, beside_variants, outcome
from oablib.indicator.certainty.truth import beside_true, calibration, coverage, true_points
