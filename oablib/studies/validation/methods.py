"""What each method makes of a delivered cohort: data sets to be analysed and pooled."""

import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from numpy.typing import NDArray

from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics import imputation, sem, two_step, weighting
from oablib.statistics.sem import SemFit
from oablib.statistics.two_step import TwoStep, scale_values
from oablib.statistics.two_step.analysis import WEIGHT
from oablib.statistics.weighting import Weighted
from oablib.studies.validation.cohorts import Drawn
from oablib.studies.validation.settings import Kind, Method, Shared
from oablib.synthetic import Truth


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """Data sets without unknown education; weights of their children, and how they came about."""

    frames: list[pd.DataFrame]
    weights: NDArray | None = None
    weighted: Weighted | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """Both steps on each data set.

    wider: with the path that the cohorts have and the model leaves out. candidates: wider, and
    one null path in addition, by its name. by_truth, by_truth_wider: the same models on the true
    scale values.
    """

    steps: list[TwoStep]
    wider: list[TwoStep]
    candidates: Mapping[str, list[SemFit]]
    by_truth: list[SemFit]
    by_truth_wider: list[SemFit]


def data(drawn: Drawn, *, method: Method, shared: Shared) -> Data:
    """The data sets that a method makes; raises what the method raises."""
    return _MAKERS[method.kind](drawn, method, shared)


def fitted(made: Data, *, truth: Truth, shared: Shared) -> Fitted:
    """Scale values and models on each data set."""
    settings, model = shared.settings, shared.model
    wider = replace(model, indirect=(*model.indirect, settings.added_path))
    steps = _two_steps(made, model=model, table=shared.table)
    own = [step.values.table for step in steps]
    true = [_true_values(values, truth=truth, model=model) for values in own]
    ready, exact = (_prepared(made, values, shared=shared) for values in (own, true))
    texts = {
        path: f"{wider.syntax}\n{settings.outcome_of_paths} ~ {path}"
        for path in settings.null_paths
    }
    return Fitted(
        steps=steps,
        wider=_two_steps(made, model=wider, table=shared.table),
        candidates={path: [sem.fit(text, each) for each in ready] for path, text in texts.items()},
        by_truth=[sem.fit(model.syntax, each) for each in exact],
        by_truth_wider=[sem.fit(wider.syntax, each) for each in exact],
    )


def _two_steps(made: Data, *, model: Model, table: Table) -> list[TwoStep]:
    return [
        two_step.fit(frame, model=model, table=table, weights=made.weights) for frame in made.frames
    ]


def _true_values(values: pd.DataFrame, *, truth: Truth, model: Model) -> pd.DataFrame:
    true = [value for name in model.scaled for value in truth.scale_values[name]]
    return values.assign(value=true)


def _prepared(made: Data, values: list[pd.DataFrame], *, shared: Shared) -> list[sem.Prepared]:
    """Rows as `two_step.fit` gives them to a model, summed up once for several models."""
    model, weights = shared.model, made.weights
    names = (model.outcome, model.mediator, *model.direct)
    result = []
    for frame, own in zip(made.frames, values, strict=True):
        scaled = scale_values.apply(
            frame, values=own, model=model, table=shared.table, weights=weights
        )
        weight = None if weights is None else WEIGHT
        data = scaled if weight is None else scaled.assign(**{weight: weights})
        result.append(sem.prepare(data, names, cluster=model.cluster, weights=weight))
    return result


def _complete(drawn: Drawn, method: Method, shared: Shared) -> Data:
    return Data([drawn.complete])


def _complete_cases(drawn: Drawn, method: Method, shared: Shared) -> Data:
    known = drawn.delivered[list(shared.model.imputed)].notna().all(axis=1)
    return Data([drawn.delivered[known].reset_index(drop=True)])


def _imputed(drawn: Drawn, method: Method, shared: Shared) -> Data:
    filled = imputation.impute(
        drawn.delivered,
        model=shared.model,
        table=shared.table,
        rule=imputation.rule(method.rule),
        m=shared.settings.imputations,
        iterations=method.iterations or shared.settings.iterations,
        seed=drawn.seed,
        school_level=method.school_level,
    )
    return Data(imputation.all_completed(drawn.delivered, cells=filled.cells))


def _weighted(drawn: Drawn, method: Method, shared: Shared) -> Data:
    weighted = weighting.weights(
        drawn.delivered,
        model=shared.model,
        table=shared.table,
        rule=weighting.rule(method.rule),
        pupils=drawn.pupils,
    )
    frame = weighting.complete(drawn.delivered, weighted=weighted)
    return Data([frame], weights=weighted.weights, weighted=weighted)


def _by_mice(drawn: Drawn, method: Method, shared: Shared) -> Data:
    cells = impute(
        drawn.delivered,
        model=shared.model,
        table=shared.table,
        m=shared.settings.imputations,
        iterations=method.iterations or shared.settings.iterations,
        seed=drawn.seed,
    )
    return Data(imputation.all_completed(drawn.delivered, cells=cells))


_MAKERS: Mapping[Kind, Callable[[Drawn, Method, Shared], Data]] = {
    "complete": _complete,
    "complete_cases": _complete_cases,
    "imputation": _imputed,
    "weighting": _weighted,
    "mice": _by_mice,
}

SCRIPT = Path(__file__).with_name("mice_pmm.R")
VERSION = "cat(as.character(packageVersion('mice')))"


@cache
def version() -> str:
    """Version of mice; empty where R or mice is absent."""
    if not shutil.which("Rscript"):
        return ""
    command = ["Rscript", "--vanilla", "-e", VERSION]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


def impute(
    frame: pd.DataFrame, *, model: Model, table: Table, m: int, iterations: int, seed: int
) -> pd.DataFrame:
    """Cells filled by mice's pmm on the codes: child, variable, imputation, value.

    Predictors are the model's columns and its auxiliary ones, categories as factors but for the
    unknown ones, whose codes are taken as numbers; the school is not among them. Raises
    subprocess.CalledProcessError when R fails.
    """
    wanted = [name for name in (*model.columns, *model.auxiliary) if name != model.cluster]
    chosen = frame[list(dict.fromkeys(wanted))]
    known = [str(name) for name in chosen if name not in model.imputed]
    factors = [name for name in known if table.column(name).categories]
    with TemporaryDirectory() as folder:
        read, written = Path(folder, "read.csv"), Path(folder, "written.csv")
        chosen.to_csv(read, index=False)
        numbers = [str(number) for number in (m, iterations, seed)]
        command = ["Rscript", "--vanilla", str(SCRIPT), str(read), str(written), *numbers]
        subprocess.run([*command, ",".join(factors)], check=True, capture_output=True)
        cells = pd.read_csv(written)
    cells.insert(0, "child", frame["child"].to_numpy()[cells.pop("row") - 1])
    return cells
