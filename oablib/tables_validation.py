"""Tables of the validation study. Nothing is computed here but percentages and words."""

from collections.abc import Mapping

import pandas as pd
from great_tables import GT

from oablib import tables
from oablib.wording import words

LABELS = {
    "bias_mce": "MC error of bias",
    "percent_bias": "bias, %",
    "bias_paired": "bias against complete data",
    "bias_paired_mce": "its MC error",
    "se_known": "se, scale values known",
    "coverage_known": "coverage, scale values known",
    "sd": "sd over replications",
    "se": "mean standard error",
    "coverage_mce": "MC error of coverage",
    "width": "width of interval",
    "width_ratio": "width, default = 1",
    "mce": "MC error",
    "reference": "complete data",
    "without": "schools without a mean",
    "rmse": "root mean squared error",
}
OTHERS = {"indirect_wider": "through intelligence: ", "r2": "adjusted R2: "}
SHARES = (
    "coverage",
    "coverage_mce",
    "coverage_known",
    "without",
    "significant",
    "large",
    "estimated",
    "true",
)


def design(frame: pd.DataFrame, *, labels: Mapping[str, str]) -> GT:
    """Replications, those that failed, and seconds of each method; frame: study.read_seconds."""
    note = "Seconds: median of a replication, without the drawing, other processes at work as well."
    named = _labelled(frame, labels).sort_values(["world", "n"], ascending=False, kind="stable")
    cohorts = [
        f"{words(world)}: {n:,} children"
        for world, n in zip(named["world"], named["n"], strict=True)
    ]
    shown = named.assign(cohorts=cohorts)[["cohorts", "method", "replications", "failed", "median"]]
    return tables.show(
        shown.rename(columns={"median": "seconds"}),
        caption="What was computed",
        about=note,
        groups="cohorts",
    )


def performance(
    frame: pd.DataFrame, *, what: str, labels: Mapping[str, str], about: str, digits: int = 3
) -> GT:
    """Bias, spread and coverage, in groups by quantity."""
    columns = ["truth", "bias", "bias_mce", "bias_paired", "bias_paired_mce", "sd", "se"]
    columns += ["se_known", "coverage", "coverage_mce", "coverage_known", "width", "fmi"]
    there = [name for name in columns if name in frame]
    named = _labelled(frame, labels)[["name", "method", *there]]
    return _show(
        named.assign(name=named["name"].map(words)),
        caption=f"Bias and coverage of {what}",
        about=f"MC error: Monte Carlo error (one standard error); {about}.",
        digits=digits,
        groups="name",
    )


def others(frame: pd.DataFrame, *, labels: Mapping[str, str], about: str) -> GT:
    """Indirect effects and explained variance."""
    names = frame["kind"].map(OTHERS) + frame["name"]
    return performance(
        frame.assign(name=names).drop(columns=["se_ratio"]),
        what="indirect effects and explained variance",
        labels=labels,
        about=f"R2: against the mean of complete data; {about}",
    )


def summary(frame: pd.DataFrame, *, what: str, labels: Mapping[str, str], about: str) -> GT:
    """Largest bias, spread of coverage and mean ratios by method.

    frame: name, method, bias, coverage, se_ratio, width, fmi.
    """
    groups = _labelled(frame, labels).groupby("method", sort=False)
    table = pd.DataFrame(
        {
            "largest bias": groups["bias"].agg(lambda bias: bias.abs().max()),
            "mean size of bias": groups["bias"].agg(lambda bias: bias.abs().mean()),
            "least coverage": groups["coverage"].min(),
            "mean coverage": groups["coverage"].mean(),
            "se / sd": groups["se_ratio"].mean(),
            "width of interval": groups["width"].mean(),
            "fmi": groups["fmi"].mean(),
        }
    ).reset_index()
    shares = ("least coverage", "mean coverage")
    return tables.show(table, caption=f"{what} by method", about=f"{about}.", shares=shares)


def school_level(frame: pd.DataFrame, *, labels: Mapping[str, str], about: str) -> GT:
    """The effect of the school mean, and its null path, with and without the school level."""
    rates = [str(name) for name in frame if str(name).endswith(("AIC", "index"))]
    labelled = _labelled(frame, labels)
    return _show(
        labelled,
        caption="The school mean, with and without the school level in the imputation",
        about="AIC and indices: how often the path from the school mean to intelligence, which is "
        f"not there, would be added; nominal are 15.7 % and 5 %; {about}.",
        digits=3,
        shares=rates,
    )


def rivals(frame: pd.DataFrame, *, labels: Mapping[str, str], about: str) -> GT:
    """Weighting and complete cases beside the default."""
    named = _labelled(frame, labels)
    return _show(
        named.assign(name=named["name"].map(words)),
        caption="Weighting and complete cases beside imputation: direct effects",
        about=f"{about}.",
        digits=3,
        groups="name",
    )


def schools(frame: pd.DataFrame, *, labels: Mapping[str, str], about: str) -> GT:
    """Means of schools, small ones apart."""
    named = _labelled(frame, labels).drop(columns=["world", "n"])
    return _show(
        named.assign(name=named["name"] + " schools"),
        caption="Mothers' mean education of a school against its true mean",
        about=f"Points of the scale; width and coverage of 95 % intervals; {about}.",
        digits=3,
        groups="name",
    )


def selection(frame: pd.DataFrame, *, labels: Mapping[str, str], about: str) -> GT:
    """How often a path that is not there is added, by rule."""
    rates = [str(name) for name in frame.columns[2:]]
    named = _labelled(frame, labels)
    return _show(
        named.assign(path=named["path"].map(words)),
        caption="How often a path that is not there would be added",
        about=f"AIC, BIC: better with the path; index: p under 0.05; {about}.",
        shares=rates,
        groups="path",
    )


def indices(frame: pd.DataFrame, *, labels: Mapping[str, str], large: float, about: str) -> GT:
    """Modification indices of judged paths."""
    named = _labelled(frame, labels)
    return _show(
        named.assign(name=named["name"].map(words)).rename(columns={"large": f"above {large:g}"}),
        caption="Modification indices of paths to intelligence",
        about=f"Significant: p under 0.05; {about}.",
        digits=1,
        shares=(f"above {large:g}",),
        groups="name",
    )


def verdicts(frame: pd.DataFrame, *, about: str) -> GT:
    """Promises and what was found."""
    named = frame.assign(name=[words(name) for name in frame["name"]])
    columns = ["promise", "name", "lower", "upper", "found", "mce", "reference", "verdict"]
    return _show(
        named[columns],
        caption="What was promised and what was found",
        about=f"MC error: Monte Carlo error (one standard error); {about}.",
        groups="promise",
    )


def _labelled(frame: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """Methods in the order of the rules, under the names that a reader sees."""
    places = {name: place for place, name in enumerate(labels)}
    order = frame["method"].map(places).fillna(-1).argsort(kind="stable")
    ordered = frame.iloc[order]
    return ordered.assign(method=ordered["method"].map(labels).fillna(ordered["method"]))


def _show(
    frame: pd.DataFrame,
    *,
    caption: str,
    about: str,
    groups: str | None = None,
    digits: int = 2,
    shares: tuple[str, ...] | list[str] = (),
) -> GT:
    told = [name for name in SHARES if name in frame]
    return tables.show(
        frame,
        caption=caption,
        about=about,
        labels=LABELS,
        digits=digits,
        shares=(*told, *shares),
        groups=groups,
    )
