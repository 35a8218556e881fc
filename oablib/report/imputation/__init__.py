"""What the report on the imputation shows: what was unknown, imputed values, and their checks."""

from oablib.report.imputation.answer import answer
from oablib.report.imputation.checks import (
    calibration_figure,
    calibration_text,
    coverage_table,
    limits,
    settled_text,
    trace_figure,
)
from oablib.report.imputation.counts import (
    imputed_counts,
    imputed_counts_table,
    outcome_text,
    settings_text,
    unknown_text,
    warnings_list,
)
from oablib.report.imputation.margins import margins, margins_figure, margins_text
from oablib.report.imputation.shares import level_shares, shares_figure, shares_text, value_shares
