"""What the report on the validation study shows: tables, figures and sentences."""

from oablib.report.validation.estimates import (
    answer_school_effect,
    bias_figure,
    coverage_figure,
    design_table,
    performance_table,
    rivals_table,
    scale_values_figure,
    school_level_table,
    schools_table,
    summary_table,
)
from oablib.report.validation.selection import (
    answer_estimated_values,
    answer_large_indices,
    answer_true_path,
    indices_figure,
    selection_table,
)
from oablib.report.validation.verdicts import answer, answer_missed, verdicts_table
