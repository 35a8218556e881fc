"""Unknown values are filled several times, by chained equations that include the school level.

Each unknown variable is drawn in turn from its distribution given all others, round after round.
params/rules/imputation.yaml names the engine that draws; the chain around it is the same.
"""

from oablib.statistics.imputation.cells import (
    KEPT,
    LEFT_OUT,
    Imputed,
    all_completed,
    analysed,
    complete,
    hide,
    pattern,
    provenance,
)
from oablib.statistics.imputation.chain import impute
from oablib.statistics.imputation.flags import Flag, drift
from oablib.statistics.imputation.predictors import leave_one_out
from oablib.statistics.imputation.settings import Rule, engine_names, rule
