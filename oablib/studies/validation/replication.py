"""One replication of one method: the whole chain on one cohort, as rows."""

import time
from collections.abc import Iterator
from subprocess import SubprocessError

import numpy as np
import pandas as pd
from scipy.special import chdtrc, stdtrit

from oablib.base.errors import OabError
from oablib.protocol import models
from oablib.protocol.codebook import load
from oablib.protocol.models import Model
from oablib.statistics import pooling, sem, weighting
from oablib.statistics.sem import SemFit
from oablib.statistics.two_step import scale_values
from oablib.studies.validation import cohorts, methods
from oablib.studies.validation.cohorts import Drawn, scaled_by_truth
from oablib.studies.validation.methods import Data, Fitted
from oablib.studies.validation.settings import Method, Settings, Shared, Task
from oablib.synthetic import Truth

NUMBERS = ["truth", "est", "se", "df", "fmi", "p"]
COLUMNS = ["world", "n", "method", "replication", "kind", "name", "detail", *NUMBERS]
FAILURES = (OabError, ArithmeticError, ValueError, SubprocessError)
TESTS = {"model-based": "d2", "robust": "d2_robust", "robust D1": "d1_robust"}
BY_TRUTH = ("model-based", "robust")
SIZES = ("small", "large")
ROUNDING = 1e-9  # points; what summing in another order may change in a mean
CRITERIA = {"mean": "delta_aic_mean", "D3": "delta_aic_d3", "D4": "delta_aic_d4"}


def rows_of(task: Task, *, settings: Settings) -> Iterator[tuple[str, pd.DataFrame]]:
    """Rows of each method of a task, with COLUMNS; the cohort is drawn once.

    kind, name, detail: "direct" effect, error "two-step" or "known" (scale values taken as known);
    "value", a scale value; "indirect" effect in the model, "indirect_wider" with the added path;
    "r2", adjusted; "index", of a null path given the added one, and "index_base", of judged paths
    in the model itself, detail "mean", "model-based" (D2), "robust" (D2), "robust D1"; both also
    "_by_truth", on true scale values, with two of these; "gain", of a null path in twice the
    log-likelihood, by "mean", "D3", "D4"; "school": see school_rows; "seconds" that the method
    took; "failed": name is the class of what was raised.
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
    fits = methods.fitted(made, truth=drawn.truth, shared=shared)
    parts = [
        _direct(fits, truth=drawn.truth, model=shared.model),
        _values(fits, truth=drawn.truth, model=shared.model),
        _indirect(fits, truth=drawn.truth, model=shared.model),
        _r2(fits),
        _indices(fits, settings=shared.settings),
        _gains(fits),
        school_rows(made, drawn=drawn, shared=shared).assign(kind="school"),
    ]
    return pd.concat(parts, ignore_index=True)


def _direct(fits: Fitted, *, truth: Truth, model: Model) -> pd.DataFrame:
    true = [truth.direct[name] for name in model.direct]
    errors = {
        "two-step": [step.counted for step in fits.steps],
        "known": [step.fit for step in fits.steps],
    }
    parts = []
    for detail, steps in errors.items():
        table = model.direct_rows(pooling.pool(steps).parameters).reset_index()
        numbers = table[["est", "se", "df", "fmi"]]
        parts.append(numbers.assign(name=model.direct, detail=detail, truth=true))
    return pd.concat(parts).assign(kind="direct")


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


def _indices(fits: Fitted, *, settings: Settings) -> pd.DataFrame:
    lhs = settings.outcome_of_paths
    fits_and_paths = {
        "index": ([step.fit for step in fits.wider], settings.null_paths),
        "index_base": ([step.fit for step in fits.steps], settings.judged_paths),
        "index_by_truth": (fits.by_truth_wider, settings.null_paths),
        "index_base_by_truth": (fits.by_truth, settings.judged_paths),
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


def school_rows(made: Data, *, drawn: Drawn, shared: Shared) -> pd.DataFrame:
    """Mothers' mean education by school against the truth; columns name, detail, est.

    By size of school: bias, rmse, width, coverage, without. Both means use the true scale values,
    so that only the composition differs. Errors are of unknown education alone, because all
    children of the cohort are there: over imputations the variance is (1 + 1/m) between, with m - 1
    degrees of freedom; of weighting, that of the response, with the school's known children
    minus 1. width: of the 95 % interval; without: share of schools for which there is no mean
    (weighting, with no known child).
    """
    truth = _means(drawn.complete, drawn=drawn, shared=shared)
    est, margin = _estimates(made, drawn=drawn, shared=shared)
    est, margin = est.reindex(truth.index), margin.reindex(truth.index)
    small = drawn.pupils.reindex(truth.index) < shared.settings.small_school
    parts = [
        _summary(est[some], margin[some], truth=truth[some]).assign(name=size)
        for size, some in zip(SIZES, (small, ~small), strict=True)
    ]
    return pd.concat(parts, ignore_index=True)


def _estimates(made: Data, *, drawn: Drawn, shared: Shared) -> tuple[pd.Series, pd.Series]:
    """Mean and half the width of its interval, by school."""
    if made.weighted is not None:
        codes = drawn.delivered[_column(shared)]
        scaled = scaled_by_truth(codes, truth=drawn.truth, table=shared.table)
        table = weighting.school_means(
            drawn.delivered.assign(scaled=scaled), weighted=made.weighted, column="scaled"
        ).set_index("school")
        return table["mean"], table["se"] * stdtrit(np.maximum(table["known"] - 1, 1), 0.975)
    series = [_means(frame, drawn=drawn, shared=shared) for frame in made.frames]
    if len(series) == 1:
        return series[0], series[0] * np.nan
    means, index = np.array(series), series[0].index
    between = means.var(axis=0, ddof=1)
    margin = stdtrit(len(means) - 1, 0.975) * np.sqrt((1 + 1 / len(means)) * between)
    return pd.Series(means.mean(axis=0), index), pd.Series(margin, index)


def _means(frame: pd.DataFrame, *, drawn: Drawn, shared: Shared) -> pd.Series:
    codes = frame[_column(shared)]
    scaled = pd.Series(scaled_by_truth(codes, truth=drawn.truth, table=shared.table), frame.index)
    return scaled.groupby(frame[shared.model.cluster]).mean()


def _column(shared: Shared) -> str:
    """The scaled variable whose school mean the model holds."""
    return next(iter(shared.model.school_means.values()))


def _summary(est: pd.Series, margin: pd.Series, *, truth: pd.Series) -> pd.DataFrame:
    gap = (est - truth).dropna()
    known = margin.dropna()
    # An interval without width is right where nothing was unknown: rounding is no miss.
    covered = (est - truth).abs()[known.index] <= known + ROUNDING
    numbers = {
        "bias": gap.mean(),
        "rmse": np.sqrt((gap**2).mean()),
        "width": 2 * known.mean(),
        "coverage": covered.mean() if len(known) else np.nan,
        "without": est.isna().mean(),
    }
    return pd.DataFrame({"detail": list(numbers), "est": list(numbers.values())})
