"""From the pooled direct effects to an onderwijsscore of every child in the country.

A score is computed where child and parents are in the population register; it is that of a donor
where one of them is not, and the mean of the lowest 15 % for asylum seekers.
"""

from oablib.indicator.pupil_scores.children import Children, origin, read
from oablib.indicator.pupil_scores.education import Education, averaged, draw
from oablib.indicator.pupil_scores.facts import (
    agreement,
    country_facts,
    distribution,
    known_by_year,
    levels,
    matched_by_school,
    registered,
    reuse,
    score_facts,
    sites_counted,
    turnover,
)
from oablib.indicator.pupil_scores.indicator import (
    Available,
    Indicator,
    bounds,
    estimated,
    given,
    of_published,
)
from oablib.indicator.pupil_scores.margins import margins
from oablib.indicator.pupil_scores.matching import Matches
from oablib.indicator.pupil_scores.on_cohort import variance_explained
from oablib.indicator.pupil_scores.scores import (
    Provenance,
    Scores,
    frames,
    last_month,
    score,
    sources,
    table,
)
from oablib.indicator.pupil_scores.settings import Rules, rules
from oablib.indicator.pupil_scores.side_by_side import contributions, contributions_of, effects
from oablib.indicator.pupil_scores.truth import if_all_were_known, read_truth, true_scores
