"""Children as a register knows them: part of their parents' education unknown, and no tests."""

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.analysis.prediction.settings import Rules
from oablib.base.errors import ParameterError
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics import imputation


def known(frame: pd.DataFrame, *, model: Model) -> NDArray[np.bool_]:
    """Children whose imputed variables are all known, (n,)."""
    return np.asarray(frame[list(model.imputed)].notna().all(axis=1))


def applies(model: Model, *, rules: Rules) -> bool:
    """Whether the register's pattern is one of the variables that this model imputes."""
    tests = {model.outcome, model.mediator}
    named = {name for pattern in rules.register for name in pattern.unknown}
    return named == set(model.imputed) - tests


def lay(frame: pd.DataFrame, *, model: Model, rules: Rules, seed: int) -> pd.DataFrame:
    """A copy in which the register's pattern of unknown values lies over the known children.

    Children with unknown values stay as they are. A model that imputes other
    variables than the pattern names comes back unchanged.
    """
    patterns = rules.register
    if not applies(model, rules=rules):
        return frame
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(6, 0)))
    shares = np.array([pattern.share for pattern in patterns])
    drawn, laid = rng.choice(len(shares), len(frame), p=shares / shares.sum()), frame.copy()
    complete = known(frame, model=model)
    for name in dict.fromkeys(name for pattern in patterns for name in pattern.unknown):
        hiding = [number for number, pattern in enumerate(patterns) if name in pattern.unknown]
        laid[name] = frame[name].astype(float).mask(complete & np.isin(drawn, hiding))
    return laid


def fill(
    frame: pd.DataFrame, *, model: Model, table: Table, rules: Rules, seed: int
) -> list[pd.DataFrame]:
    """Fill unknown values from what registers know: without the tests of any child.

    Raises ParameterError when rules.stand_ins has no column for a test, or one that the cohort
    lacks; ImputationError as imputation.impute.
    """
    blind = without_tests(model, rules=rules)
    absent = [name for name in (blind.outcome, blind.mediator) if name not in frame]
    if absent:
        raise ParameterError(
            f"params/rules/prediction.yaml: stand_ins names {', '.join(absent)}, which the cohort "
            "does not hold; name columns that stand in `auxiliary` of the model."
        )
    filled = imputation.impute(
        frame,
        model=blind,
        table=table,
        rule=imputation.rule(),
        m=rules.register_imputations,
        iterations=rules.register_iterations,
        seed=int(np.random.SeedSequence(seed, spawn_key=(6, 1)).generate_state(1)[0]),
    )
    return imputation.all_completed(frame, cells=filled.cells)


def without_tests(model: Model, *, rules: Rules) -> Model:
    """The model with columns of registers instead of its tests, for the imputation alone."""
    tests = (model.outcome, model.mediator)
    absent = [test for test in tests if test not in rules.stand_ins]
    if absent:
        raise ParameterError(
            f"params/rules/prediction.yaml: stand_ins has no column for {', '.join(absent)}; name "
            "one that registers have, and that tells of a child's surroundings."
        )
    outcome, mediator = (rules.stand_ins[test] for test in tests)
    # What is known of later tests would give the outcome away.
    auxiliary = tuple(name for name in model.auxiliary if name not in tests)
    imputed = tuple(name for name in model.imputed if name not in tests)
    # Products belong to the equation of the outcome, which registers do not have.
    direct = tuple(name for name in model.direct if model.parts_of(name) == (name,))
    return replace(
        model,
        outcome=outcome,
        mediator=mediator,
        auxiliary=auxiliary,
        imputed=imputed,
        direct=direct,
        indirect=tuple(name for name in model.indirect if name in direct),
        products={},
        splines={},
    )
