"""What leaves the private folder, and what an attacker could do with it.

Everything that a report shows comes from tables that passed here.
"""

from oablib.disclosure.audit import attacked, fail_if_found, measures, release, withheld
from oablib.disclosure.compared import causes, classes, late, pairs, profile
from oablib.disclosure.held import Ledger, cohort, hold
from oablib.disclosure.held import read as ledger
from oablib.disclosure.hiding import hide, hide_steps, merge
from oablib.disclosure.places import (
    averaging,
    brins,
    cutoff,
    grants,
    municipalities,
    nationals,
    point_value,
    sites,
    whole_steps,
)
from oablib.disclosure.published import Date, Published, payer, publish
from oablib.disclosure.settings import Profile, ProfileName, Rules, entries, rules
