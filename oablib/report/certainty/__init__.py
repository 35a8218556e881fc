"""What the report on certainty shows: whose scores can be relied on, and why others cannot."""

from oablib.report.certainty.answers import answer
from oablib.report.certainty.classes import classes_finding, classes_table
from oablib.report.certainty.small import (
    averaging_finding,
    averaging_table,
    chances_table,
    coverage_finding,
    places_finding,
    places_table,
)
from oablib.report.certainty.sources import estimates_finding, sources_figure, sources_finding
from oablib.report.certainty.stability import stability_finding, stability_table
from oablib.report.certainty.verdicts import (
    coins_finding,
    coins_table,
    donors_finding,
    verdicts_finding,
    verdicts_table,
)
