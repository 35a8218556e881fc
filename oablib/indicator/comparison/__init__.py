"""The indicator in use compared with a new one: children, schools, municipalities, and causes.

Achterstandsscores are given as tables, onderwijsscores as arrays; only `causes` and `late`
compute them again, with some causes of a change as they were or with later registrations.
"""

from oablib.indicator.comparison.causes import (
    ALL,
    MUNICIPALITIES,
    OF_THE_INDICATOR,
    SCHOOLS,
    Between,
    Decomposition,
    Procedure,
    Situation,
    decompose,
)
from oablib.indicator.comparison.late import late_points, late_registrations
from oablib.indicator.comparison.municipalities import Relative, relative
from oablib.indicator.comparison.named import named
from oablib.indicator.comparison.profile import over_representation, profile, profiles
from oablib.indicator.comparison.risk import at_risk, risk_by, risk_classes
from oablib.indicator.comparison.schools import (
    Crowds,
    bands,
    classes,
    crosstable,
    crowds,
    distribution,
    groups,
)
from oablib.indicator.comparison.scores import Density, cutoff, density, score_differences
from oablib.indicator.comparison.settings import Rules, rules
from oablib.indicator.comparison.shapley import (
    ALL_CHANGED,
    causes_of,
    causes_summary,
    decomposed,
    fail_if_parts_do_not_add_up,
    shapley,
)
from oablib.indicator.comparison.standardised import (
    not_zero_under_both,
    redistributed,
    standardised,
)
from oablib.indicator.comparison.swing import Swings, Year, by_matched, swings
