"""How sure a score is: draws."""

from oablib.indicator.certainty.draws import OF_THESE_CHILDREN, SOURCES, Draws, draw
from oablib.indicator.certainty.estimates import Estimates, estimates
from oablib.indicator.certainty.layout import Layout, lay_out
