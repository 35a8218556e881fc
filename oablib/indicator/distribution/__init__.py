"""Other ways of distributing one budget over schools and municipalities, beside the law.

A variant (params/rules/distribution.yaml) gives each child a weight by its score or by its
characteristics; sums of weights become points of places, and points money, exactly.
"""

from oablib.indicator.distribution.cliff import by_distance, jumps
from oablib.indicator.distribution.dates import OfDate, lowest, of_date
from oablib.indicator.distribution.distributed import Weighed, asked, in_euro, pay, weigh
from oablib.indicator.distribution.draws import Draw
from oablib.indicator.distribution.levels import MUNICIPALITIES, SCHOOLS, Level, levels
from oablib.indicator.distribution.measures import by_group, reach, side_by_side, size_classes
from oablib.indicator.distribution.settings import Rules, Variant, rules
