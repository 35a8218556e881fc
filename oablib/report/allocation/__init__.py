"""What the report on scores of schools and municipalities shows: tables, figures, sentences."""

from oablib.report.allocation.answers import answer, answer_grants
from oablib.report.allocation.figures import (
    cliff_figure,
    municipalities_figure,
    scores_figure,
    sizes_figure,
)
from oablib.report.allocation.tables import (
    accounted_table,
    averaging_table,
    grants_table,
    largest_municipalities_table,
    largest_schools_table,
    named,
    national_table,
    settings_table,
)
