"""What the report on causes shows: what moves schools, and what those that move most share."""

from oablib.report.causes.answers import answer
from oablib.report.causes.late import late_registrations_finding, late_registrations_table
from oablib.report.causes.parts import causes_figure, causes_table, offset_finding, yearly_finding
from oablib.report.causes.profile import (
    named_finding,
    profile_figure,
    profile_finding,
    profile_table,
)
