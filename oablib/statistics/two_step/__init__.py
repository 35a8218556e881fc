"""Scale values and direct effects: each step alone, both jointly, and over imputations."""

from oablib.statistics.two_step.analysis import Analysis, analyse
from oablib.statistics.two_step.both import fit
