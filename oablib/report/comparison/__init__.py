"""What the report on old and new indicator shows: tables, figures and sentences."""

from oablib.report.comparison.answers import answer, late_registrations, moved, municipalities
from oablib.report.comparison.figures import (
    BOTH_SUMS,
    DISADVANTAGE,
    changes_figure,
    density_figure,
    municipalities_figure,
    schools_figure,
)
from oablib.report.comparison.tables import (
    GROUPS,
    bands_table,
    classes_table,
    crosstable_table,
    cutoff_table,
    largest_table,
    relative_table,
    score_differences_table,
)
