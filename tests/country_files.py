"""A small made-up country as files, for tests that need to know every number in it."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from oablib import params, pupil_scores
from oablib.indicator.pupil_scores import Children, Education, Indicator
from oablib.protocol import codebook, models

YEAR = 2020
ORIGINS = (0.7, 0.05, 0.05, 0.05, 0.02, 0.05, 0.03, 0.05)
MUNICIPALITIES = ("GM0363", "GM0599", "GM0518")


def sites(count: int = 12) -> pd.DataFrame:
    """Sites of which every second BRIN has two vestigingen."""
    brin = [f"{i // 3:02d}{'AB' if i % 3 else 'AA'}" for i in range(count)]
    number = pd.Series(brin).groupby(brin).cumcount()
    return pd.DataFrame(
        {
            "school_id": [f"{b}{p:02d}" for b, p in zip(brin, number, strict=True)],
            "board": [f"{40000 + i // 4}" for i in range(count)],
            "municipality": [MUNICIPALITIES[i % 3] for i in range(count)],
            "postcode4": 1000 + np.arange(count, dtype=np.int16),
            "school_type": np.ones(count, dtype=np.int8),
        }
    )


def municipalities() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "municipality": MUNICIPALITIES,
            "name": ["Amsterdam", "Rotterdam", "'s-Gravenhage"],
            "urbanity": np.ones(3, dtype=np.int8),
        }
    )


def children(n: int = 900, *, seed: int = 1, schools: int = 12) -> pd.DataFrame:
    """n children: a sixth toddlers; part of education unknown, some not in the register, asylum."""
    rng = np.random.default_rng(seed)
    toddler = rng.random(n) < 1 / 6
    listed = sites(schools)["school_id"].to_numpy()
    school = rng.choice(listed, n).astype(object)
    absent = {who: rng.random(n) < 0.05 for who in ("mother", "father")}
    stranger = (rng.random(n) < 0.02) & ~toddler
    seeker = rng.random(n) < 0.02
    frame = pd.DataFrame(
        {
            "child_id": [f"{i:09d}" for i in rng.choice(900_000_000, n, replace=False)],
            "child_group": np.where(toddler, 2, 1).astype(np.int8),
            "school_id": np.where(toddler, None, school),
            "municipality": np.where(stranger, None, rng.choice(MUNICIPALITIES, n).astype(object)),
            "postcode4": np.where(stranger, 0, rng.integers(1000, 1040, n)).astype(np.int16),
            "age": np.where(toddler, rng.uniform(2.5, 4, n), rng.uniform(4, 13, n)).round(1),
            "years_enrolled": np.where(toddler, 0, rng.integers(1, 9, n)).astype(np.int8),
            "child_registered": (~stranger).astype(np.int8),
            "mother_registered": (~(absent["mother"] | stranger)).astype(np.int8),
            "father_registered": (~(absent["father"] | stranger)).astype(np.int8),
            "asylum": (seeker * rng.integers(1, 3, n)).astype(np.int8),
            "asylum_registered": np.where(
                seeker, rng.choice([201911, 202005, 202009, 202010, 202012], n), 0
            ).astype(np.int32),
            "education_father": rng.integers(1, 9, n).astype(np.int8),
            "education_mother": rng.integers(1, 9, n).astype(np.int8),
            "origin": rng.choice(np.arange(1, 9), n, p=ORIGINS).astype(np.int8),
            "residence_mother": rng.choice([0, 1, 2], n, p=[0.9, 0.04, 0.06]).astype(np.int8),
            "debt_restructuring": (rng.random(n) < 0.03).astype(np.int8),
            "mother_age": rng.integers(22, 55, n).astype(np.int16),
            "household_income": rng.normal(60, 15, n).round(1),
            "neighbourhood_income": rng.normal(55, 10, n).clip(10, 150).round(1),
            "urbanity": np.ones(n, dtype=np.int8),
        }
    )  # fmt: skip
    for parent in ("father", "mother"):
        unknown = absent[parent] | stranger | (rng.random(n) < 0.4)
        frame.loc[unknown, f"education_{parent}"] = 99
    frame.loc[absent["mother"] | stranger, ["residence_mother"]] = 9
    frame.loc[absent["mother"] | stranger, ["mother_age"]] = 999
    frame.loc[(absent["mother"] & absent["father"]) | stranger, ["origin"]] = 99
    frame.loc[stranger, ["debt_restructuring", "urbanity"]] = 9
    frame.loc[stranger, ["household_income", "neighbourhood_income"]] = 9999.0
    return frame


def write(
    folder: Path,
    frame: pd.DataFrame,
    *,
    year: int = YEAR,
    row_group: int = 250,
    places: pd.DataFrame | None = None,
) -> Path:
    """Write a country's files with these children; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {name: pa.string() for name in ("child_id", "school_id", "municipality")}
    table = pa.Table.from_pandas(frame, preserve_index=False)
    for name, kind in texts.items():
        if name in table.column_names and not pa.types.is_integer(table[name].type):
            at = table.column_names.index(name)
            table = table.set_column(at, name, table[name].cast(kind))
    pq.write_table(table, folder / f"children_{year}.parquet", row_group_size=row_group)
    (sites() if places is None else places).to_parquet(folder / "sites.parquet", index=False)
    municipalities().to_parquet(folder / "municipalities.parquet", index=False)
    return folder


def indicator(name: str) -> Indicator:
    """An indicator of params/models, with what is published."""
    table, published = codebook.load().table("cohort"), params.published("herijking2021")
    return pupil_scores.given(models.load(name), table=table, published=published)


def draw(children: Children, **options: Any) -> pd.DataFrame:
    """Draws of education by the base model; options: m, seed, and perhaps workers or a rule."""
    options = {"rule": pupil_scores.rules().education, **options}
    table = codebook.load().table("cohort")
    return pupil_scores.draw(children, roles=models.load("base"), table=table, **options)


def drawn(folder: Path, children: Children, **options: Any) -> Education:
    """The same, kept in the folder as a run does; made only if they are not there."""
    path = folder / f"draws_{children.year}.parquet"
    if not path.exists():
        draw(children, **options).to_parquet(path, index=False)
    return pupil_scores.averaged(path, children)
