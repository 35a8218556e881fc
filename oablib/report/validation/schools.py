"""The school level, weighting, and means of schools in the report on the validation study."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from oablib.report.exhibit import About, Table
from oablib.report.table import show
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages
from oablib.report.validation.names import MONTE_CARLO, SHARES, Names, show_effects

_ = texts_beside(__file__)
captions = _.captions

Pairs = Sequence[tuple[str, str]]  # a method with the school level, and the same without it
RATES = ("mean AIC", "mean index", "robust index")


@in_languages
def school_level_table(frame: pd.DataFrame, *, names: Names, about: About) -> Table:
    """The effect of the school mean, and its null path, with and without the school level."""
    rates = [name for name in RATES if name in frame]
    columns = ["method", "truth", "bias", "bias_mce", "coverage", *rates]
    return show(
        names.by_method(frame)[columns],
        about=about,
        shares=(*SHARES, *rates),
        **captions("tbl-school-level"),
    )


@in_languages
def finding_school_level(frame: pd.DataFrame, *, name: str, pairs: Pairs, names: Names) -> str:
    """What the school level in the imputation does to the effect of a school mean.

    frame: comparisons.school_level. name: of the effect. pairs: comparisons.school_pairs.
    """
    bias = frame.set_index("method")["bias"].astype(float)
    better = sum(abs(bias[own]) < abs(bias[without]) for own, without in pairs)
    parts = [
        _(
            "*{method}* {bias:+.2f} ({without:+.2f} without)",
            method=names.method(own),
            bias=bias[own],
            without=bias[without],
        )
        for own, without in pairs
    ]
    text = _(
        "**{better} of {n} engines have a smaller bias with the school level.** Bias of the "
        "direct effect of {effect}, {truth:.2f} in truth: {parts}.",
        better=better,
        n=len(pairs),
        effect=names.labels(name),
        truth=frame["truth"].iloc[0],
        parts="; ".join(parts),
    )
    return f"{text} {_of_index(frame, pairs=pairs)}" if "robust index" in frame else text


def _of_index(frame: pd.DataFrame, *, pairs: Pairs) -> str:
    """Whether the modification index would have shown that the school level lacks."""
    rows = frame.set_index("method")
    rates, errors = rows["robust index"].astype(float), rows["robust_mce"].astype(float)
    apart = sum(
        abs(rates[own] - rates[without]) > MONTE_CARLO * np.hypot(errors[own], errors[without])
        for own, without in pairs
    )
    if apart:
        return _(
            "The share of cohorts in which the robust index would add its path to the model "
            "differs for {apart} of {n} engines.", apart=apart, n=len(pairs)
        )  # fmt: skip
    return _(
        "The robust index does not show the difference: for no engine does the share of cohorts "
        "in which it would add the path differ by more than Monte Carlo error."
    )


@in_languages
def rivals_table(frame: pd.DataFrame, *, names: Names, about: About) -> Table:
    """Weighting and complete cases beside the default."""
    columns = ["name", "method", "bias", "bias_mce", "sd", "se", "coverage", "width_ratio"]
    rows = names.named(frame)[columns]
    return show_effects(rows, about=about, **captions("tbl-rivals"))


@in_languages
def finding_rivals(frame: pd.DataFrame, *, names: Names) -> str:
    """Width of intervals and bias of each rival of the default method."""
    beyond = frame["bias"].abs() > MONTE_CARLO * frame["bias_mce"]
    rows = frame.assign(beyond=beyond)
    parts = [
        _(
            "*{method}*: intervals {least:.1f} to {most:.1f} times as wide as those of "
            "*{default}*, and bias beyond Monte Carlo error in {beyond} of {n} effects.",
            method=names.method(str(name)),
            least=part["width_ratio"].min(),
            most=part["width_ratio"].max(),
            default=names.method(names.default),
            beyond=int(part["beyond"].sum()),
            n=len(part),
        )
        for name, part in rows[rows["method"] != names.default].groupby("method", sort=False)
    ]
    own = rows.loc[rows["method"] == names.default, "beyond"]
    mine = _(
        "*{default}* itself: bias beyond Monte Carlo error in {beyond} of {n} effects.",
        default=names.method(names.default),
        beyond=int(own.sum()),
        n=len(own),
    )
    return " ".join([*parts, mine])


@in_languages
def schools_table(frame: pd.DataFrame, *, names: Names, limit: int, about: About) -> Table:
    """Means of schools; those under `limit` pupils are shown apart."""
    columns = ["name", "method", "bias", "bias_mce", "rmse", "width", "coverage", "without"]
    rows = names.by_method(frame)[columns]
    return show_effects(
        rows.assign(name=[_size(name, limit=limit) for name in rows["name"]]),
        about=about,
        **captions("tbl-schools"),
    )


def _size(name: str, *, limit: int) -> str:
    if name == "small":
        return _("Schools of under {n:,} pupils", n=limit)
    return _("Schools of {n:,} pupils or more", n=limit)


@in_languages
def finding_schools(frame: pd.DataFrame, *, names: Names, rival: str, limit: int) -> str:
    """Means of small schools by the default method and by a rival."""
    small = frame[frame["name"] == "small"].set_index("method")
    own, other = small.loc[names.default], small.loc[rival]
    values = {
        "rival": names.method(rival),
        "default": names.method(names.default),
        "n": limit,
        "without": other["without"],
        "rmse": other["rmse"],
        "own": own["rmse"],
        "coverage": other["coverage"],
        "covered": own["coverage"],
    }
    if own["rmse"] < other["rmse"]:
        return _(
            "For schools of under {n:,} pupils **the mean of *{default}* is nearer to the truth**: "
            "root mean squared error {own:.2f} against {rmse:.2f} of *{rival}*. Coverage is "
            "{covered:.0%} against {coverage:.0%}. *{rival}* gives {without:.0%} of these "
            "schools no mean.", **values
        )  # fmt: skip
    return _(
        "For schools of under {n:,} pupils **the mean of *{rival}* is nearer to the truth**: root "
        "mean squared error {rmse:.2f} against {own:.2f} of *{default}*. Coverage is "
        "{coverage:.0%} against {covered:.0%}. *{rival}* gives {without:.0%} of these schools no "
        "mean.", **values
    )  # fmt: skip
