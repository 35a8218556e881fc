"""What the report on scores of schools and municipalities shows: tables, figures, sentences."""

from oablib.report.allocation.answers import answer
from oablib.report.allocation.municipalities import (
    grants_finding,
    grants_table,
    municipalities_figure,
)
from oablib.report.allocation.rules import (
    accounted_table,
    cliff_figure,
    division_finding,
    excluded_finding,
    national_table,
    rules_table,
)
from oablib.report.allocation.schools import (
    averaging_finding,
    averaging_table,
    largest_schools_table,
    scores_figure,
    sizes_figure,
    sizes_finding,
)
