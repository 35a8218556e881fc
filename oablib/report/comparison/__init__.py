"""What the report on old and new indicator shows: tables, figures and sentences."""

from oablib.report.comparison.answers import answer
from oablib.report.comparison.municipalities import (
    municipal_claims,
    redistribution_finding,
    relative_finding,
    relative_table,
)
from oablib.report.comparison.risk import risk_figure, risk_finding, risk_table
from oablib.report.comparison.schools import (
    bands_finding,
    changes_figure,
    classes_table,
    crosstable_finding,
    crosstable_table,
    crowds_figure,
    standardisation_finding,
)
from oablib.report.comparison.scores import (
    cutoff_finding,
    cutoff_table,
    density_figure,
    score_differences_finding,
    score_differences_table,
)
