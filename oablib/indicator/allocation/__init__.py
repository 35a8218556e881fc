"""Achterstandsscores of schools and municipalities exactly as the law says, and their grants.

The input is a score of each child; boundary, both national means, A, B and their difference are
exact, and rounded once, where the law says so.
"""

from oablib.indicator.allocation.accounts import accounted, excluded_sites, fail_if_sums_differ
from oablib.indicator.allocation.payment import Grants, grants, share_of_country, two_dates
from oablib.indicator.allocation.populations import (
    National,
    counted_in,
    in_units,
    national,
    nationals,
)
from oablib.indicator.allocation.scores import (
    BRIN_LENGTH,
    Allocated,
    averaged,
    brins,
    early_and_late,
    municipalities,
    national_of_municipalities,
    national_of_schools,
    of_frames,
    schools,
    with_pupils,
)
from oablib.indicator.allocation.settings import Rules, rules, settings
