"""What the summary shows: the study and its questions, what was found, and whether to trust it."""

from oablib.report.summary.answer import answer
from oablib.report.summary.concept import concept_figure, concept_finding
from oablib.report.summary.conclusions import conclusions_finding, conclusions_table, judged
from oablib.report.summary.country import country_section
from oablib.report.summary.findings import found_text
from oablib.report.summary.key_figures import key_figures_table
from oablib.report.summary.method import method_finding, method_table
from oablib.report.summary.results import Country, Results
from oablib.report.summary.study import questions_text, timing_text
from oablib.report.summary.trust import trust_text
