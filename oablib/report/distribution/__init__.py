"""What the report on other ways of distributing shows, beside the law of today."""

from oablib.report.distribution.answers import answer
from oablib.report.distribution.reach import reach_finding, reach_table
from oablib.report.distribution.side_by_side import (
    concentration_finding,
    groups_finding,
    moved_figure,
    moved_finding,
    side_table,
    sizes_table,
    turnover_finding,
    turnover_table,
    urbanity_table,
)
from oablib.report.distribution.ways import (
    cliff_figure,
    cliff_finding,
    questions_table,
    ways_finding,
    ways_table,
)
