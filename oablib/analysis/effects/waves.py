"""Direct effects in each wave, and whether they differ between waves.

Plan of 2015 (De Mooij et al.), section 3.1: a model per cohort, compared, for how long it will
last. Scale values are those of all waves: an effect is then per point of the same scale.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from oablib.analysis.effects import compared
from oablib.analysis.effects.settings import Rules
from oablib.base.shown import showable
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics.pooling import PooledTest
from oablib.statistics.two_step import Equation, side_by_side


@showable()
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Waves:
    """Direct effects per wave.

    effects: wave, name, n (children of the wave), est, se, ci_lower, ci_upper. tests: name, f, df1,
    df2, p, p_holm of the test that all waves have the same effect. joint: all of these at once.
    left_out: predictors of which a wave has too few children. too_small: waves with too few.
    """

    effects: pd.DataFrame
    tests: pd.DataFrame
    joint: PooledTest
    left_out: tuple[str, ...]
    too_small: tuple[str, ...]


def by_wave(
    frames: Sequence[pd.DataFrame], *, model: Model, table: Table, rules: Rules
) -> Waves | None:
    """Direct effects in each wave, pooled; None for a model or cohort without several waves.

    A wave with too few children is left out; schools that are in several count once. None as well
    where there are too few schools to test. Raises EstimationError as two_step.side_by_side.
    """
    wave = model.waves(frames[0]).astype(str)
    counts = wave.value_counts()
    waves = sorted(counts.index[counts >= rules.least_part])
    parts = {name: (wave == name).to_numpy() for name in waves}
    if len(parts) < 2:
        return None
    names = compared.predictors(
        frames[0], parts, model=model, table=table, least=rules.least_children
    )
    by = (model.mediator, *names.estimable)
    equations = [Equation(name, model.outcome, by, rows) for name, rows in parts.items()]
    found = side_by_side(frames, equations=equations, model=model, table=table)
    tests = compared.tests(found, names.compared, parts=list(parts))
    if tests is None:
        return None
    shown = found.rows.rename(columns={"equation": "wave"})
    shown = shown[shown["name"].isin(names.compared)]
    columns = ["wave", "name", "n", "est", "se", "ci_lower", "ci_upper"]
    return Waves(
        effects=shown[columns].reset_index(drop=True),
        tests=tests[0],
        joint=tests[1],
        left_out=tuple(name for name in model.direct if name not in names.compared),
        too_small=tuple(sorted(counts.index[counts < rules.least_part])),
    )
