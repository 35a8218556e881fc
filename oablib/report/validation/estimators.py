"""Direct effects by each estimator, in every world, in the report on the validation study."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from oablib.report.exhibit import About, Table
from oablib.report.table import show
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages
from oablib.report.validation.names import MONTE_CARLO, SHARES, Names, largest, show_effects
from oablib.report.validation.selection import rows_of

_ = texts_beside(__file__)
captions = _.captions

DEFAULT, COUNTED, KNOWN = "jackknife", "two-step", "known"  # details of replication.rows_of
NEAR = 0.1  # mean standard errors so near the spread over cohorts, as a share of it, agree with it


@in_languages
def performance_table(frame: pd.DataFrame, *, names: Names, about: About) -> Table:
    """Bias, spread and coverage of direct effects, in groups by effect; complete data once."""
    shown = frame[(frame["method"] == names.default) | (frame["detail"] == DEFAULT)]
    columns = (
        """name method estimator truth bias bias_mce sd se coverage coverage_mce fmi""".split()
    )
    rows = names.named(_with_estimator(shown))
    return show_effects(rows[columns], about=about, **captions("tbl-performance"))


@in_languages
def finding_direct(frame: pd.DataFrame, *, names: Names, bounds: Sequence[float]) -> str:
    """Bias, coverage and errors of the default method; bounds: of coverage, in %."""
    own = _by_name(frame, DEFAULT, names=names)
    share, coverage = (own["bias"] / own["truth"]).abs(), own["coverage"]
    text = _(
        "With *{method}* the largest bias is {bias:.1%} of the effect ({effect}).",
        method=names.method(names.default),
        bias=share.max(),
        effect=names.labels(str(share.idxmax())),
    )
    within = coverage.between(bounds[0] / 100, bounds[1] / 100).all()
    values = {"least": coverage.min(), "most": coverage.max()}
    covered = (
        _("Intervals are as wide as they should be: {least:.1%} to {most:.1%} hold the true "
          "effect.", **values)
        if within
        else _("Not all intervals are as wide as they should be: {least:.1%} to {most:.1%} hold "
               "the true effect.", **values)
    )  # fmt: skip
    known = _by_name(frame, KNOWN, names=names)
    return f"{text} {covered} {_of_known(known['se'] / known['sd'], names=names)}"


def _of_known(ratio: pd.Series, *, names: Names) -> str:
    """What errors are worth that take scale values as known; ratio: to the spread."""
    farthest = str(np.log(ratio).abs().idxmax())
    values = {"effect": names.labels(farthest), "ratio": ratio[farthest]}
    if abs(ratio[farthest] - 1) <= NEAR:
        return _(
            "Standard errors that take scale values as known, as published ones do, are also "
            "right: at most {ratio:.2f} times the spread ({effect}).", **values
        )  # fmt: skip
    if ratio[farthest] > 1:
        return _(
            "Standard errors that take scale values as known, as published ones do, are too "
            "large: up to {ratio:.2f} times the spread ({effect}).", **values
        )  # fmt: skip
    return _(
        "Standard errors that take scale values as known, as published ones do, are too small: "
        "down to {ratio:.2f} times the spread ({effect}).", **values
    )  # fmt: skip


@in_languages
def worlds_table(
    frame: pd.DataFrame, *, names: Names, scaled: Sequence[str], about: About
) -> Table:
    """Bias and coverage of effects of scaled variables, by both estimators, in all cohorts."""
    at = ["world", "n", "name"]
    corrected, published = (
        rows.set_index(at) for rows in _by_estimator(frame, names=names, scaled=scaled)
    )
    both = corrected.assign(
        percent_published=published["percent_bias"], coverage_published=published["coverage"]
    )
    columns = """cohorts name truth percent_bias percent_published percent_mce coverage
        coverage_published coverage_mce""".split()
    return show(
        names.named(names.by_cohorts(both.reset_index()))[columns],
        about=about,
        shares=(*SHARES, "coverage_published"),
        **captions("tbl-worlds"),
    )


@in_languages
def finding_worlds(frame: pd.DataFrame, *, names: Names, scaled: Sequence[str]) -> str:
    """The largest bias and the lowest coverage by both estimators, over all cohorts."""
    corrected, published = _by_estimator(frame, names=names, scaled=scaled)
    return " ".join(
        [
            _("**Corrected for scale values of the same children**: {farthest}.",
              farthest=_farthest(corrected, names=names)),
            _("**As published**: {farthest}.", farthest=_farthest(published, names=names)),
            _beyond(corrected),
        ]
    )  # fmt: skip


def _farthest(rows: pd.DataFrame, *, names: Names) -> str:
    bias, low = largest(rows, rows["percent_bias"].abs()), largest(rows, -rows["coverage"])
    return _(
        "largest bias {bias:+.1f}% (Monte Carlo error {mce:.1f}; {effect}, {cohorts}), lowest "
        "coverage {least:.1%} ({of}, {where})",
        bias=bias["percent_bias"],
        mce=bias["percent_mce"],
        effect=names.labels(bias["name"]),
        cohorts=names.cohorts(bias["world"], bias["n"]),
        least=low["coverage"],
        of=names.labels(low["name"]),
        where=names.cohorts(low["world"], low["n"]),
    )


def _beyond(rows: pd.DataFrame) -> str:
    """How many corrected effects keep a bias that chance does not explain."""
    count = int((rows["bias"].abs() > MONTE_CARLO * rows["bias_mce"]).sum())
    return _(
        "After correction {count} of {n} effects have a bias beyond Monte Carlo error.",
        count=count,
        n=len(rows),
    )


def _by_estimator(
    frame: pd.DataFrame, *, names: Names, scaled: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Effects of scaled variables with the default method: corrected, and as published."""
    rows = rows_of(frame[frame["name"].isin(scaled)], method=names.default)
    return rows_of(rows, detail=DEFAULT), rows_of(rows, detail=COUNTED)


def _by_name(frame: pd.DataFrame, detail: str, *, names: Names) -> pd.DataFrame:
    return rows_of(frame, method=names.default, detail=detail).set_index("name")


def _with_estimator(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(estimator=frame["detail"].map(_.words("estimators")))
