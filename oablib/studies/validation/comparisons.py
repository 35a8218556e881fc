"""Comparisons of methods: with and without the school level, weighting and imputation."""

import pandas as pd

from oablib.studies.validation.settings import Settings

RULES = (
    *("mean AIC", "D3 AIC", "D4 AIC", "mean BIC", "D3 BIC", "D4 BIC"),
    *("mean index", "model-based index", "robust index", "robust D1 index"),
)
SHOWN = ("mean AIC", "mean index", "robust index")


def school_level(
    direct: pd.DataFrame, *, added: pd.DataFrame, settings: Settings, n: int
) -> pd.DataFrame:
    """Engines with and without the school level: the effect of the school mean, and its path.

    direct: performance of direct effects; added: selection.false_positives. One row a method:
    method, truth, bias, bias_mce, coverage of the direct effect of the school mean, and for its
    path to intelligence, which is null, the rates of "mean AIC", "mean index", "robust index", and
    robust_mce, the Monte Carlo error of the last.
    """
    world = settings.world
    context = direct["name"].str.startswith("school_mean_") & (direct["world"] == world)
    effects = direct[context & (direct["n"] == n)].set_index("method")
    paths = added[(added["world"] == world) & (added["n"] == n)]
    null = paths[paths["name"].str.startswith("school_mean_")]
    rates = null.pivot(index="method", columns="rule", values="rate")
    rules = [rule for rule in SHOWN if rule in rates]
    table = effects[["truth", "bias", "bias_mce", "coverage"]].join(rates[rules])
    table["robust_mce"] = null[null["rule"] == SHOWN[-1]].set_index("method")["mce"]
    wanted = [settings.reference, *_of_kind(settings, "imputation"), *_of_kind(settings, "mice")]
    return table.loc[[name for name in wanted if name in table.index]].reset_index()


def school_pairs(frame: pd.DataFrame, *, settings: Settings) -> list[tuple[str, str]]:
    """Engines of `frame` with the school level, each with the same one without it."""
    there = [(name, settings.methods[name]) for name in settings.methods if name in {*frame.method}]
    engines = [(name, method) for name, method in there if method.kind == "imputation"]
    return [
        (name, other)
        for name, method in engines
        for other, without in engines
        if method.school_level and not without.school_level and without.rule == method.rule
    ]


def rival_n(frame: pd.DataFrame, *, settings: Settings) -> int:
    """The largest n for which `frame` has both weighting and the default method."""
    kinds = {"weighting", settings.methods[settings.default].kind}
    rows = frame[frame["world"] == settings.world]
    kind = rows["method"].map({name: method.kind for name, method in settings.methods.items()})
    counts = rows.assign(kind=kind.where(kind.isin(kinds))).groupby("n")["kind"].nunique()
    return int(counts.index[counts == len(kinds)].max())


def rivals(direct: pd.DataFrame, *, settings: Settings, n: int) -> pd.DataFrame:
    """Weighting and complete cases compared with the default method, per direct effect.

    Columns name, method, bias, bias_mce, sd, se, coverage, width, and width_ratio: the interval
    in units of that of the default method.
    """
    methods = [settings.default, *_of_kind(settings, "weighting", "complete_cases")]
    rows = direct[(direct["n"] == n) & (direct["world"] == settings.world)]
    part = rows[rows["method"].isin(methods)]
    width = part[part["method"] == settings.default].set_index("name")["width"]
    columns = ["name", "method", "bias", "bias_mce", "sd", "se", "coverage", "width"]
    return part[columns].assign(width_ratio=part["width"] / part["name"].map(width))


def by_rule(added: pd.DataFrame, *, settings: Settings, n: int, world: str) -> pd.DataFrame:
    """Rates at which null paths are added: one row a method and path, one column a rule.

    path: the school mean, or the mean over all others. The first row, method "nominal rate",
    holds what a test that keeps its level would give.
    """
    rates = added[(added["n"] == n) & (added["world"] == world)]
    context = rates["name"].str.startswith("school_mean_")
    rates = rates.assign(path=rates["name"].where(context, "other null paths"))
    shares = rates.groupby(["path", "method", "rule"], sort=False)["rate"].mean().unstack("rule")
    level = rates.groupby("rule", sort=False)["nominal"].mean()
    order = [rule for rule in RULES if rule in shares]
    known = [name for name in settings.methods if name in shares.index.get_level_values("method")]
    paths = shares.index.get_level_values("path").unique()
    rows = shares.reindex([(path, name) for path in paths for name in known]).reset_index()
    first = pd.DataFrame([{"path": "all", "method": "nominal rate", **level}])
    return pd.concat([first, rows], ignore_index=True)[["path", "method", *order]]


def _of_kind(settings: Settings, *kinds: str) -> list[str]:
    return [name for name, method in settings.methods.items() if method.kind in kinds]
