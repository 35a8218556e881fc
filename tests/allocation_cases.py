"""Small countries, drawn so that every odd case of an allocation turns up, as frames and lists."""

import functools
import random
from dataclasses import dataclass
from typing import Any

import allocation_oracle as oracle
import pandas as pd

UNLISTED = "GM9999"
LOW = -6.5  # score of all children of the school for asylum seekers


@dataclass(frozen=True)
class Country:
    children: pd.DataFrame
    sites: pd.DataFrame
    municipalities: pd.DataFrame

    @functools.cached_property
    def lists(self) -> tuple[list[oracle.Child], list[oracle.Site], list[str]]:
        """The same for the oracle."""
        columns = ["toddler", "school_id", "municipality", "score"]
        rows = self.children[columns].astype({"school_id": object, "municipality": object})
        named = rows.where(rows.notna(), None).itertuples(index=False, name=None)
        columns = ["school_id", "municipality", "school_type"]
        return (
            [oracle.Child(bool(t), s, m, oracle.as_score(value)) for t, s, m, value in named],
            [oracle.Site(*row) for row in self.sites[columns].itertuples(index=False, name=None)],
            list(self.municipalities["municipality"]),
        )


def children(
    rows: list[tuple[Any, ...]], *, sites: pd.DataFrame, listed: list[str]
) -> pd.DataFrame:
    """Rows of toddler, school_id, municipality, score."""
    frame = pd.DataFrame(rows, columns=["toddler", "school_id", "municipality", "score"])
    return frame.assign(
        toddler=frame["toddler"].astype(bool),
        school_id=pd.Categorical(frame["school_id"], categories=list(sites["school_id"])),
        municipality=pd.Categorical(frame["municipality"], categories=listed),
        score=frame["score"].astype(float),
    )


@functools.cache
def country(seed: int) -> Country:
    """One of many: with ties in two of three, empty and excluded schools, and unknown places."""
    rng = random.Random(seed)
    listed = [f"GM{number:04d}" for number in rng.sample(range(9000), rng.randint(2, 5))]
    sites = _sites(rng, listed)
    names = list(sites["school_id"])
    asylum, empty = names[0], names[1]
    grid = (0.0, 0.5, 2.0)[seed % 3]
    rows: list[tuple[Any, ...]] = [(False, asylum, rng.choice(listed), LOW)] * rng.randint(0, 9)
    for _ in range(rng.randint(30, 130)):
        toddler = rng.random() < 0.2
        school = None if toddler or rng.random() < 0.04 else rng.choice(names[2:])
        # In the first municipality lives no toddler.
        home = None if rng.random() < 0.05 else rng.choice(listed[1:] if toddler else listed)
        score = rng.gauss(0, 4)
        rows.append((toddler, school, home, grid * round(score / grid) if grid else score))
    rng.shuffle(rows)
    assert empty not in {row[1] for row in rows}
    return Country(
        children=children(rows, sites=sites, listed=listed),
        sites=sites,
        municipalities=pd.DataFrame({"municipality": listed}),
    )


def _sites(rng: random.Random, listed: list[str]) -> pd.DataFrame:
    """Six to nine sites of four BRINs; the last is for travelling families."""
    names = [f"{brin}{site:02d}" for brin in ("03CD", "01AB", "02ZZ") for site in range(3)]
    names = names[: rng.randint(5, 9)] + ["09TF00"]
    places = [rng.choice(listed) for _ in names]
    if rng.random() < 0.3:
        places[2] = UNLISTED
    kinds = [1] * (len(names) - 1) + [2]
    boards = [rng.choice(["10001", "10002"]) for _ in names]
    return pd.DataFrame(
        {"school_id": names, "board": boards, "municipality": places, "school_type": kinds}
    )
