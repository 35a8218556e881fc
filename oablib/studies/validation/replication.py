"""One replication of one method: the whole chain on one cohort, as rows."""

import time
from collections.abc import Iterator, Sequence
from subprocess import SubprocessError

import pandas as pd
from scipy.special import chdtrc

from oablib.base.errors import OabError
from oablib.protocol import models
from oablib.protocol.codebook import load
from oablib.protocol.models import Model
from oablib.statistics import pooling, sem
from oablib.statistics.sem import SemFit
from oablib.statistics.two_step import candidates, scale_values, sums
from oablib.studies.validation import cohorts, education, methods
from oablib.studies.validation.cohorts import Drawn
from oablib.studies.validation.methods import Data, Fitted
from oablib.studies.validation.settings import Method, Settings, Shared, Task
from oablib.synthetic import Truth

NUMBERS = ["truth", "est", "se", "df", "fmi", "p"]
COLUMNS = ["world", "n", "method", "replication", "kind", "name", "detail", *NUMBERS]
FAILURES = (OabError, ArithmeticError, ValueError, SubprocessError)
TESTS = {"model-based": "d2", "robust": "d2_robust", "robust D1": "d1_robust"}
BY_TRUTH = ("model-based", "robust")
CRITERIA = {"mean": "delta_aic_mean", "D3": "delta_aic_d3", "D4": "delta_aic_d4"}


def rows_of(task: Task, *, settings: Settings) -> Iterator[tuple[str, pd.DataFrame]]:
    """Rows of each method of a task, with COLUMNS; the cohort is drawn once.

    kind, name, detail: "direct" effect, by the default estimator ("jackknife", of the default
    method and complete data) or as published, error "two-step" or "known" (scale values taken as
    known); "value", a scale value; "indirect"
    effect in the model, "indirect_wider" with the added path; "r2", adjusted; "index", of a null
    path given the added one where it exists, and "index_base", of judged paths in the model
    itself, detail "mean", "model-based" (D2), "robust" (D2), "robust D1"; both also "_by_truth",
    on true scale values, with two of these; "path_test", of the added path: see _path_tests;
    "gain", of a null path in twice the log-likelihood, by "mean", "D3", "D4"; "drawn", "school":
    see education; "seconds" that the method took; "failed": name is the class of what was raised.
    """
    shared = Shared(settings, models.load(settings.model), load().table("cohort"))
    drawn = cohorts.draw(task, shared=shared)
    for name in task.methods:
        start = time.perf_counter()
        try:
            result = _rows(drawn, settings.methods[name], shared=shared)
        # A study of hours does not end with one data set; how many failed is reported.
        except FAILURES as error:
            result = pd.DataFrame({"kind": ["failed"], "name": type(error).__name__})
        seconds = pd.DataFrame({"kind": ["seconds"], "est": time.perf_counter() - start})
        rows = pd.concat([result, seconds], ignore_index=True).reindex(columns=COLUMNS)
        rows[COLUMNS[:4]] = task.world, task.n, name, task.replication
        yield name, rows


def _rows(drawn: Drawn, method: Method, *, shared: Shared) -> pd.DataFrame:
    made = methods.data(drawn, method=method, shared=shared)
    # Rivals are compared by the published estimator, for some of them have no other.
    judged = method.name in (shared.settings.default, shared.settings.reference)
    fits = methods.fitted(made, truth=drawn.truth, shared=shared, corrected=judged)
    parts = [
        _direct(fits, truth=drawn.truth, model=shared.model),
        _values(fits, truth=drawn.truth, model=shared.model),
        _indirect(fits, truth=drawn.truth, model=shared.model),
        _r2(fits),
        _indices(fits, null=methods.null_paths(drawn.truth, shared=shared), shared=shared),
        _path_tests(made, shared=shared),
        _gains(fits),
        education.drawn_rows(made, drawn=drawn, shared=shared),
        education.school_rows(made, drawn=drawn, shared=shared),
    ]
    return pd.concat(parts, ignore_index=True)


def _direct(fits: Fitted, *, truth: Truth, model: Model) -> pd.DataFrame:
    true = [truth.direct[name] for name in model.direct]
    errors = {
        "two-step": [step.counted for step in fits.steps],
        "known": [step.fit for step in fits.steps],
    }
    tables = {
        detail: model.direct_rows(pooling.pool(steps).parameters)
        for detail, steps in errors.items()
    }
    if fits.direct is not None:
        tables["jackknife"] = fits.direct
    parts = [
        table[["est", "se", "df", "fmi"]].assign(name=model.direct, detail=detail, truth=true)
        for detail, table in tables.items()
    ]
    return pd.concat(parts, ignore_index=True).assign(kind="direct")


