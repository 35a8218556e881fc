"""What leaves the private folder, and what an attacker could do with it.

Everything that a report shows comes from tables that passed here.
"""

from oablib.disclosure.hiding import hide, hide_steps, merge
from oablib.disclosure.settings import Profile, ProfileName, Rules, rules
