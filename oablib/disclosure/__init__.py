"""What leaves the private folder, and what an attacker could do with it.

Everything that a report shows comes from tables that passed here. Scores of schools and
municipalities have a package of their own, `of_places`: what else a stage hides does not depend on
how these are computed, shown and attacked.
"""

from oablib.disclosure.hiding import hide, hide_steps, merge
from oablib.disclosure.ledger import cohort
from oablib.disclosure.settings import Profile, ProfileName, Rules, entries, rules
