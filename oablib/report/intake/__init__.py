"""What the report on the intake shows: delivery, children, variables, and what is unknown."""

from oablib.report.intake.attrition import attrition_table, finding_attrition
from oablib.report.intake.delivery import (
    answer,
    delivery_table,
    describe,
    known,
    no_waves,
    population,
    schools_in_waves,
    steps_table,
    variables_table,
    waves,
    waves_table,
)
from oablib.report.intake.origins import background_figure, finding_background, origins
from oablib.report.intake.patterns import (
    beside_published,
    missing_pattern_figure,
    nothing_unknown,
    pattern_shares,
    published_pattern,
)
