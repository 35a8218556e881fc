"""Variants side by side: criteria as published and with scale values counted, fit, rank, flags."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import softmax

from oablib.analysis.selection import equations
from oablib.analysis.selection.design import Design, build_by
from oablib.analysis.selection.equations import Data, Likelihoods, Paths
from oablib.analysis.selection.settings import RankBy
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics.pooling import pooled_tests
from oablib.statistics.sem.results.measures import criteria

TOO_FEW = "too_few"
"""Code of a wave in which a category has fewer than 5 children, or columns are constant."""

COLUMNS = [
    "model", "title", "n", "k", "loglik", "aic", "bic", "k_given", "loglik_given", "aic_given",
    "bic_given", "k_with_scales", "delta_aic_mean", "delta_bic_mean", "delta_aic_d4",
    "delta_bic_d4", "weight_aic", "weight_bic", "chi2", "df", "p", "r2_adjusted",
    "r2_adjusted_without_mediator", "rank", "same_as", "flags", "columns", "children",
]  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Variant:
    """judged: the paths, with scaled variables that some variant leaves out as categories."""

    paths: Paths
    judged: Paths
    likelihoods: Likelihoods
    with_scales: int


def compare(design: Design, *, rank_by: RankBy) -> pd.DataFrame:
    """Variants of one design, one row each, the best first.

    title: of the model's file. n: children.
    k, loglik, aic, bic: joint likelihood of the variant's own variables, means over data sets, as
        published and as lavaan with fixed.x = FALSE prints; between variants with other variables
        they say nothing.
    k_given, loglik_given, aic_given, bic_given: of outcome and mediator given the predictors
        (fixed.x = TRUE), which can be compared whatever the predictors. k_with_scales: k_given, a
        scaled variable counted as all its estimated scale values; in an equation that it is not in
        in every variant, as its categories.
    delta_..._mean: aic_given and bic_given less the reference's. delta_..._d4: penalty by
        k_with_scales less the gain in fit, by a pooled likelihood ratio (D4) of each of the two
        against the model that has the paths of both. A scaled variable that some variant leaves
        out of an equation enters it by its categories. Negative: better than the reference.
    weight_aic, weight_bic: exp(-delta_d4 / 2), adding up to 1 (Burnham & Anderson, 2002, Model
        Selection and Multimodel Inference, p. 75).
    chi2, df, p: of the variant against all paths from all columns of the set (D4); rows of one
        school count as independent. r2_adjusted: of the outcome, mean over data sets, and that of
        the same predictors without the mediator (Ezekiel, 1930).
    rank: by delta_..._d4. same_as: the first variant with the very same paths. flags: codes with
    spaces between: first_by_aic, first_by_bic (and not by the other one), sign_aic, sign_bic (means
    and D4 disagree on which of reference and variant is better), or the code of a Refusal, for
    which columns or children are given.
    """
    data = equations.of_design(design)
    paths = {name: equations.of_model(model) for name, model in design.models.items()}
    judged = equations.by_categories(paths, categories=design.categories)
    variants = {name: _variant(design, data, paths[name], judged[name]) for name in paths}
    base = variants[design.reference.name]
    everything = tuple(name for name in design.columns if name != design.reference.outcome)
    all_paths = Paths(everything, everything[1:])
    full = _variant(design, data, all_paths, all_paths)
    table = pd.DataFrame([_row(design, data, each, base, full) for each in variants.values()])
    table["model"] = list(design.models)
    table["title"] = [model.title for model in design.models.values()]
    for name in ("aic", "bic"):
        table[f"weight_{name}"] = softmax(-table[f"delta_{name}_d4"] / 2)
    table["rank"] = table[f"delta_{rank_by}_d4"].rank(method="first").astype(int)
    table["same_as"] = _same_as([each.paths for each in variants.values()], [*variants])
    table["flags"] = [_flags(table, row) for row in table.index]
    return _with_refused(table.sort_values("rank", ignore_index=True), design)


def by_wave(
    frames: Sequence[pd.DataFrame],
    *,
    reference: Model,
    variants: Mapping[str, Model],
    table: Table,
    rank_by: RankBy,
) -> pd.DataFrame:
    """`compare` in each wave: wave, model, n, r2_adjusted, delta_..._d4, rank, flags.

    Scale values are estimated anew in each wave; one in which that fails has a row of the
    reference with the reason in flags, and no numbers. Raises as `build`.
    """
    shown = ["model", "n", "r2_adjusted", "delta_aic_d4", "delta_bic_d4", "rank", "flags"]
    codes, waves = pd.factorize(reference.waves(frames[0]).astype(str), sort=True)
    designs = build_by(
        frames, np.asarray(codes), reference=reference, variants=variants, table=table
    )
    absent = pd.DataFrame([{"model": reference.name, "flags": TOO_FEW}], columns=shown)
    parts = [
        (absent if design is None else compare(design, rank_by=rank_by)[shown]).assign(wave=wave)
        for wave, design in zip(waves, designs, strict=True)
    ]
    return pd.concat(parts, ignore_index=True)[["wave", *shown]]


def _variant(design: Design, data: Data, paths: Paths, judged: Paths) -> _Variant:
    with_scales = equations.parameters_with_scales(judged, costs=design.costs)
    return _Variant(paths, judged, data.likelihoods(paths), with_scales)


def _row(
    design: Design, data: Data, variant: _Variant, base: _Variant, full: _Variant
) -> dict[str, object]:
    paths, n = variant.paths, design.n
    used, given = {*paths.outcome, *paths.mediator}, equations.free_parameters(paths)
    predictors = design.indices([name for name in design.columns[2:] if name in used])
    of_predictors = equations.loglik_of_predictors(design.covariances, predictors, n=n).mean()
    moments = len(predictors) + len(predictors) * (len(predictors) + 1) // 2
    loglik = float(variant.likelihoods.own.mean())
    row: dict[str, object] = {"n": n}
    row |= _criteria(loglik + float(of_predictors), given + moments, n)
    row |= {f"{key}_given": value for key, value in _criteria(loglik, given, n).items()}
    row |= {"k_with_scales": variant.with_scales}
    row |= _differences(variant, base, data=data)
    row |= _fit(variant, full)
    implied, observed = data.implied_variance(paths), design.covariances[:, 0, 0]
    row["r2_adjusted"] = _r2_adjusted(design, paths.outcome, variance=implied)
    without = _r2_adjusted(design, paths.outcome[1:], variance=observed)
    return row | {"r2_adjusted_without_mediator": without}


def _criteria(loglik: float, k: int, n: int) -> dict[str, float]:
    return {"k": k, "loglik": loglik} | criteria(loglik, k=k, n=n)


def _differences(variant: _Variant, base: _Variant, *, data: Data) -> dict[str, float]:
    penalties = {name: float(each) for name, each in data.penalties.items()}
    extra = variant.paths.size - base.paths.size
    mean = 2 * float((variant.likelihoods.own - base.likelihoods.own).mean())
    gain = float(data.gain(variant.judged, base.judged))
    row = {f"delta_{name}_mean": penalty * extra - mean for name, penalty in penalties.items()}
    with_scales = variant.with_scales - base.with_scales
    return row | {f"delta_{key}_d4": each * with_scales - gain for key, each in penalties.items()}


def _fit(variant: _Variant, full: _Variant) -> dict[str, float]:
    """Pooled chi2 against the model with all paths; NaN where nothing is left out."""
    df = full.paths.size - variant.paths.size
    if not df:
        return {"chi2": np.nan, "df": 0, "p": np.nan}
    ratios = np.maximum(2 * (full.likelihoods.own - variant.likelihoods.own), 0.0)
    if len(ratios) == 1:
        test = pooled_tests.f_test("D4", float(ratios[0]) / df, df1=df, df2=np.inf, riv=0.0)
    else:
        whole = 2 * float(full.likelihoods.stacked - variant.likelihoods.stacked)
        test = pooled_tests.d4(ratios, whole, df)
    return {"chi2": test.chi2, "df": df, "p": test.p}


def _r2_adjusted(design: Design, predictors: Sequence[str], *, variance: NDArray) -> float:
    left = equations.residual_variance(design.covariances, 0, design.indices(predictors))
    share = left / variance
    return float((1 - share * (design.n - 1) / (design.n - 1 - len(predictors))).mean())


def _flags(table: pd.DataFrame, index: int) -> str:
    row, flags = table.loc[index], []
    best = {name: table[f"delta_{name}_d4"].idxmin() for name in ("aic", "bic")}
    if index in best.values() and best["aic"] != best["bic"]:
        flags.append("first_by_aic" if best["aic"] == index else "first_by_bic")
    flags += [
        f"sign_{name}"
        for name in ("aic", "bic")
        if (row[f"delta_{name}_mean"] < 0) != (row[f"delta_{name}_d4"] < 0)
    ]
    return " ".join(flags)


def _same_as(paths: Sequence[Paths], names: Sequence[str]) -> list[str]:
    """For each variant the first one before it with the same set of paths; empty without one."""
    first: dict[tuple[frozenset[str], ...], str] = {}
    result = []
    for each, name in zip(paths, names, strict=True):
        key = tuple(map(frozenset, each))
        result.append(first.get(key, ""))
        first.setdefault(key, name)
    return result


def _with_refused(table: pd.DataFrame, design: Design) -> pd.DataFrame:
    table = table.assign(columns="", children=0)
    if not design.refused:
        return table[COLUMNS]
    rows = [
        {
            "model": name,
            "same_as": "",
            "flags": why.code,
            "columns": " ".join(why.columns),
            "children": why.children,
        }
        for name, why in design.refused.items()
    ]
    return pd.concat([table, pd.DataFrame(rows)], ignore_index=True)[COLUMNS]
