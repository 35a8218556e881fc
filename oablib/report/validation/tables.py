"""Tables of the validation study. Nothing is computed here but percentages and words."""

from collections.abc import Mapping, Sequence

import pandas as pd

from oablib.base.wording import words
from oablib.report.exhibit import About, Table
from oablib.report.table import IN_HEADINGS, Look, show

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
POINTS = "points of the outcome per unit of the predictor; coverage in %"
MC_ERROR = "MC error: Monte Carlo error (one standard error)"
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


def design_table(frame: pd.DataFrame, *, labels: Mapping[str, str]) -> Table:
    """Replications, those that failed, and seconds of each method; frame: study.read_seconds."""
    note = "Seconds: median of a replication, without the drawing, other processes at work as well"
    named = _labelled(frame, labels).sort_values(["world", "n"], ascending=False, kind="stable")
    cohorts = [
        f"{words(world)}: {n:,} children"
        for world, n in zip(named["world"], named["n"], strict=True)
    ]
    shown = named.assign(cohorts=cohorts)[["cohorts", "method", "replications", "failed", "median"]]
    return show(
        shown.rename(columns={"median": "seconds"}),
        "design",
        title="What was computed",
        unit="replications; seconds",
        note=note,
        about=About("synthetic cohorts", "rows of all replications, rows.csv.xz"),
        look=Look(groups="cohorts"),
    )


def performance_table(
    frame: pd.DataFrame, *, what: str, labels: Mapping[str, str], about: About, digits: int = 3
) -> Table:
    """Bias, spread and coverage, in groups by quantity."""
    columns = ["truth", "bias", "bias_mce", "bias_paired", "bias_paired_mce", "sd", "se"]
    columns += ["se_known", "coverage", "coverage_mce", "coverage_known", "width", "fmi"]
    there = [name for name in columns if name in frame]
    named = _labelled(frame, labels)[["name", "method", *there]]
    return _show(
        named.assign(name=named["name"].map(words)),
        label="performance",
        title=f"Bias and coverage of {what}",
        unit=POINTS,
        note=MC_ERROR,
        about=about,
        digits=digits,
        groups="name",
    )


def summary_table(
    frame: pd.DataFrame, *, what: str, labels: Mapping[str, str], about: About
) -> Table:
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
    return show(
        table,
        "summary",
        title=f"{what} by method",
        unit="points of the outcome; coverage in %",
        about=about,
        look=Look(shares=shares),
    )


def school_level_table(frame: pd.DataFrame, *, labels: Mapping[str, str], about: About) -> Table:
    """The effect of the school mean, and its null path, with and without the school level."""
    rates = [str(name) for name in frame if str(name).endswith(("AIC", "index"))]
    labelled = _labelled(frame, labels)
    return _show(
        labelled,
        label="school-level",
        title="The school mean, with and without the school level in the imputation",
        unit=POINTS,
        note="AIC and indices: how often the path from the school mean to intelligence, which is "
        "not there, would be added, in %; nominal are 15.7 % and 5 %",
        about=about,
        digits=3,
        shares=rates,
    )


def rivals_table(frame: pd.DataFrame, *, labels: Mapping[str, str], about: About) -> Table:
    """Weighting and complete cases beside the default."""
    named = _labelled(frame, labels)
    return _show(
        named.assign(name=named["name"].map(words)),
        label="rivals",
        title="Weighting and complete cases beside imputation: direct effects",
        unit=POINTS,
        about=about,
        digits=3,
        groups="name",
    )


def schools_table(frame: pd.DataFrame, *, labels: Mapping[str, str], about: About) -> Table:
    """Means of schools, small ones apart."""
    named = _labelled(frame, labels).drop(columns=["world", "n"])
    return _show(
        named.assign(name=named["name"] + " schools"),
        label="schools",
        title="Mothers' mean education of a school against its true mean",
        unit="points of the scale",
        note="Width and coverage are those of 95 % intervals",
        about=about,
        digits=3,
        groups="name",
    )


def selection_table(frame: pd.DataFrame, *, labels: Mapping[str, str], about: About) -> Table:
    """How often a path that is not there is added, by rule."""
    rates = [str(name) for name in frame.columns[2:]]
    named = _labelled(frame, labels)
    return _show(
        named.assign(path=named["path"].map(words)),
        label="selection",
        title="How often a path that is not there would be added",
        unit="% of cohorts",
        note="AIC, BIC: better with the path; index: p under 0.05",
        about=about,
        shares=rates,
        groups="path",
    )


def verdicts_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Promises and what was found."""
    named = frame.assign(name=[words(name) for name in frame["name"]])
    columns = ["promise", "name", "lower", "upper", "found", "mce", "reference", "verdict"]
    return _show(
        named[columns],
        label="verdicts",
        title="What was promised and what was found",
        unit=IN_HEADINGS,
        note=MC_ERROR,
        about=about,
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
    label: str,
    title: str,
    unit: str,
    about: About,
    note: str = "",
    groups: str = "",
    digits: int = 2,
    shares: Sequence[str] = (),
) -> Table:
    told = [name for name in SHARES if name in frame]
    look = Look(labels=LABELS, digits=digits, shares=(*told, *shares), groups=groups)
    return show(frame, label, title=title, unit=unit, note=note, about=about, look=look)