def _values(fits: Fitted, *, truth: Truth, model: Model) -> pd.DataFrame:
    values = [step.values for step in fits.steps]
    q, u = scale_values.arrays(values)
    pooled = pooling.rubin(q, u, df_complete=values[0].n_clusters - 1)
    true = [value for name in model.scaled for value in truth.scale_values[name]]
    table = values[0].table.assign(truth=true)
    free = table[table["se"] > 0]
    numbers = {"est": pooled.est, "se": pooled.se, "df": pooled.df, "fmi": pooled.fmi}
    names = (free["variable"] + "=" + free["category"]).to_numpy()
    rows = pd.DataFrame({"name": names, "truth": free["truth"].to_numpy(), **numbers})
    return rows.assign(kind="value")


def _indirect(fits: Fitted, *, truth: Truth, model: Model) -> pd.DataFrame:
    """With the added path the truth is that of the cohort; without it there is none to name."""
    parts = []
    for kind, steps in {"indirect": fits.steps, "indirect_wider": fits.wider}.items():
        table = pooling.effects([step.counted for step in steps])
        rows = table[(table["lhs"] == model.outcome) & (table["effect"] == "indirect")]
        parts.append(rows.rename(columns={"rhs": "name"}).assign(kind=kind))
    rows = pd.concat(parts)
    true = {name: path * truth.nscct_effect for name, path in truth.nscct_paths.items()}
    wider = rows["kind"] == "indirect_wider"
    rows["truth"] = rows["name"].map(true).where(wider)
    return rows[["kind", "name", "truth", "est", "se", "df", "fmi"]]


def _r2(fits: Fitted) -> pd.DataFrame:
    r2 = pd.DataFrame([dict(step.fit.r2_adjusted) for step in fits.steps]).mean()
    return pd.DataFrame({"kind": "r2", "name": r2.index, "est": r2.to_numpy()})


def _indices(fits: Fitted, *, null: Sequence[str], shared: Shared) -> pd.DataFrame:
    lhs, judged = shared.settings.outcome_of_paths, shared.settings.judged_paths
    fits_and_paths = {
        "index": ([step.fit for step in fits.wider], null),
        "index_base": ([step.fit for step in fits.steps], judged),
        "index_by_truth": (fits.by_truth_wider, null),
        "index_base_by_truth": (fits.by_truth, judged),
    }
    parts = [
        _tests(models, [f"{lhs} ~ {path}" for path in paths]).assign(kind=kind)
        for kind, (models, paths) in fits_and_paths.items()
    ]
    rows = pd.concat(parts)
    return rows[~rows["kind"].str.endswith("by_truth") | rows["detail"].isin(BY_TRUTH)]


def _tests(fits: list[SemFit], candidates: list[str]) -> pd.DataFrame:
    """Indices and their p, by name and detail; of one data set they are its own."""
    if len(fits) == 1:
        table = sem.modification_indices(fits[0], candidates)
        index = {"mean": table["mi"], "model-based": table["mi"], "robust": table["mi_robust"]}
        p = {detail: chdtrc(1, statistic) for detail, statistic in index.items()}
    else:
        table = pooling.modification_indices(fits, candidates)
        index = {"mean": table["mi_mean"]} | {name: table[test] for name, test in TESTS.items()}
        p = {"mean": chdtrc(1, table["mi_mean"])}
        p |= {name: table[f"p_{test}"] for name, test in TESTS.items()}
    parts = [
        pd.DataFrame({"name": table["rhs"], "detail": detail, "est": index[detail], "p": p[detail]})
        for detail in index
    ]
    return pd.concat(parts)


def _path_tests(made: Data, *, shared: Shared) -> pd.DataFrame:
    """p of the tests that decide on the added path, in the model without it; robust.

    detail: "scaled", "joint" or "combined" (see two_step.candidates), then "D2" or "D1", or "D2"
    alone for a single data set. Absent for methods with weights or incomplete data.
    """
    if made.incomplete or made.weights is not None:
        return pd.DataFrame()
    model, added = shared.model, shared.settings.added_path
    read = [sums.products(frame, model=model, table=shared.table) for frame in made.frames]
    found = candidates.score_tests(read, indirect=model.indirect, names=[added])[added]
    p = found.p_values()
    return pd.DataFrame(
        {"kind": "path_test", "name": added, "detail": list(p), "p": list(p.values())}
    )


def _gains(fits: Fitted) -> pd.DataFrame:
    """Gain in twice the log-likelihood by each null path; of one data set there is only one."""
    several = len(fits.wider) > 1
    compared = pooling.compare({"": [step.fit for step in fits.wider], **fits.candidates})
    table = compared.set_index("model").loc[list(fits.candidates)]
    parts = [
        # AIC falls by the gain and rises by 2 for the parameter.
        pd.DataFrame({"name": table.index, "detail": detail, "est": 2 - table[column].to_numpy()})
        for detail, column in CRITERIA.items()
        if several or detail == "mean"
    ]
    return pd.concat(parts).assign(kind="gain")
