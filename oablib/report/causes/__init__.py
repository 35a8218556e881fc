"""What the report on causes shows: what moves schools, and what those that move most share."""

from oablib.report.causes.answers import answer
from oablib.report.causes.findings import municipal_finding, offset_finding, yearly_finding
from oablib.report.causes.late import (
    late_points_table,
    late_registrations_finding,
    late_registrations_table,
)
from oablib.report.causes.named import named_finding, named_table
from oablib.report.causes.parts import causes_figure, causes_table
from oablib.report.causes.profile import profile_figure, profile_finding, profile_table
from oablib.report.causes.swing import (
    swing_of_schools_finding,
    swing_of_schools_table,
    swings_finding,
    swings_table,
)
