"""Scores of schools and municipalities: what may be shown, what was, and the attack on it."""

from oablib.disclosure.of_places.audit import attacked, fail_if_found, measures, release, withheld
from oablib.disclosure.of_places.certainty import (
    chances,
    coins,
    stability,
    sure,
    sure_averaging,
    sure_classes,
    sure_places,
    sure_sources,
)
from oablib.disclosure.of_places.compared import (
    by_matched,
    causes,
    classes,
    late,
    late_points,
    pairs,
    profile,
    swings,
)
from oablib.disclosure.of_places.distribution import beside_law, distribution_groups, reached
from oablib.disclosure.of_places.held import Ledger, hold
from oablib.disclosure.of_places.held import read as ledger
from oablib.disclosure.of_places.published import Date, Published, payer, publish
from oablib.disclosure.of_places.scores import (
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
