"""What the benchmarks read: one cohort imputed m times, and invented frames of any size.

Speed does not depend on how unknown values were imputed: a hot deck does it here in a second.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from oablib import intake, scale_values, synthetic
from oablib.protocol import models
from oablib.protocol.codebook import Table, load
from oablib.protocol.models import Model

from .true_education import true_education

SEED = 13  # master seed of the run herijking-2021
# Indicators of the seven sub-models of 2015 that the base model of 2021 does without.
NUMERIC_2015 = ("household_income", "neighbourhood_income", "neighbourhood_incidents")
DUMMIES_2015 = {"asylum": ("residence_status", "asylum")}
# Numbers that R and Python read as the same doubles.
DECIMALS = 4
PUPILS = 14  # of a school, as in the cohort: 19,247 pupils in 1,370 schools
SCHOOL_SD = 0.4  # of each variable, beside a pupil's 1


def write_imputed(folder: Path, *, n: int, m: int, csv: int) -> None:
    """Files imputed_<i>.parquet, i = 1..m, and the first `csv` of them as .csv too.

    Beside these first ones, completed_<i>.parquet: the same children with categories, not values.
    """
    drawn = synthetic.draw(n=n, seed=SEED)
    model, table = models.load("base"), load().table("cohort")
    frame, rng = true_education(drawn), np.random.default_rng(SEED)
    unknown = intake.in_memory(drawn.children, table=table)[list(model.imputed)].isna()
    for i in range(1, m + 1):
        filled = _hot_deck(frame, unknown, rng=rng)
        scaled = _scaled(filled, model=model, table=table).round(DECIMALS)
        scaled.to_parquet(folder / f"imputed_{i}.parquet", index=False)
        if i <= csv:
            scaled.to_csv(folder / f"imputed_{i}.csv", index=False)
            filled.to_parquet(folder / f"completed_{i}.parquet", index=False)


def write_invented(folder: Path, *, sizes: Sequence[tuple[int, int]]) -> None:
    """Files invented_<n>_<variables>.parquet."""
    rng = np.random.default_rng(SEED)
    for n, variables in sizes:
        frame = invented(rng, n=n, variables=variables)
        frame.to_parquet(folder / f"invented_{n}_{variables}.parquet", index=False)


def invented(rng: np.random.Generator, *, n: int, variables: int) -> pd.DataFrame:
    """y, m, x1, x2, ... and school; y follows all others, m the first two."""
    schools = n // PUPILS
    school = np.sort(rng.integers(schools, size=n))
    level = SCHOOL_SD * rng.normal(size=(schools, variables))
    values = rng.normal(size=(n, variables)) + level[school]
    values[:, 1] += 0.3 * values[:, 2:4].sum(axis=1)
    values[:, 0] += 0.3 * values[:, 1:].sum(axis=1)
    names = ["y", "m", *(f"x{i}" for i in range(1, variables - 1))]
    return pd.DataFrame(values, columns=names).assign(school=np.char.mod("%06d", school))


def _hot_deck(
    frame: pd.DataFrame, unknown: pd.DataFrame, *, rng: np.random.Generator
) -> pd.DataFrame:
    """Unknown values become those of random children of the same origin."""
    filled = frame.copy()
    for rows in frame.groupby("origin").indices.values():
        for name in unknown:
            hidden = rows[unknown[name].to_numpy()[rows]]
            known = rows[~unknown[name].to_numpy()[rows]]
            donors = rng.choice(known, size=len(hidden))
            filled.loc[hidden, name] = frame[name].to_numpy()[donors]
    return filled


def _scaled(frame: pd.DataFrame, *, model: Model, table: Table) -> pd.DataFrame:
    """Columns of the base model and of the sub-models of 2015, one row a child."""
    values = scale_values.estimate(frame, model=model, table=table)
    wider = replace(
        model,
        numeric=(*model.numeric, *NUMERIC_2015),
        dummies=model.dummies | DUMMIES_2015,
        direct=(*model.direct, *NUMERIC_2015, *DUMMIES_2015),
    )
    return scale_values.apply(frame, values=values.table, model=wider, table=table)
