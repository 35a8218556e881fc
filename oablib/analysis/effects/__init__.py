"""How far direct effects depend on waves, intelligence, its measurement, the grade, and clusters.

Each function takes completed data sets of the same children and gives a frame or a dataclass, or
None where the cohort or the model has nothing to compare.
"""

from oablib.analysis.effects.clusters import Clusters, by_clusters
from oablib.analysis.effects.grades import Grades, explained, two_grades
from oablib.analysis.effects.intelligence import with_and_without
from oablib.analysis.effects.parents import Parents, parents
from oablib.analysis.effects.profiles import profiles
from oablib.analysis.effects.reliability import by_reliability
from oablib.analysis.effects.settings import Rules, rules
from oablib.analysis.effects.waves import Waves, by_wave
