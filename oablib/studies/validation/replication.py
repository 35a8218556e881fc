"""One replication of one method: the whole chain on one cohort, as rows."""

import time
from collections.abc import Iterator
from subprocess import SubprocessError

import pandas as pd
from scipy.special import chdtrc

from oablib.base.errors import OabError
from oablib.protocol import models
from oablib.protocol.codebook import load
from oablib.protocol.models import Model
from oablib.statistics import pooling, sem
from oablib.statistics.sem import SemFit
from oablib.statistics.two_step import scale_values
from oablib.studies.validation import cohorts, methods, schools
from oablib.studies.validation.cohorts import Drawn
from oablib.studies.validation.methods import Fitted
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

    kind, name, detail: "direct" effect, error "two-step" or "known" (scale values taken as known);
    "value", a scale value; "indirect" effect in the model, "indirect_wider" with the added path;
    "r2", adjusted; "index", of a null path given the added one, and "index_base", of judged paths
    in the model itself, detail "mean", "model-based" (D2), "robust" (D2), "robust D1"; both also
    "_by_truth", on true scale values, with two of these; "gain", of a null path in twice the
    log-likelihood, by "mean", "D3", "D4"; "school": see schools.rows; "seconds" that the method
    took; "failed": name is the class of what was raised.
    """
    shared = Shared(settings, models.load(settings.model), load().table("cohort"))
    drawn = cohorts.draw(task, shared=shared)
    for name in task.methods:
        start = time.perf_counter()
        try:
            found = _rows(drawn, settings.methods[name], shared=shared)
        # A study of hours does not end with one data set; how many failed is told.
        except FAILURES as error:
            found = pd.DataFrame({"kind": ["failed"], "name": type(error).__name__})
        spent = pd.DataFrame({"kind": ["seconds"], "est": time.perf_counter() - start})
        rows = pd.concat([found, spent], ignore_index=True).reindex(columns=COLUMNS)
        rows[COLUMNS[:4]] = task.world, task.n, name, task.replication
        yield name, rows


def _rows(drawn: Drawn, method: Method, *, shared: Shared) -> pd.DataFrame:
    made = methods.data(drawn, method=method, shared=shared)
    fits = methods.fitted(made, truth=drawn.truth, shared=shared)
    parts = [
        _direct(fits, truth=drawn.truth, model=shared.model),
        _values(fits, truth=drawn.truth, model=shared.model),
        _indirect(fits, truth=drawn.truth, model=shared.model),
        _r2(fits),
        _indices(fits, settings=shared.settings),
        _gains(fits),
        schools.rows(made, drawn=drawn, shared=shared).assign(kind="school"),
    ]
    return pd.concat(parts, ignore_index=True)


def _direct(fits: Fitted, *, truth: Truth, model: Model) -> pd.DataFrame:
    parts = []
    errors = {"two-step": [each.counted for each in fits.steps]}
    errors["known"] = [each.fit for each in fits.steps]
    for detail, each in errors.items():
        own = model.direct_rows(pooling.pool(each).parameters)
        table = own.reset_index()[["est", "se", "df", "fmi"]]
        true = [truth.direct[name] for name in model.direct]
        parts.append(table.assign(name=model.direct, detail=detail, truth=true))
    return pd.concat(parts).assign(kind="direct")


def _values(fits: Fitted, *, truth: Truth, model: Model) -> pd.DataFrame:
    each = [step.values for step in fits.steps]
    q, u = scale_values.arrays(each)
    pooled = pooling.rubin(q, u, df_complete=each[0].n_clusters - 1)
    true = [value for name in model.scaled for value in truth.scale_values[name]]
    table = each[0].table.assign(truth=true)
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
        own = table[(table["lhs"] == model.outcome) & (table["effect"] == "indirect")]
        parts.append(own.rename(columns={"rhs": "name"}).assign(kind=kind))
    rows = pd.concat(parts)
    true = {name: path * truth.nscct_effect for name, path in truth.nscct_paths.items()}
    wider = rows["kind"] == "indirect_wider"
    rows["truth"] = rows["name"].map(true).where(wider)
    return rows[["kind", "name", "truth", "est", "se", "df", "fmi"]]


def _r2(fits: Fitted) -> pd.DataFrame:
    found = pd.DataFrame([dict(step.fit.r2_adjusted) for step in fits.steps]).mean()
    return pd.DataFrame({"kind": "r2", "name": found.index, "est": found.to_numpy()})


def _indices(fits: Fitted, *, settings: Settings) -> pd.DataFrame:
    lhs = settings.outcome_of_paths
    asked = {
        "index": ([step.fit for step in fits.wider], settings.null_paths),
        "index_base": ([step.fit for step in fits.steps], settings.judged_paths),
        "index_by_truth": (fits.by_truth_wider, settings.null_paths),
        "index_base_by_truth": (fits.by_truth, settings.judged_paths),
    }
    parts = [
        _tests(each, [f"{lhs} ~ {path}" for path in paths]).assign(kind=kind)
        for kind, (each, paths) in asked.items()
    ]
    rows = pd.concat(parts)
    return rows[~rows["kind"].str.endswith("by_truth") | rows["detail"].isin(BY_TRUTH)]


def _tests(each: list[SemFit], candidates: list[str]) -> pd.DataFrame:
    """Indices and their p, by name and detail; of one data set they are its own."""
    if len(each) == 1:
        table = sem.modification_indices(each[0], candidates)
        found = {"mean": table["mi"], "model-based": table["mi"], "robust": table["mi_robust"]}
        p = {detail: chdtrc(1, statistic) for detail, statistic in found.items()}
    else:
        table = pooling.modification_indices(each, candidates)
        found = {"mean": table["mi_mean"]} | {how: table[test] for how, test in TESTS.items()}
        p = {"mean": chdtrc(1, table["mi_mean"])}
        p |= {how: table[f"p_{test}"] for how, test in TESTS.items()}
    parts = [
        pd.DataFrame({"name": table["rhs"], "detail": detail, "est": found[detail], "p": p[detail]})
        for detail in found
    ]
    return pd.concat(parts)


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
