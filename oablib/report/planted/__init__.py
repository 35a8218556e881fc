"""Where a program has drawn the children: what it planted, and whether that was found again."""

from oablib.report.planted.settings import Planted, rules
from oablib.report.planted.truth import Truth, effects, of, paths_text, recovery_text
