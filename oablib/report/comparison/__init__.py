"""What the report on old and new indicator shows: tables, figures and sentences."""

from oablib.report.comparison.schools import (
    DISADVANTAGE,
    answer,
    bands_table,
    changes_figure,
    classes_table,
    crosstable_table,
    largest_table,
    municipalities_figure,
    relative_table,
    schools_figure,
)
from oablib.report.comparison.scores import cutoff_table, density_figure, score_differences_table
