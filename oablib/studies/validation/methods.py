"""What each method makes of a delivered cohort: data sets, and both steps fitted to them."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
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
from oablib.statistics.two_step import TwoStep, full_information, scale_values
from oablib.statistics.two_step.analysis import WEIGHT
from oablib.statistics.weighting import Weighted
from oablib.studies.validation.cohorts import Drawn
from oablib.studies.validation.settings import Method, Shared
from oablib.synthetic import Truth

SCRIPT = Path(__file__).with_name("mice_pmm.R")
Rows = sem.Prepared | pd.DataFrame
VERSION = "cat(as.character(packageVersion('mice')))"


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """Data sets; weights of their children, and how they came about.

    incomplete: education may be unknown in them, for full-information maximum likelihood.
    """

    frames: list[pd.DataFrame]
    weights: NDArray | None = None
    weighted: Weighted | None = None
    incomplete: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """Both steps on each data set.

    direct: the direct effects of the default estimator, pooled, rows as the model has them; None
    where they were not asked for. wider: with the path that the model leaves out, in worlds
    that have it. candidates: wider, and one null path in addition, by its name. by_truth,
    by_truth_wider: the same models on the true scale values.
    """

    steps: Sequence[TwoStep]
    direct: pd.DataFrame | None
    wider: Sequence[TwoStep]
    candidates: Mapping[str, list[SemFit]]
    by_truth: list[SemFit]
    by_truth_wider: list[SemFit]


def data(drawn: Drawn, *, method: Method, shared: Shared) -> Data:
    """The data sets that a method makes of a cohort; raises what the method raises."""
    frame, model, table = drawn.delivered, shared.model, shared.table
    if method.kind == "complete":
        return Data([drawn.complete])
    if method.kind == "fiml":
        return Data([frame], incomplete=True)
    if method.kind == "complete_cases":
        known = frame[list(model.imputed)].notna().all(axis=1)
        return Data([frame[known].reset_index(drop=True)])
    if method.kind == "weighting":
        rule = weighting.rule(method.rule)
        weighted = weighting.weights(
            frame, model=model, table=table, rule=rule, pupils=drawn.pupils
        )
        complete = weighting.complete(frame, weighted=weighted)
        return Data([complete], weights=weighted.weights, weighted=weighted)
    m, iterations = shared.settings.imputations, method.iterations or shared.settings.iterations
    if method.kind == "mice":
        cells = impute(frame, model=model, table=table, m=m, iterations=iterations, seed=drawn.seed)
    else:
        cells = imputation.impute(
            frame,
            model=model,
            table=table,
            rule=imputation.rule(method.rule),
            m=m,
            iterations=iterations,
            seed=drawn.seed,
            school_level=method.school_level,
        ).cells
    return Data(imputation.all_completed(frame, cells=cells))


def fitted(made: Data, *, truth: Truth, shared: Shared, corrected: bool) -> Fitted:
    """Scale values and models on each data set.

    corrected: whether to estimate direct effects by the default estimator as well; it takes
    neither weights nor unknown values.
    """
    model, added, null = shared.model, shared.settings.added_path, null_paths(truth, shared=shared)
    exists = added not in null
    wider = replace(model, indirect=(*model.indirect, added)) if exists else model
    steps, direct = _steps_and_direct(made, shared=shared, corrected=corrected)
    estimated = [step.values.table for step in steps]
    points = [value for name in model.scaled for value in truth.scale_values[name]]
    true = [values.assign(value=points) for values in estimated]
    ready, exact = (_prepared(made, values, shared=shared) for values in (estimated, true))
    texts = {path: f"{wider.syntax}\n{shared.settings.outcome_of_paths} ~ {path}" for path in null}
    return Fitted(
        steps=steps,
        direct=direct,
        wider=_two_steps(made, model=wider, table=shared.table) if exists else steps,
        candidates={path: _fits(text, ready, model=model) for path, text in texts.items()},
        by_truth=_fits(model.syntax, exact, model=model),
        by_truth_wider=_fits(wider.syntax, exact, model=model),
    )


def _fits(text: str, ready: list[Rows], *, model: Model) -> list[SemFit]:
    """One fit to each data set; rows that are not summed up may lack values."""
    return [
        sem.fit(text, data)
        if isinstance(data, sem.Prepared)
        else sem.fit(text, data, cluster=model.cluster, missing="fiml")
        for data in ready
    ]


def null_paths(truth: Truth, *, shared: Shared) -> tuple[str, ...]:
    """Predictors left out that do not act on intelligence, in truth."""
    added, others = shared.settings.added_path, shared.settings.null_paths
    return others if truth.nscct_paths[added] else (added, *others)


def _steps_and_direct(
    made: Data, *, shared: Shared, corrected: bool
) -> tuple[Sequence[TwoStep], pd.DataFrame | None]:
    """Both steps on each data set, and direct effects of the default estimator."""
    model, table = shared.model, shared.table
    if not corrected:
        return _two_steps(made, model=model, table=table), None
    found = two_step.analyse(made.frames, model=model, table=table)
    return found.steps, model.direct_rows(found.parameters)


def _two_steps(made: Data, *, model: Model, table: Table) -> list[TwoStep]:
    if made.incomplete:
        return [full_information.fit(frame, model=model, table=table) for frame in made.frames]
    return [
        two_step.fit(frame, model=model, table=table, weights=made.weights) for frame in made.frames
    ]


def _prepared(made: Data, values: list[pd.DataFrame], *, shared: Shared) -> list[Rows]:
    """Rows as `two_step.fit` gives them to a model, complete ones summed up for several models."""
    model, weights = shared.model, made.weights
    names = (model.outcome, model.mediator, *model.direct)
    weight = None if weights is None else WEIGHT
    prepared: list[Rows] = []
    for frame, table in zip(made.frames, values, strict=True):
        scaled = scale_values.apply(
            frame, values=table, model=model, table=shared.table, weights=weights
        )
        if made.incomplete:
            prepared.append(scaled)
            continue
        rows = scaled if weight is None else scaled.assign(**{weight: weights})
        prepared.append(sem.prepare(rows, names, cluster=model.cluster, weights=weight))
    return prepared


@cache
def version() -> str:
    """Version of mice; empty where R or mice is absent."""
    if not shutil.which("Rscript"):
        return ""
    command = ["Rscript", "--vanilla", "-e", VERSION]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    return process.stdout if process.returncode == 0 else ""


def impute(
    frame: pd.DataFrame, *, model: Model, table: Table, m: int, iterations: int, seed: int
) -> pd.DataFrame:
    """Cells filled by mice's pmm on the codes: child, variable, imputation, value.

    Predictors are the model's columns and its auxiliary ones, categories as factors but for the
    unknown ones, whose codes are taken as numbers; the school is not among them. Raises
    subprocess.CalledProcessError when R fails.
    """
    names = dict.fromkeys((*model.columns, *model.auxiliary))
    columns = [name for name in names if name != model.cluster]
    known = [name for name in columns if name not in model.imputed]
    factors = [name for name in known if table.column(name).categories]
    with TemporaryDirectory() as folder:
        read, written = Path(folder, "read.csv"), Path(folder, "written.csv")
        frame[columns].to_csv(read, index=False)
        arguments = [SCRIPT, read, written, m, iterations, seed, ",".join(factors)]
        command = ["Rscript", "--vanilla", *map(str, arguments)]
        subprocess.run(command, check=True, capture_output=True)
        cells = pd.read_csv(written)
    cells.insert(0, "child", frame["child"].to_numpy()[cells.pop("row") - 1])
    return cells
