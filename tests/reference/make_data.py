"""Make data/base_model.csv: invented pupils on whom R and Python fit the same model.

Run `python tests/reference/make_data.py`. Schools differ in composition and level, so that
clustered standard errors differ from plain ones; cito is an integer between 501 and 550, so
that the data are not normal. Every other school belongs to wave 2; the weights of pupils make up
for unequal response. Numbers are rounded: R and Python then read identical doubles.
"""

from pathlib import Path

import numpy as np
import pandas as pd

SEED = 20210
SCHOOLS = 150
MEAN_PUPILS = 13.4
FILE = Path(__file__).parent / "data" / "base_model.csv"
FATHER = np.array([-4.0, -3.2, -2.1, -1.3, 0.0, 1.1, 2.6, 3.9])
MOTHER = np.array([-4.6, -3.4, -1.2, -1.8, 0.0, 1.2, 2.9, 4.3])
ORIGIN = np.array([0.0, 1.3, -1.1, 2.4])


def pupils() -> pd.DataFrame:
    """One row per pupil: the nine variables of the base model, school_id, wave and weight."""
    rng = np.random.default_rng(SEED)
    school = np.repeat(np.arange(SCHOOLS), 2 + rng.poisson(MEAN_PUPILS - 2, size=SCHOOLS))
    frame = predictors(rng, school)
    frame["nscct"] = intelligence(rng, frame, school).round(1)
    frame["cito"] = score(rng, frame, school).clip(501, 550).round().astype(int)
    columns = ["school_id", "cito", "nscct", *frame.columns.difference(["cito", "nscct"])]
    frame = frame.assign(school_id=school + 1)[columns]
    return frame.assign(wave=1 + school % 2, weight=response_weight(frame))


def response_weight(frame: pd.DataFrame) -> pd.Series:
    """Inverse of the chance to take part, which rises with the mother's education."""
    return (1 + np.exp(-0.8 - 0.25 * frame["education_mother"])).round(4)


def predictors(rng: np.random.Generator, school: np.ndarray) -> pd.DataFrame:
    """Background of the pupils; better-off families share schools."""
    n = len(school)
    advantage = 0.6 * rng.normal(size=SCHOOLS)[school] + 0.8 * rng.normal(size=n)
    father = np.clip(np.round(4 + 1.5 * (0.7 * advantage + 0.7 * rng.normal(size=n))), 0, 7)
    mother = np.clip(np.round(4 + 1.5 * (0.7 * advantage + 0.7 * rng.normal(size=n))), 0, 7)
    odds = np.exp(-1.4 - 0.9 * advantage)
    foreign = rng.random(n) < odds / (1 + odds)
    frame = pd.DataFrame(
        {
            "education_father": FATHER[father.astype(int)],
            "education_mother": MOTHER[mother.astype(int)],
            "origin": np.where(foreign, ORIGIN[rng.integers(1, 4, size=n)], 0.0),
            "residence_0_5_years": (foreign & (rng.random(n) < 0.08)).astype(int),
            "debt_restructuring": (rng.random(n) < 0.02 * np.exp(-0.4 * advantage)).astype(int),
        }
    )
    arrived = foreign & (frame["residence_0_5_years"] == 0) & (rng.random(n) < 0.3)
    frame["residence_5_10_years"] = arrived.astype(int)
    means = frame["education_mother"].groupby(school).transform("mean")
    frame["school_mean_education_mother"] = means.round(4)
    return frame


def intelligence(rng: np.random.Generator, frame: pd.DataFrame, school: np.ndarray) -> pd.Series:
    """Score on the intelligence test, skewed to the left."""
    level = 2.0 * rng.normal(size=SCHOOLS)[school]
    noise = 12 * (1.6 - rng.gamma(2.56, 0.625, size=len(frame)))
    return 100 + 0.8 * frame["education_father"] + 0.7 * frame["education_mother"] + level + noise


def score(rng: np.random.Generator, frame: pd.DataFrame, school: np.ndarray) -> pd.Series:
    """Score on the test of grade 8; its spread grows with the distance from the mean."""
    level = 2.0 * rng.normal(size=SCHOOLS)[school]
    noise = rng.normal(size=len(frame)) * (6 + 0.06 * (frame["nscct"] - 100).abs())
    return (
        535 + 0.4 * (frame["nscct"] - 100) + level + noise
        + 0.5 * frame["education_father"] + 0.6 * frame["education_mother"]
        - 0.3 * frame["origin"] + 0.1 * frame["school_mean_education_mother"]
        - 4.0 * frame["residence_0_5_years"] - 1.5 * frame["residence_5_10_years"]
        - 2.0 * frame["debt_restructuring"]
    )  # fmt: skip


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    pupils().to_csv(FILE, index=False, lineterminator="\n")
