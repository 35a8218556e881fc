"""Small countries with characteristics and draws of education, and random ways of distributing."""

import random
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from allocation_cases import Country, country

from oablib.indicator import distribution
from oablib.params import checked

UNKNOWN = 255
KINDS = (
    "own_weight", "percentiles", "deciles", "decision_rules", "learned", "ramp", "logistic",
    "gewichtenregeling",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A country, with codes and areas among its children, and its draws."""

    country: Country
    children: pd.DataFrame
    sites: pd.DataFrame
    draws: list[distribution.Draw]


def case(seed: int) -> Case:
    """A country of tests/allocation_cases.py, two draws of unknown education, and five areas."""
    rng = random.Random(1000 + seed)
    base = country(seed)
    n = len(base.children)
    areas = [1000, 1001, 1002, 1003, 1004]
    income = {area: rng.choice([10.0, 20.5, 30.25]) for area in areas}
    home = [rng.choice(areas) for _ in range(n)]
    codes = {
        "education_father": _codes(rng, n, (1, 2, 3), unknown=0.3),
        "education_mother": _codes(rng, n, (1, 2, 3), unknown=0.3),
        "origin": _codes(rng, n, (1, 2), unknown=0.0),
        "residence_mother": _codes(rng, n, (0, 1), unknown=0.05),
        "debt_restructuring": _codes(rng, n, (0, 1), unknown=0.0),
    }
    children = base.children.assign(
        postcode4=home, neighbourhood_income=[income[area] for area in home]
    )
    draws = []
    for _ in range(2):
        drawn = dict(codes)
        for name in ("education_father", "education_mother"):
            filled = [rng.choice((1, 2, 3)) for _ in range(n)]
            # One child in ten stays unknown: it is in no register.
            open_ = (codes[name] == UNKNOWN) & (np.arange(n) % 10 > 0)
            drawn[name] = np.where(open_, filled, codes[name]).astype(np.uint8)
        score = base.children["score"].to_numpy() + np.array([rng.gauss(0, 0.5) for _ in range(n)])
        draws.append(distribution.Draw(drawn, score))
    sites = base.sites.assign(postcode4=[rng.choice(areas) for _ in range(len(base.sites))])
    return Case(base, children, sites, draws)


def way(kind: str, seed: int) -> dict[str, Any]:
    """A row of the rules, of one kind, as a file has it."""
    rng = random.Random(f"{kind} {seed}")
    shares = sorted(rng.sample([0.05, 0.1, 0.15, 0.2, 0.25, 0.4], rng.randint(1, 4)))
    falling = sorted((rng.choice([0.5, 1, 2.25, 3, 5]) for _ in shares), reverse=True)
    parents = {"education_father": [1, 2], "education_mother": [1]}
    weights = sorted([rng.choice([1, 2, 1.2]), rng.choice([0.3, 0.5])], reverse=True)
    parameters: dict[str, dict[str, Any]] = {
        "own_weight": {"share": rng.choice([0.05, 0.15, 0.25]),
                       "distance": rng.choice(["mean", "boundary"])},
        "percentiles": {"shares": shares, "weights": falling},
        "deciles": {"weights": falling},
        "decision_rules": {"questions": [
            {"when": parents, "weight": 2},
            {"when": {"origin": [2], "residence_mother": [1]}, "weight": rng.choice([0, 0.5])},
            {"when": {"education_mother": [1, 2]}, "weight": 0.7},
        ]},
        "learned": {"columns": ["education_mother", "origin", "residence_mother"],
                    "depth": rng.randint(1, 3), "large": 0.1, "middling": 0.3, "weights": weights},
        "ramp": {"full": rng.choice([0.05, 0.1]), "none": rng.choice([0.2, 0.3])},
        "logistic": {"share": 0.15, "width": rng.choice([0.5, 2.0])},
        "gewichtenregeling": {"primary": [1], "low": [2], "weights": [1.2, 0.3],
                              "cap": rng.choice([0.4, 0.8]), "impulse": rng.choice([0.0, 0.4]),
                              "impulse_weight": 0.46},
    }  # fmt: skip
    return {
        "label": kind, "label_nl": kind, "choice": "law",
        "threshold": rng.choice([0.0, 0.05, 0.12]), "threshold_municipalities": 0.05,
        "average": rng.choice(["child", "school"]), "decimals": rng.choice([0, 2]),
        "small": rng.choice([0, 0, 15]), kind: parameters[kind],
    }  # fmt: skip


def rules(**ways: dict[str, Any]) -> distribution.Rules:
    """Rules with these ways, the first of them in the place of the law, as checked as a file."""
    named = {
        name: row | {"choice": "law" if number == 0 else "groups"}
        for number, (name, row) in enumerate(ways.items())
    }
    values = {"sizes": [10, 20], "lowest": 0.15, "jump": 0.5, "variants": named}
    made: distribution.Rules = checked.check(
        values, distribution.Rules, locate=lambda _keys: ("case", 0)
    )
    return made


def _codes(rng: random.Random, n: int, codes: tuple[int, ...], *, unknown: float) -> np.ndarray:
    drawn = [UNKNOWN if rng.random() < unknown else rng.choice(codes) for _ in range(n)]
    return np.array(drawn, dtype=np.uint8)
