"""A cohort and a country as another data holder might deliver them, for tests of what pages say.

It shares nothing with `oablib.synthetic`: other waves, municipalities and sizes, other effects
(debt counts heavily, a school's mean more than the mother herself, origin the other way round and
through the first test as well), and nearly everything is known from registers. There is no
manifest, so that to the project these are delivered data.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

WAVES = (2016, 2019)
YEAR = 2023
MUNICIPALITIES = tuple(f"GM16{number:02d}" for number in range(1, 13))
LEVELS = 8
ORIGINS = (0.55, 0.09, 0.08, 0.07, 0.05, 0.06, 0.05, 0.05)
ORIGIN_POINTS = np.array(
    [0, 1.5, 1, 2, 4, 2.5, 1, 3]
)  # of the second test, against the first group
ORIGIN_EARLY = ORIGIN_POINTS / 6  # of the first test
SCHOOL_POINTS, MOTHER_POINTS, FATHER_POINTS = 2.2, 0.3, 0.9  # for a level of education
DEBT_SHARE, DEBT_POINTS = 0.12, -7.0
UNKNOWN = 0.02  # share of parents whose education no register has
EDUCATION_MISSING = 99


@dataclass(frozen=True)
class Schools:
    """One row a school: its code, municipality, and the standing of the homes of its pupils."""

    code: np.ndarray
    municipality: np.ndarray
    standing: np.ndarray


def deliver_cohort(folder: Path, *, children: int = 1500, seed: int = 3) -> Path:
    """Write cohort.csv with schools.csv and municipalities.csv; return the path of the cohort."""
    rng = np.random.default_rng(seed)
    schools = _schools(rng, count=children // 20)
    at = rng.integers(0, len(schools.code), children)
    homes = _homes(rng, schools=schools, at=at)
    frame = homes.assign(
        child_id=_identifiers(rng, children),
        school_id=schools.code[at],
        municipality=schools.municipality[at],
        wave=rng.choice(WAVES, children),
        sex=rng.integers(1, 3, children),
        age=rng.normal(12, 0.4, children).clip(10.5, 13.5).round(1),
        household_type=rng.choice([1, 2, 3, 4], children, p=[0.5, 0.2, 0.25, 0.05]),
        divorced_parents=rng.integers(0, 2, children),
        neighbourhood_incidents=rng.gamma(4, 10, children).round(1),
        residence_status=np.where(homes["origin"] == 1, 0, rng.choice([0, 1, 2, 3, 5], children)),
        **_tests(rng, homes, at=at),
    )
    _hide(rng, frame)
    folder.mkdir(parents=True, exist_ok=True)
    places = _municipalities(rng)
    for name, table in {
        "cohort": frame,
        "schools": _listed(rng, schools),
        "municipalities": places,
    }.items():
        path = folder / f"{name}.csv"
        table.to_csv(path, sep=";", decimal=",", index=False, lineterminator="\n")
    return folder / "cohort.csv"


def deliver_country(folder: Path, *, sites: int = 60, pupils: int = 75, seed: int = 4) -> Path:
    """Write all children on two dates of reference, with sites and municipalities; the folder."""
    rng = np.random.default_rng(seed)
    schools = _schools(rng, count=sites)
    children = _children(rng, schools=schools, count=sites * pupils)
    folder.mkdir(parents=True, exist_ok=True)
    for year in (YEAR - 1, YEAR):
        there = rng.random(len(children)) > 0.1  # a tenth comes or goes
        _on(children[there], year=year).to_parquet(folder / f"children_{year}.parquet", index=False)
    _municipalities(rng).astype({"urbanity": "int8"}).to_parquet(
        folder / "municipalities.parquet", index=False
    )
    listed = pd.DataFrame(
        {
            "school_id": schools.code,
            "board": [f"{70_000 + number // 5}" for number in range(sites)],
            "municipality": schools.municipality,
            "postcode4": _postcodes(schools.municipality),
            "school_type": np.ones(sites, dtype="int8"),
        }
    )
    listed.to_parquet(folder / "sites.parquet", index=False)
    return folder


def _schools(rng: np.random.Generator, *, count: int) -> Schools:
    code = [f"{30 + number // 26 % 60}X{'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[number % 26]}00"
            for number in range(count)]  # fmt: skip
    municipality = np.array(MUNICIPALITIES)[np.arange(count) % len(MUNICIPALITIES)]
    return Schools(np.array(code), municipality, rng.normal(0, 1.2, count))


def _homes(rng: np.random.Generator, *, schools: Schools, at: np.ndarray) -> pd.DataFrame:
    """What is known of the homes of children at these schools."""
    n = len(at)
    wealth = schools.standing[at] + rng.normal(0, 1.6, n)
    education = {
        f"education_{who}": np.rint(4.5 + wealth + rng.normal(0, 1, n)).clip(1, LEVELS).astype(int)
        for who in ("father", "mother")
    }
    origin = rng.choice(np.arange(1, len(ORIGINS) + 1), n, p=ORIGINS)
    arrived = rng.choice([0, 1, 2], n, p=[0.6, 0.2, 0.2])
    return pd.DataFrame(
        {
            **education,
            "origin": origin,
            "residence_mother": np.where(origin == 1, 0, arrived),
            "debt_restructuring": (rng.random(n) < DEBT_SHARE).astype(int),
            "mother_age": rng.integers(25, 50, n),
            "household_income": np.exp(3.9 + 0.12 * wealth + rng.normal(0, 0.3, n)).round(1),
            "neighbourhood_income": (45 + 6 * schools.standing[at]).clip(8, 150).round(1),
            "urbanity": _urbanity(schools.municipality)[at],
        }
    )


def _tests(rng: np.random.Generator, homes: pd.DataFrame, *, at: np.ndarray) -> dict:
    """Both tests, of which the second follows from the homes and the first."""
    father, mother = homes["education_father"], homes["education_mother"]
    school = mother.groupby(at).transform("mean")
    group = homes["origin"].to_numpy() - 1
    early = 0.1 * (father - 4.5) + ORIGIN_EARLY[group] + rng.normal(0, 0.9, len(at))
    points = (
        518 + 2 * early + FATHER_POINTS * father + MOTHER_POINTS * mother + SCHOOL_POINTS * school
        + ORIGIN_POINTS[group] + DEBT_POINTS * homes["debt_restructuring"]
        + rng.normal(0, 4, len(at))
    )  # fmt: skip
    return {"nscct": early.clip(-5, 5).round(3), "cito": np.rint(points).clip(501, 550).astype(int)}


def _hide(rng: np.random.Generator, frame: pd.DataFrame) -> None:
    for who in ("father", "mother"):
        frame.loc[rng.random(len(frame)) < UNKNOWN, f"education_{who}"] = EDUCATION_MISSING


def _children(rng: np.random.Generator, *, schools: Schools, count: int) -> pd.DataFrame:
    at = rng.integers(0, len(schools.code), count)
    frame = _homes(rng, schools=schools, at=at)
    _hide(rng, frame)
    seeks = rng.random(count) < 0.02
    return frame.assign(
        child_id=_identifiers(rng, count),
        school_id=schools.code[at],
        municipality=schools.municipality[at],
        postcode4=_postcodes(schools.municipality)[at],
        age=rng.uniform(2, 12.5, count).round(1),  # at the start of the second year less one
        child_registered=1,
        mother_registered=1,
        father_registered=1,
        asylum=np.where(seeks, rng.integers(1, 3, count), 0),
        asylum_registered=np.where(seeks, (YEAR - 2) * 100 + 6, 0),
    )


def _on(children: pd.DataFrame, *, year: int) -> pd.DataFrame:
    """The children as they are in one year, in the columns of the codebook."""
    age = (children["age"] + (year - YEAR + 1)).round(1)
    now = children.assign(age=age)[(age >= 2.5) & (age < 13)]
    toddler = now["age"] < 4
    texts = ("child_id", "municipality")
    numbers = now.columns.difference([*texts, "school_id", "age"])
    whole = {
        name: "int32" for name in numbers
        if name not in ("household_income", "neighbourhood_income")
    }  # fmt: skip
    return now.astype(whole | dict.fromkeys(texts, "string")).assign(
        child_group=np.where(toddler, 2, 1).astype("int8"),
        school_id=now["school_id"].mask(toddler).astype("string"),
        years_enrolled=np.where(toddler, 0, (now["age"] - 3).clip(1, 8)).astype("int8"),
    )


def _identifiers(rng: np.random.Generator, count: int) -> list[str]:
    return [f"{number:09d}" for number in rng.choice(800_000_000, count, replace=False)]


def _listed(rng: np.random.Generator, schools: Schools) -> pd.DataFrame:
    count = len(schools.code)
    return pd.DataFrame(
        {
            "school_id": schools.code,
            "municipality": schools.municipality,
            "denomination": rng.integers(1, 5, count),
            "pupils": rng.integers(60, 500, count),
        }
    )


def _municipalities(rng: np.random.Generator) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "municipality": list(MUNICIPALITIES),
            "name": [f"Polder {letter}" for letter in "ABCDEFGHIJKL"],
            "urbanity": _urbanity(np.array(MUNICIPALITIES)),
        }
    )


def _urbanity(municipality: np.ndarray) -> np.ndarray:
    return np.array([1 + int(code[-2:]) % 5 for code in municipality])


def _postcodes(municipality: np.ndarray) -> np.ndarray:
    return np.array([8000 + int(code[-2:]) for code in municipality], dtype="int32")
