"""Would one believe these imputations? Known values hidden again, a planted effect, another world.

`over_impute` hides known values and looks whether draws find them; `recover` plants effects and
looks whether they come back; `sensitivity` moves every imputed value and looks what follows.
"""

from oablib.analysis.diagnostics.over_imputation import OverImputed, binned, over_impute
from oablib.analysis.diagnostics.planted import FAR, Recovered, recover
from oablib.analysis.diagnostics.sensitivity import SHIFTS, sensitivity
