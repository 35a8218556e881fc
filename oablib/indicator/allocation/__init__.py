"""Achterstandsscores of schools and municipalities exactly as the law says, and their grants.

Scores of children go in, as one number each; boundary, both national means, A, B and their
difference are exact, and rounded once, where the law says so.
"""

from oablib.indicator.allocation.accounts import accounted, fail_if_sums_differ
from oablib.indicator.allocation.averaging import Allocated, averaged, early_and_late, of_frames
from oablib.indicator.allocation.of_municipalities import municipalities, national_of_municipalities
from oablib.indicator.allocation.of_schools import brins, national_of_schools, schools, with_pupils
from oablib.indicator.allocation.payment import Grants, grants, two_dates
from oablib.indicator.allocation.settings import Rules, SmallSchools, rules, settings
from oablib.indicator.allocation.shown_schools import NOT_SHOWN, shown, shown_brins
from oablib.indicator.allocation.target import National, national, nationals
