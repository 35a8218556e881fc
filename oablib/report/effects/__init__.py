"""What the report on effects shows: what they come to, and how far they depend on choices."""

from oablib.report.effects.answer import answer
from oablib.report.effects.clusters import clusters_finding, clusters_table
from oablib.report.effects.grades import (
    explained_finding,
    explained_table,
    grades_finding,
    grades_table,
)
from oablib.report.effects.intelligence import (
    reliability_finding,
    reliability_table,
    through_finding,
    through_table,
)
from oablib.report.effects.parents import parents_finding, parents_table
from oablib.report.effects.profiles import profiles_figure, profiles_finding
from oablib.report.effects.reference import reference_finding
from oablib.report.effects.waves import waves_finding, waves_table
