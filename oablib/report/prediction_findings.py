"""What the report on the prediction finds: computed sentences with their verdicts."""

from typing import Any

import pandas as pd

from oablib.analysis.prediction import methods
from oablib.analysis.prediction.splits import EVERYBODY, KNOWN, REGISTER, UNKNOWN
from oablib.protocol.models import Model
from oablib.report.labels import Labels
from oablib.report.prediction import BY_SCORE, group_words, imputed_names, method_words
from oablib.report.texts import sentence, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)

MOST = 0.5
FEWEST_WAVES = 2

Measures = dict[str, Any]


@in_languages
def schools(summary: pd.DataFrame, *, model: Model, labels: Labels, per_school: float) -> str:
    """Which method comes nearest to the means of schools.

    per_school: children of the cohort in a school, on average.
    """
    rows = summary[summary["population"] == EVERYBODY].dropna(subset=["school_correlation"])
    if rows.empty:
        return _("Too few schools are large enough to compare their means.")
    ranked = rows.sort_values("school_correlation", ascending=False, kind="stable")
    best, last = dict(ranked.iloc[0]), dict(ranked.iloc[-1])
    words = method_words(summary, model=model, labels=labels)
    values = {
        "best": sentence(words[best["method"]]),
        "r": best["school_correlation"],
        "per_school": per_school,
    }
    if len(ranked) == 1:
        return _(
            "The correlation is {r:.2f}. A school has {per_school:.0f} children in the cohort on "
            "average; chance therefore lowers it.",
            **values,
        )
    gap = best["school_correlation"] - last["school_correlation"]
    values |= {"last": words[last["method"]], "r_last": last["school_correlation"]}
    if gap > best["school_correlation_sd"]:
        return _(
            "{best} comes nearest, with a correlation of {r:.2f}; {last} has {r_last:.2f}. A "
            "school has {per_school:.0f} children in the cohort on average; chance therefore "
            "lowers all correlations.",
            **values,
        )
    return _(
        "No method comes clearly nearest: correlations run from {r_last:.2f} to {r:.2f}, a "
        "difference within their standard deviation over splits. A school has {per_school:.0f} "
        "children in the cohort on average; chance therefore lowers all correlations.",
        **values,
    )


@in_languages
def by_score(calibration: pd.DataFrame, *, clear: float) -> str:
    """Whether the score is right on average, at the lowest scores and elsewhere.

    clear: standard deviations over splits; a difference that is larger is called clear.
    """
    part = _shown(calibration, by_score=True).sort_values("code")
    if part.empty:
        return ""
    off = part[_is_clear(part, clear=clear)]
    lowest = part.iloc[0][["difference", "sd"]]
    values = {"n": len(part), "off": len(off), "clear": clear, **lowest}
    if off.empty:
        return _(
            "In none of {n} groups does the observed mean differ from the score by more than "
            "{clear:g} standard deviations. In the lowest group the difference is "
            "{difference:+.2f} points (sd {sd:.2f}).",
            **values,
        )
    return _(
        "In {off} of {n} groups the observed mean differs from the score by more than {clear:g} "
        "standard deviations. In the lowest group the difference is {difference:+.2f} points (sd "
        "{sd:.2f}).",
        **values,
    )


@in_languages
def by_group(calibration: pd.DataFrame, *, clear: float, labels: Labels) -> str:
    """Groups for which the score is wrong on average; first those of whom something is unknown.

    clear: as of `by_score`.
    """
    part = _shown(calibration, by_score=False)
    texts = _of_unknown(part[part["code"] == UNKNOWN], clear=clear, labels=labels)
    off = part[_is_clear(part, clear=clear)]
    if off.empty:
        none = _(
            "No group differs by more than {clear:g} standard deviations over splits ({n} groups).",
            n=len(part),
            clear=clear,
        )
        return " ".join([*texts, none])
    worst: Measures = dict(off.iloc[int(off["difference"].abs().argmax())])
    texts.append(
        _(
            "In {off} of {n} groups the difference is more than {clear:g} standard deviations over "
            "splits; the largest is that of {variable}: {category} ({difference:+.2f} points).",
            n=len(part),
            off=len(off),
            clear=clear,
            variable=labels(worst["by"]),
            category=group_words(worst["by"], int(worst["code"]), labels=labels),
            difference=worst["difference"],
        )
    )
    return " ".join(texts)


