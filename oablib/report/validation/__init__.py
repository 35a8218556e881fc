"""What the report on the validation study shows: tables, figures and sentences."""

from oablib.report.validation.answers import (
    answer,
    answer_estimated_values,
    answer_large_indices,
    answer_missed,
    answer_school_effect,
    answer_true_path,
)
from oablib.report.validation.figures import (
    bias_figure,
    coverage_figure,
    indices_figure,
    scale_values_figure,
)
from oablib.report.validation.tables import (
    design_table,
    performance_table,
    rivals_table,
    school_level_table,
    schools_table,
    selection_table,
    summary_table,
    verdicts_table,
)
