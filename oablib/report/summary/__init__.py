"""What the summary shows: key figures, what was found, what it means, and whether to trust it."""

from oablib.report.summary.answer import answer
from oablib.report.summary.country import country_section
from oablib.report.summary.findings import found_text
from oablib.report.summary.key_figures import key_figures_table
from oablib.report.summary.results import Country, Results
from oablib.report.summary.trust import trust_text
