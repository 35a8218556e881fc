"""Make data/searches.json: models and moments at which a search may end badly, or on a limit.

Run `PYTHONPATH=. python tests/reference/make_searches.py`. All moments are invented: those of a
dozen samples of a bifactor model, and correlations that ask for variances below zero.
"""

import json
from pathlib import Path

import numpy as np

FILE = Path(__file__).parent / "data" / "searches.json"
ITEMS, ROWS = 8, 250
BIFACTOR = "\n".join(
    [
        "g =~ " + " + ".join(f"x{i + 1}" for i in range(ITEMS)),
        "s1 =~ x1 + x2 + x3 + x4",
        "s2 =~ x5 + x6 + x7 + x8",
        "g ~~ 0*s1 + 0*s2",
        "s1 ~~ 0*s2",
    ]
)
# Seeds at which lavaan ends properly, and higher or lower than one start from least squares did.
SEEDS = (0, 1, 3, 5, 6, 8, 10, 16, 17, 18, 41, 59)
BOUNDS = ("pos.var", "pos.ov.var", "pos.lv.var", "standard", "wide")
ONE = "f =~ x1 + x2 + x3 + x4"
TWO = "f =~ x1 + x2\ng =~ x3 + x4"
PATH = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\ng ~ f"
UNIT = "f =~ NA*x1 + x2 + x3 + x4\nf ~~ 1*f"


def bifactor_rows(seed: int) -> np.ndarray:
    """Eight items of a general and two specific factors, shape (250, 8)."""
    random = np.random.default_rng(seed)
    general = random.normal(size=ROWS)
    specific = random.normal(size=(ROWS, 2))
    columns = [
        general * 0.6 + specific[:, item // 4] * 0.4 + random.normal(size=ROWS) * 0.7
        for item in range(ITEMS)
    ]
    return np.array(columns).T


def of_loadings(*loadings: float, noise: float = 0.0) -> np.ndarray:
    """Correlations of one factor, some of whose loadings may exceed 1."""
    target = np.outer(loadings, loadings) + noise
    np.fill_diagonal(target, 1.0)
    return target


def of_two_factors(within: float, between: float, *, size: int) -> np.ndarray:
    target = np.full((2 * size, 2 * size), between)
    target[:size, :size] = target[size:, size:] = within
    np.fill_diagonal(target, 1.0)
    return target


def cases() -> list[dict]:
    """Name, text, n, covariance and bounds of each."""
    found = [
        case(f"bifactor {seed}", BIFACTOR, np.cov(bifactor_rows(seed).T, bias=True), ROWS)
        for seed in SEEDS
    ]
    for name, loadings in {"a": (1.1, 0.7, 0.7, 0.6), "b": (0.6, 1.2, 0.5, 0.4)}.items():
        moments = of_loadings(*loadings, noise=0.01)
        found += [case(f"one factor {name} {each}", ONE, moments, 300, each) for each in BOUNDS]
        found.append(case(f"unit variance {name}", UNIT, moments, 300, "pos.var"))
    for bounds in BOUNDS:
        apart = of_two_factors(0.5, 0.6, size=2)
        found.append(case(f"two factors {bounds}", TWO, apart, 300, bounds))
        found.append(case(f"path {bounds}", PATH, of_two_factors(0.5, 0.55, size=3), 300, bounds))
    return found


def case(name: str, text: str, cov: np.ndarray, n: int, bounds: str = "none") -> dict:
    return {"name": name, "text": text, "n": n, "bounds": bounds, "cov": cov.round(9).tolist()}


if __name__ == "__main__":
    lines = ",\n".join(json.dumps(each) for each in cases())
    FILE.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
