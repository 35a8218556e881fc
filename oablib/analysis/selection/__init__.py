"""Which paths enter, which variables stay, and which variant is best: decisions with their trail.

`forward` adds what data and literature support, `backward` removes what can be missed, `compare`
ranks variants, `stability` measures how certain the result is.
"""

from oablib.analysis.selection.backward_search import Backward, backward
from oablib.analysis.selection.design import Design, build
from oablib.analysis.selection.forward_search import Forward, forward, from_table, paths, with_paths
from oablib.analysis.selection.frequencies import Stability, stability
from oablib.analysis.selection.settings import Rules, rules
from oablib.analysis.selection.variants import by_wave, compare
