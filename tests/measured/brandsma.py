"""Tests and background that real pupils lack, imputed and analysed beside mice and semTools.

    python3 nox.py -s brandsma [-- --imputations 50]

All 4,106 pupils of 216 schools that mice has as `brandsma` (Brandsma & Knuver, 1989, Int. J. Educ.
Res. 13:777). Outcome, mediator, ten more pupil variables and two of the school are named as
imputed. Both sides impute by chained equations with means of schools among the predictors: R by
mice.impute.pmm (and polyreg for the denomination of a school), this project as runs do. Beside
both stands full information on the pupils as they are, auxiliary variables as saturated correlates
(Graham, 2003, Struct. Equ. Modeling 10:80). Pupils and results stay in a temporary folder; the
table goes to standard output, and the exit code is 1 when a path or its error is further away from
mice than was named beforehand.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd
import yaml

from oablib import intake, params, pooling, sem
from oablib.protocol import codebook, models
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics.two_step import scale_values
from tests.measured import replications

SCRIPT = Path(__file__).parent / "r" / "brandsma.R"
IMPUTATIONS, ROUNDS, SEED = 50, 10, 1
# Named before the first run: distance of estimates in standard errors, and of errors relatively.
APART, ERROR_APART = 0.3, 0.10

NAMES = {
    "pup": "child_id",
    "sch": "school_id",
    "lpo": "language_after",
    "lpr": "language_before",
    "apo": "arithmetic_after",
    "apr": "arithmetic_before",
    "iqv": "iq_verbal",
    "iqp": "iq_performal",
    "ses": "ses",
    "sex": "sex",
    "min": "ethnic_minority",
    "rpg": "repeated_grades",
    "den": "denomination",
    "ssi": "school_ses",
}
"""Name in the data -> name in the codebook."""

CATEGORIES = {"sex": [0, 1], "min": [0, 1], "den": [1, 2, 3, 4]}
RANGES = {"iqv": (-20, 20), "iqp": (-20, 20), "ses": (-40, 40), "rpg": (0, 5)}
OF_SCHOOL = ("sch", "den", "ssi")
IMPUTED = ("lpo", "iqv", "ses", "sex", "min", "rpg", "den", "ssi", "iqp", "lpr", "apr", "apo")


def column(name: str) -> dict[str, object]:
    """An entry of the codebook."""
    label = {"nl": NAMES[name], "en": NAMES[name], "source": "brandsma"}
    if name in ("pup", "sch"):
        kind: dict[str, object] = {"type": "id"}
    elif name in CATEGORIES:
        codes = [
            {"code": code, "key": f"code_{code}", "nl": f"code {code}", "en": f"code {code}"}
            for code in CATEGORIES[name]
        ]
        kind = {"type": "category", "categories": codes, "nullable": True}
    else:
        limits = list(RANGES.get(name, (0, 100)))
        kind = {"type": "number", "range": limits, "unit": "points", "unit_nl": "punten"}
        kind["nullable"] = True
    level = "school" if name in OF_SCHOOL else "child"
    return {"aliases": [name], "level": level, **label, **kind}


def own_project(folder: Path) -> None:
    """A codebook and a model of these pupils, beside the rules of the project."""
    real = params.root() / "params"
    for kind in ("rules", "models"):
        (folder / "params" / kind).mkdir(parents=True)
        for path in (real / kind).glob("*.yaml"):
            (folder / "params" / kind / path.name).symlink_to(path)
    (folder / "notebooks").mkdir()
    book = {
        "title": "Brandsma's pupils",
        "source": "brandsma of mice",
        "obtain": "from mice",
        "dialect": {"delimiter": ",", "decimal": ".", "encoding": "utf-8"},
        "refused_columns": ["name"],
        "lists": {},
        "tables": {
            "cohort": {
                "title": "one row a pupil",
                "keys": ["child_id"],
                "columns": {NAMES[name]: column(name) for name in NAMES},
            }
        },
    }
    model = {
        "title": "Brandsma's pupils",
        "source": "own",
        "codebook": "brandsma",
        "outcome": NAMES["lpo"],
        "mediator": NAMES["iqv"],
        "cluster": NAMES["sch"],
        "wave": "",
        "imputed": [NAMES[name] for name in IMPUTED],
        "scaled": {},
        "dummies": {
            "girl": ["sex", "code_1"],
            "minority": [NAMES["min"], "code_1"],
            **{f"den_{code}": ["denomination", f"code_{code}"] for code in (2, 3, 4)},
        },
        "numeric": ["ses", NAMES["rpg"]],
        "school_means": {"school_mean_ses": "ses"},
        "direct": ["ses", "minority", "girl", NAMES["rpg"], "den_2", "den_3", "den_4",
                   "school_mean_ses"],
        "indirect": ["ses", "minority"],
        "auxiliary": [NAMES[name] for name in ("iqp", "lpr", "apr", "apo", "ssi")],
    }  # fmt: skip
    for kind, name, content in (("rules", "brandsma", book), ("models", "brandsma", model)):
        text = yaml.safe_dump(content, sort_keys=False)
        (folder / "params" / kind / f"{name}.yaml").write_text(text, encoding="utf-8")
    os.environ["OAB_ROOT"] = str(folder)


def pooled_here(frame: pd.DataFrame, *, model: Model, m: int, rounds: int) -> pd.DataFrame:
    """Paths of the model, lhs, rhs, est and se, by imputation and pooling."""
    completed = replications.completed(
        frame, model=model, table=table(), m=m, iterations=rounds, seed=SEED
    )
    fits = [
        sem.fit(model.syntax, columns(filled, model=model), cluster=model.cluster)
        for filled in completed
    ]
    return paths(pooling.pool(fits).parameters)


def full_information(frame: pd.DataFrame, *, model: Model) -> pd.DataFrame:
    """The same paths, without imputation."""
    tests, predictors = [model.outcome, model.mediator], list(model.direct)
    text = [model.syntax, *covariances(predictors, [])]
    text += covariances(list(model.auxiliary), [*tests, *predictors])
    data = columns(frame, model=model).assign(**frame[list(model.auxiliary)])
    found = sem.fit("\n".join(text), data, cluster=model.cluster, missing="fiml")
    return paths(found.parameters)


def covariances(names: list[str], others: list[str]) -> list[str]:
    """Lines that free all covariances among names and with others."""
    return [
        f"{name} ~~ {' + '.join([*names[place:], *others])}" for place, name in enumerate(names)
    ]


def table() -> Table:
    """Columns of the pupils."""
    return codebook.load("brandsma").table("cohort")


def columns(frame: pd.DataFrame, *, model: Model) -> pd.DataFrame:
    """What the structural model reads; there are no scale values in it."""
    nothing = pd.DataFrame(columns=["variable", "code", "value"])
    return scale_values.apply(frame, values=nothing, model=model, table=table())


def paths(parameters: pd.DataFrame) -> pd.DataFrame:
    """Rows that are paths: lhs, rhs, est and se."""
    chosen = parameters.query("op == '~'")
    return chosen[["lhs", "rhs", "est", "se"]].reset_index(drop=True)


def beside(here: pd.DataFrame, there: pd.DataFrame, *, by: str) -> pd.DataFrame:
    """Both, with the distance of estimates in standard errors and that of errors relatively."""
    both = here.merge(there, on=["lhs", "rhs"], suffixes=("", f"_{by}"), validate="1:1")
    distances = {
        f"apart_{by}": (both["est"] - both[f"est_{by}"]) / both[f"se_{by}"],
        f"error_apart_{by}": both["se"] / both[f"se_{by}"] - 1,
    }
    return both.assign(**distances)


def main() -> None:
    """Print all sides; exit 1 when mice is further away than was named beforehand."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--imputations", type=int, default=IMPUTATIONS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        own_project(folder)
        pupils, found = folder / "pupils.csv", folder / "paths.csv"
        asked = [pupils, found, options.imputations, options.rounds]
        subprocess.run(["Rscript", "--vanilla", *map(str, (SCRIPT, *asked))], check=True)
        frame = intake.read(pupils, codebook=codebook.load("brandsma")).frame
        model = models.load("brandsma")
        here = pooled_here(frame, model=model, m=options.imputations, rounds=options.rounds)
        mice = pd.read_csv(found).replace({"lhs": NAMES, "rhs": NAMES})
        compared = beside(here, mice, by="mice")
        compared = beside(compared, full_information(frame, model=model), by="fiml")
    print(compared.round(4).to_string(index=False))
    for by in ("mice", "fiml"):
        apart, errors = (compared[f"{name}_{by}"].abs().max() for name in ("apart", "error_apart"))
        print(f"furthest from {by}: {apart:.3f} standard errors, errors {errors:.1%}")
    far = compared[["apart_mice", "error_apart_mice"]].abs().max()
    sys.exit(int(far["apart_mice"] > APART or far["error_apart_mice"] > ERROR_APART))


if __name__ == "__main__":
    main()
