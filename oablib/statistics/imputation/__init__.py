"""Unknown values are filled several times, by chained equations that see the school level.

Each unknown variable is drawn in turn from its distribution given all others, round after round.
Which engine draws is said in params/rules/imputation.yaml; the chain around it is the same.
"""

from oablib.statistics.imputation.cells import (
    Imputed,
    all_completed,
    complete,
    hide,
    pattern,
    provenance,
)
from oablib.statistics.imputation.chain import impute
from oablib.statistics.imputation.predictors import leave_one_out
from oablib.statistics.imputation.settings import Rule, engine_names, rule
