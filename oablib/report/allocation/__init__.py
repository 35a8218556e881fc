"""What the report on scores of schools and municipalities shows: tables, figures, sentences."""

from oablib.report.allocation.municipalities import (
    answer,
    answer_grants,
    grants_table,
    largest_municipalities_table,
    municipalities_figure,
    named,
)
from oablib.report.allocation.schools import (
    accounted_table,
    averaging_table,
    cliff_figure,
    largest_schools_table,
    national_table,
    scores_figure,
    settings_table,
    sizes_figure,
)
