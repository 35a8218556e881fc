"""What the report on the literature shows: claims and their sizes, paths, and the answer."""

from oablib.report.literature.claims import evidence_table, explained_variance_figure, sizes
from oablib.report.literature.indicators import finding_indicators, indicators_table
from oablib.report.literature.paths import (
    answer,
    candidates_table,
    grounds_table,
    no_candidates,
    possible,
    uncovered,
    unmeasured,
)
