"""What follows about children from everything that a report releases about places.

`attack` is asked at the end of a run, by an attacker who knows the law, its constants to the last
digit, the register of sites and all public numbers of children.
"""

from oablib.disclosure.attack.audit import Attacked, attack
from oablib.disclosure.attack.released import Constants, Released, bounded, interval
from oablib.disclosure.attack.truth import Truth, truth
