"""What the report on the validation study shows: tables, figures and sentences."""

from oablib.report.validation.design import design_table, failures
from oablib.report.validation.estimates import (
    bias_figure,
    coverage_figure,
    finding_bias,
    finding_coverage,
    finding_direct,
    performance_table,
)
from oablib.report.validation.names import Names, about_cohorts
from oablib.report.validation.schools import (
    finding_rivals,
    finding_school_level,
    finding_schools,
    rivals_table,
    school_level_table,
    schools_table,
)
from oablib.report.validation.selection import (
    finding_estimated_values,
    finding_large_indices,
    finding_rules,
    finding_true_path,
    indices_figure,
    selection_table,
)
from oablib.report.validation.values import finding_values, scale_values_figure, summary_table
from oablib.report.validation.verdicts import answer, finding_missed, verdicts_table