@in_languages
def waves(frame: pd.DataFrame, *, variable: str, labels: Labels) -> str:
    """Whether the newest wave is predicted worse than older ones; says so where there are none."""
    chosen = frame[(frame["population"] == EVERYBODY) & (frame["method"] == methods.ALL)]
    if len(chosen) < FEWEST_WAVES:
        return _("The cohort has no waves that could be predicted from each other.")
    ordered = chosen.sort_values("tested_on")
    newest, older = ordered.iloc[-1], ordered.iloc[:-1]
    values = {
        "wave": labels.within(variable, newest["tested_on"]),
        "r2": newest["r2"],
        "slope": newest["slope"],
        "older": older["r2"].mean(),
        "older_slope": older["slope"].mean(),
    }
    if newest["r2"] < older["r2"].min():
        return _(
            "The newest wave, {wave}, is predicted worse than each older one: R2 {r2:.1%} against "
            "{older:.1%} on average, slope {slope:.2f} against {older_slope:.2f}. The model may be "
            "ageing.",
            **values,
        )
    return _(
        "There is no sign that the model ages: in the newest wave, {wave}, R2 is {r2:.1%} against "
        "{older:.1%} in older ones on average, and the slope {slope:.2f} against "
        "{older_slope:.2f}.",
        **values,
    )


@in_languages
def answer(
    summary: pd.DataFrame, *, splits: int, share: float, clear: float, model: Model, labels: Labels
) -> str:
    """Whether the prediction holds where values are unknown as in registers.

    splits: that were asked for. share: of the lowest scores. clear: as of `by_score`.
    """
    whole = summary[summary["method"] == methods.ALL].set_index("population")
    rows: dict[str, Measures] = {str(name): dict(row) for name, row in whole.iterrows()}
    known = rows.get(KNOWN, rows[EVERYBODY])
    row = rows.get(REGISTER, rows[EVERYBODY])
    texts = [
        _verdict(row, clear=clear),
        _explained(row, known, rows=rows, model=model, labels=labels),
        _classified(
            row, known, share=share, mediator=labels(model.mediator), twice=REGISTER in rows
        ),
    ]
    if failed := splits - int(row["splits"]):
        texts.append(_.plural("{n} split failed.", "{n} splits failed.", n=failed))
    texts.append(
        _(
            "Main limit: the register's pattern is laid over children of whom all is known, and "
            "these are not a random sample of all children."
        )
        if REGISTER in rows
        else _("Main limit: only children who took both tests are in the cohort.")
    )
    return " ".join(texts)


def _classified(row: Measures, known: Measures, *, share: float, mediator: str, twice: bool) -> str:
    """Calibration, and who is found; twice: beside children of whom all is known."""
    values = {
        "slope": row["slope"], "slope_sd": row["slope_sd"], "known_slope": known["slope"],
        "ppv": row["ppv"], "known_ppv": known["ppv"], "share": share, "mediator": mediator,
        "sensitivity": row["sensitivity"], "known_sensitivity": known["sensitivity"],
    }  # fmt: skip
    if twice:
        return _(
            "The calibration slope of the score is {slope:.2f} (sd {slope_sd:.2f}; "
            "{known_slope:.2f} where all is known). Of the children with the lowest "
            "{share:.0%} of scores, {ppv:.0%} ({known_ppv:.0%}) are among the lowest "
            "{share:.0%} observed, at equal {mediator}; of the latter "
            "{sensitivity:.0%} ({known_sensitivity:.0%}) are found.",
            **values,
        )
    return _(
        "The calibration slope of the score is {slope:.2f} (sd {slope_sd:.2f}). Of the "
        "children with the lowest {share:.0%} of scores, {ppv:.0%} are among the lowest "
        "{share:.0%} observed, at equal {mediator}; of the latter {sensitivity:.0%} are "
        "found.",
        **values,
    )


