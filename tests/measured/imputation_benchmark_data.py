"""The file that oablib and mice both read: a synthetic cohort as delivered."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib import imputation, intake, synthetic
from oablib.protocol import models
from oablib.protocol.codebook import Table, load
from oablib.protocol.models import Model
from oablib.statistics.imputation import predictors, variables
from oablib.statistics.imputation.variables import Variable

from .benchmark_data import DECIMALS, SEED

FILE, ROLES = "incomplete.csv", "incomplete.json"


def write_incomplete(folder: Path, *, n: int) -> None:
    """FILE, one row a child, and ROLES: names of its columns by what mice is to make of them."""
    model, table = models.load("base"), load().table("cohort")
    frame = intake.in_memory(synthetic.draw(n=n, seed=SEED).children, table=table)
    school = of_school(frame, model=model, table=table)
    known, _ = predictors.fixed(frame, model=model, table=table, school_level=False)
    categories = [name for name in known if isinstance(known[name].dtype, pd.CategoricalDtype)]
    numbers = [*known.columns.difference(categories, sort=False), *school]
    roles = {"imputed": model.imputed, "categories": categories, "numbers": numbers}
    frame.assign(**school).round(DECIMALS).to_csv(folder / FILE, index=False)
    (folder / ROLES).write_text(json.dumps(roles), encoding="utf-8")


def of_school(frame: pd.DataFrame, *, model: Model, table: Table) -> dict[str, NDArray]:
    """What the chain sees of the school, as columns that stay: name -> (n,).

    The chain renews means of the imputed variables in each round; here unknown cells count as the
    mean of the known ones.
    """
    options = {"model": model, "table": table}
    known = predictors.fixed(frame, **options, school_level=True)[0]
    alone = predictors.fixed(frame, **options, school_level=False)[0]
    stay = {name: known[name].to_numpy() for name in known if name not in alone}
    school = pd.factorize(frame[model.cluster])[0]
    found = variables.read(frame, **options)
    means = {
        f"school_{each.name}": imputation.leave_one_out(_scores(each, frame), school=school)
        for each in found
    }
    return stay | means


def _scores(variable: Variable, frame: pd.DataFrame) -> NDArray:
    scores = variable.score(variable.inner(frame[variable.name])).copy()
    scores[variable.unknown] = np.mean(scores[~variable.unknown])
    return scores
