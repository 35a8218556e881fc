"""Methods beside each other: with and without the school level, weighting and imputation."""

import pandas as pd

from oablib.studies.validation.performance import QUANTITY
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
    path to intelligence, which is null, the rates of "mean AIC", "mean index", "robust index".
    """
    world = settings.batches[0].world
    context = direct["name"].str.startswith("school_mean_") & (direct["world"] == world)
    own = direct[context & (direct["n"] == n)].set_index("method")
    paths = added[(added["world"] == world) & (added["n"] == n)]
    rates = paths[paths["name"].str.startswith("school_mean_")].pivot(
        index="method", columns="rule", values="rate"
    )
    rules = [rule for rule in SHOWN if rule in rates]
    table = own[["truth", "bias", "bias_mce", "coverage"]].join(rates[rules])
    engines = [name for name, each in settings.methods.items() if each.kind == "imputation"]
    wanted = [settings.reference, *engines, *_of_kind(settings, "mice")]
    return table.loc[[name for name in wanted if name in table.index]].reset_index()


def both_errors(every: pd.DataFrame) -> pd.DataFrame:
    """Direct effects with the errors of two steps, and se_known, coverage_known beside them.

    every: performance.overview. Known errors take scale values as known, as published.
    """
    direct = every[every["kind"] == "direct"]
    known = direct[direct["detail"] == "known"].set_index(QUANTITY)[["se", "coverage"]]
    counted = direct[direct["detail"] == "two-step"]
    return counted.join(known.add_suffix("_known"), on=QUANTITY).reset_index(drop=True)


def rival_n(frame: pd.DataFrame, *, settings: Settings) -> int:
    """The largest n at which weighting stands beside the default method in `frame`."""
    kinds = {"weighting", settings.methods[settings.default].kind}
    own = frame[frame["world"] == settings.batches[0].world]
    there = own.assign(kind=[settings.methods[name].kind for name in own["method"]])
    found = there[there["kind"].isin(kinds)].groupby("n")["kind"].nunique()
    return int(found.index[found == len(kinds)].max())


def rivals(direct: pd.DataFrame, *, settings: Settings, n: int) -> pd.DataFrame:
    """Weighting and complete cases beside the default method, per direct effect.

    Columns name, method, bias, bias_mce, sd, se, coverage, width, and width_ratio: the interval
    in units of that of the default method.
    """
    own = direct[(direct["n"] == n) & (direct["world"] == settings.batches[0].world)]
    order = [settings.default, *_of_kind(settings, "weighting", "complete_cases")]
    part = own[own["method"].isin(order)]
    width = part[part["method"] == settings.default].set_index("name")["width"]
    columns = ["name", "method", "bias", "bias_mce", "sd", "se", "coverage", "width"]
    return part[columns].assign(width_ratio=part["width"] / part["name"].map(width))


def by_rule(added: pd.DataFrame, *, settings: Settings, n: int, world: str) -> pd.DataFrame:
    """Rates at which null paths are added: one row a method and path, one column a rule.

    path: the school mean, or the mean over all others. The first row, method "nominal rate",
    holds what a test that keeps its level would give.
    """
    own = added[(added["n"] == n) & (added["world"] == world)]
    context = own["name"].str.startswith("school_mean_")
    own = own.assign(path=own["name"].where(context, "other null paths"))
    shares = own.groupby(["path", "method", "rule"], sort=False)["rate"].mean().unstack("rule")
    level = own.groupby("rule", sort=False)["nominal"].mean()
    order = [rule for rule in RULES if rule in shares]
    known = [name for name in settings.methods if name in shares.index.get_level_values("method")]
    paths = shares.index.get_level_values("path").unique()
    rows = shares.reindex([(path, name) for path in paths for name in known]).reset_index()
    first = pd.DataFrame([{"path": "all", "method": "nominal rate", **level}])
    return pd.concat([first, rows], ignore_index=True)[["path", "method", *order]]


def _of_kind(settings: Settings, *kinds: str) -> list[str]:
    return [name for name, method in settings.methods.items() if method.kind in kinds]
