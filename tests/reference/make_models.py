"""Make data/random_models.json: models and options that nobody chose.

Run `python tests/reference/make_models.py`. Chosen models show what their author thought of; these
combine labels, fixed values, residual covariances, groups, weights, clusters and likelihoods at
random (seeded). Half are paths between pupils' characteristics, half factors of test scores.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

SEED = 20212
PER_KIND = 16
FILE = Path(__file__).parent / "data" / "random_models.json"
CAUSES = ["education_father", "education_mother", "origin", "school_mean_education_mother"]
OUTCOMES = ["nscct", "debt_restructuring", "cito"]
FACTORS = {"visual": ("x1", "x2", "x3"), "textual": ("x4", "x5", "x6"), "speed": ("x7", "x8", "x9")}


def models() -> list[dict[str, Any]]:
    """Each with data (a file beside this one), text, and options of oablib.sem.fit."""
    rng = np.random.default_rng(SEED)
    kinds = [paths, factors] * PER_KIND
    return [kind(rng) for kind in kinds]


def paths(rng: np.random.Generator) -> dict[str, Any]:
    """One to three equations in a chain, on data/base_model.csv."""
    outcomes = OUTCOMES[-int(rng.integers(1, 4)) :]
    lines = []
    for place, outcome in enumerate(outcomes):
        causes = some(rng, CAUSES, least=2)
        terms = [*causes, *some(rng, outcomes[:place], least=0)]
        if rng.random() < 0.3:
            terms[:2] = [f"shared{place}*{name}" for name in terms[:2]]
        elif rng.random() < 0.3:
            terms[-1] = f"{rng.uniform(-0.5, 0.5):.2f}*{terms[-1]}"
        lines.append(f"{outcome} ~ {' + '.join(terms)}")
    if rng.random() < 0.3:
        lines.append(f"{outcomes[0]} ~ 1")
    classes = ("regressions", "intercepts", "residuals")
    options = {"group": "wave", "equal": some(rng, classes, least=0)} if rng.random() < 0.3 else {}
    options |= {"cluster": "school_id"} if rng.random() < 0.5 else {}
    options |= {"weights": "weight"} if rng.random() < 0.3 else {}
    return described("base_model", lines, options, rng)


def factors(rng: np.random.Generator) -> dict[str, Any]:
    """One to three factors, regressed on each other or on pupils, on holzinger_swineford.csv."""
    names = some(rng, list(FACTORS), least=1)
    lines = [f"{name} =~ {' + '.join(FACTORS[name])}" for name in names]
    for place, name in enumerate(names):
        causes = [*some(rng, names[:place], least=0), *some(rng, ["sex", "ageyr"], least=0)]
        if causes and rng.random() < 0.6:
            lines.append(f"{name} ~ {' + '.join(causes)}")
    if len(names) > 1 and rng.random() < 0.4:
        first, second = (FACTORS[name][int(rng.integers(1, 3))] for name in names[:2])
        lines.append(f"{first} ~~ {second}")
    if rng.random() < 0.3:
        marker, *rest = FACTORS[names[0]]
        lines[0] = f"{names[0]} =~ {marker} + {' + '.join(f'same*{x}' for x in rest)}"
    classes = ("loadings", "intercepts", "residuals", "lv_variances")
    options = {"group": "school", "equal": some(rng, classes, least=0)}
    return described("holzinger_swineford", lines, options if rng.random() < 0.4 else {}, rng)


def described(
    data: str, lines: list[str], options: dict[str, Any], rng: np.random.Generator
) -> dict[str, Any]:
    """Add likelihood and errors; plain errors only where nothing asks for robust ones."""
    options["likelihood"] = ("joint", "conditional")[int(rng.random() < 0.4)]
    if not options.keys() & {"cluster", "weights"} and rng.random() < 0.5:
        options["errors"] = ("expected", "observed")[int(rng.random() < 0.5)]
    return {"data": data, "text": "\n".join(lines), "options": options}


def some(rng: np.random.Generator, names: Any, *, least: int) -> list[str]:
    """Some of the names, at least so many, in their order."""
    names = list(names)
    count = int(rng.integers(least, len(names) + 1)) if names else 0
    chosen = sorted(rng.choice(len(names), size=count, replace=False)) if count else []
    return [names[i] for i in chosen]


if __name__ == "__main__":
    FILE.write_text(json.dumps(models(), indent=1) + "\n", encoding="utf-8")
