"""A planted effect of a school mean comes back after imputation that sees the school."""

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from oablib import imputation, intake, synthetic
from oablib.protocol import codebook, models

SCHOOLS, PUPILS = 100, 20
PLANTED = 1.0
# Points per level: half of them rise with the code, half do not.
POINTS = np.array([-4.0, -3.0, -1.0, -2.0, 0.0, 1.0, 3.0, 4.0])
FATHER, MOTHER = "education_father", "education_mother"
HIDDEN = 0.6
M = 10
HIDINGS = (1, 2, 3)  # seeds
# Part of the error without the school level that may be left with it.
LEFT = 1 / 3


@pytest.fixture(scope="module")
def complete() -> pd.DataFrame:
    """Children whose score rises with the mean of their schoolmates' mothers, nothing else."""
    drawn, rng = synthetic.draw(n=SCHOOLS * PUPILS, seed=6), np.random.default_rng(6)
    frame = intake.in_memory(drawn.children, table=codebook.load().table("cohort"))
    school = np.repeat(np.arange(SCHOOLS), PUPILS)
    standing = rng.normal(size=SCHOOLS)[school]
    for name in (FATHER, MOTHER):
        own = 4.5 + 1.2 * standing + 1.4 * rng.normal(size=len(frame))
        frame[name] = own.round().clip(1, 8)
    frame["school_id"] = school.astype(str)
    frame["nscct"] = rng.normal(size=len(frame))
    noise = 4 * rng.normal(size=len(frame)) + rng.normal(size=SCHOOLS)[school]
    return frame.assign(cito=530 + regressors(frame)[:, 1:] @ [1.0, 1.0, PLANTED] + noise)


def hidden(complete: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Education unknown more often where the score is low."""
    rng, low = np.random.default_rng(seed), complete["cito"].rank(pct=True) < 0.5
    lost = {
        name: complete[name].mask(rng.random(len(complete)) < HIDDEN + np.where(low, 0.15, -0.15))
        for name in (FATHER, MOTHER)
    }
    return complete.assign(**lost)


def points(frame: pd.DataFrame, name: str) -> NDArray:
    return POINTS[frame[name].to_numpy(int) - 1]


def regressors(frame: pd.DataFrame) -> NDArray:
    mother = pd.Series(points(frame, MOTHER), index=frame.index)
    mean = mother.groupby(frame["school_id"]).transform("mean")
    return np.column_stack([np.ones(len(frame)), points(frame, FATHER), mother, mean])


def effect(frame: pd.DataFrame) -> float:
    return float(np.linalg.lstsq(regressors(frame), frame["cito"], rcond=None)[0][-1])


def gap(complete: pd.DataFrame, engine: str, *, school_level: bool, seed: int) -> float:
    """Pooled effect of the school mean minus that of the complete data."""
    frame = hidden(complete, seed=seed)
    cells = imputation.impute(
        frame,
        model=models.load("base"),
        table=codebook.load().table("cohort"),
        rule=imputation.rule(engine),
        m=M,
        iterations=5,
        seed=seed,
        school_level=school_level,
    ).cells
    effects = [effect(each) for each in imputation.all_completed(frame, cells=cells)]
    return float(np.mean(effects)) - effect(complete)


def test_the_effect_is_planted(complete: pd.DataFrame) -> None:
    assert effect(complete) == pytest.approx(PLANTED, abs=0.3)


@pytest.mark.parametrize("engine", ["nominal", "pmm"])
def test_the_school_level_takes_the_error_away(engine, complete) -> None:
    with_it, without = (
        np.mean([gap(complete, engine, school_level=seen, seed=seed) for seed in HIDINGS])
        for seen in (True, False)
    )
    assert abs(with_it) < LEFT * abs(without)
