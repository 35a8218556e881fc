"""What changed between two reports: causes, effects, tables, and the figures in the text.

Only what is published is read: manifests, results tables, copies of the rules, pages.
"""

from oablib.studies.changes.causes import causes, rule_values
from oablib.studies.changes.effects import effects, fit, has_places, movements, scale_values, tables
from oablib.studies.changes.reports import Report, ReportPair, files, manifest, read
from oablib.studies.changes.text import sentences, text_changes