def _verdict(row: Measures, *, clear: float) -> str:
    if abs(row["slope"] - 1) > clear * row["slope_sd"]:
        if row["slope"] < 1:
            return _("**The prediction does not hold on average: scores are spread too widely.**")
        return _("**The prediction does not hold on average: scores are spread too narrowly.**")
    if not row["ppv"] > MOST:
        return _("**The prediction holds on average, not for most children with low scores.**")
    return _("**The prediction holds on average, and for most children with low scores.**")


def _explained(
    row: Measures, known: Measures, *, rows: dict[str, Measures], model: Model, labels: Labels
) -> str:
    values = {
        "names": imputed_names(model, labels=labels), "outcome": labels(model.outcome),
        "r2": row["r2"], "sd": 100 * row["r2_sd"], "n": int(row["splits"]), "known": known["r2"],
    }  # fmt: skip
    if REGISTER in rows:
        return _(
            "With {names} unknown as in registers, the model explains **{r2:.1%}** of the variance "
            "of the {outcome} out of sample, against {known:.1%} where all is known (standard "
            "deviation over {n} splits: {sd:.1f} percentage points).",
            **values,
        )
    if KNOWN in rows:
        return _(
            "The model explains **{r2:.1%}** of the variance of the {outcome} out of sample, and "
            "{known:.1%} where all is known (standard deviation over {n} splits: {sd:.1f} "
            "percentage points). The register's pattern of unknown values is about other "
            "variables; its effect cannot be shown.",
            **values,
        )
    return _(
        "The model explains **{r2:.1%}** of the variance of the {outcome} out of sample (standard "
        "deviation over {n} splits: {sd:.1f} percentage points). All its characteristics are "
        "known.",
        **values,
    )


def _shown(calibration: pd.DataFrame, *, by_score: bool) -> pd.DataFrame:
    """Groups by score, or the others, without those that are too small to be shown."""
    chosen = (calibration["by"] == BY_SCORE) == by_score
    return calibration[chosen & calibration["n"].notna()]


def _is_clear(part: pd.DataFrame, *, clear: float) -> pd.Series:
    return part["difference"].abs() > clear * part["sd"]


def _of_unknown(part: pd.DataFrame, *, clear: float, labels: Labels) -> list[str]:
    """Sentences on the groups whose category is unknown, by the direction of the difference."""
    is_clear = _is_clear(part, clear=clear)
    groups = {
        "above": part[is_clear & (part["difference"] < 0)],
        "below": part[is_clear & (part["difference"] > 0)],
        "equal": part[~is_clear],
    }
    said = {name: _with_numbers(rows, labels=labels) for name, rows in groups.items()}
    texts = {
        "above": _(
            "Scores are too high where one of these is unknown: {variables}.",
            variables=said["above"],
        ),
        "below": _(
            "Scores are too low where one of these is unknown: {variables}.",
            variables=said["below"],
        ),
        "equal": _(
            "No clear difference where one of these is unknown: {variables}.",
            variables=said["equal"],
        ),
    }
    return [texts[name] for name, rows in groups.items() if len(rows)]


def _with_numbers(rows: pd.DataFrame, *, labels: Labels) -> str:
    return "; ".join(
        _(
            "{variable} ({difference:+.2f} points, sd {sd:.2f})",
            variable=labels(row["by"]),
            difference=row["difference"],
            sd=row["sd"],
        )
        for _number, row in rows.iterrows()
    )
