"""What the report on the validation study shows: tables, figures and sentences."""

from oablib.report.validation.design import design_table, failures
from oablib.report.validation.drawn import drawn_figure, finding_drawn
from oablib.report.validation.estimates import (
    bias_figure,
    coverage_figure,
    finding_bias,
    finding_coverage,
)
from oablib.report.validation.estimators import (
    finding_direct,
    finding_worlds,
    performance_table,
    worlds_table,
)
from oablib.report.validation.names import Names, about_all_cohorts, about_cohorts
from oablib.report.validation.path_tests import finding_path_tests, path_tests_table
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
