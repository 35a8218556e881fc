"""Where a program has drawn the children: what it planted, and whether that was found again."""

from oablib.report.planted.drawn import Drawn, effects, of, paths_text, recovery_text
from oablib.report.planted.settings import Planted, rules
