"""Are imputations to be trusted? Known values hidden again, effects planted, values moved.

`over_impute` hides known values and checks whether draws find them; `recover` plants effects and
checks whether they come back; `sensitivity` moves every imputed value and analyses anew.
"""

from oablib.analysis.diagnostics.over_imputation import OverImputed, binned, over_impute
from oablib.analysis.diagnostics.planted import FAR, Recovered, recover
from oablib.analysis.diagnostics.sensitivity import SHIFTS, sensitivity
