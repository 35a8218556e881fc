"""Whether a run finds what the report of 2021 concludes, one row a conclusion."""

from oablib.studies.conclusions.settings import DOWN, UP, Conclusion, Rules, rules
from oablib.studies.conclusions.tables import OfCohort, OfCountry
from oablib.studies.conclusions.verdicts import judge
