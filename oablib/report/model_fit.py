"""How well a model fits: the table of its measures, a verdict in words, and explained variance."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from oablib.report.exhibit import About, Table
from oablib.report.published import DERIVED, FIT_COUNTS, Published
from oablib.report.table import show
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

LARGEST_RMSEA, SMALLEST_CFI = 0.06, 0.95  # Hu & Bentler (1999), Struct Equ Modeling 6:1
INDICATOR_THEN = "r2_adjusted_current"  # in published figures: of the indicator then in use


def measure_words() -> Mapping[str, str]:
    """Words for each measure of fit, in the language in use."""
    return _.words("measures")


@in_languages
def fit_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Fit measures over imputations, in the order and the words of lavaan's summary."""
    named, parts = measure_words(), _.words("parts")
    several = _has_several(frame)
    given = captions("tbl-fit")
    if not several:
        given["note"] = ""
        given["labels"]["mean"] = _("value")
    if "published" in frame:
        derived = _("Derived: from the published log-likelihood and AIC")
        given["note"] = ". ".join(part for part in (given["note"], derived) if part)
    measures = [
        _("{measure} (published: derived)", measure=named[name])
        if "published" in frame and name in DERIVED
        else named[name]
        for name in frame["measure"]
    ]
    return show(
        frame.assign(measure=measures, part=frame["part"].map(parts)).drop(
            columns=[] if several else ["min", "max"], errors="ignore"
        ),
        about=about,
        count_rows=list(np.flatnonzero(frame["measure"].isin(FIT_COUNTS))),
        **given,
    )


def _has_several(frame: pd.DataFrame) -> bool:
    """Whether measures are of several completed data sets: they differ between these."""
    return "min" not in frame or bool((frame["min"] != frame["max"]).any())


def fits(fit: pd.DataFrame) -> bool:
    """Whether RMSEA and CFI, means over imputations, are those of a model that fits."""
    mean = fit.set_index("measure")["mean"]
    return bool(mean["rmsea"] <= LARGEST_RMSEA and mean["cfi"] >= SMALLEST_CFI)


@in_languages
def verdict(fit: pd.DataFrame, *, model: str) -> str:
    """Whether a model fits, with the measures that say so; model: in words."""
    mean = fit.set_index("measure")["mean"]
    if not mean["df"]:
        return _(
            "The {model} has no degrees of freedom, so that its fit cannot be tested.", model=model
        )
    values = {
        "model": model,
        "chi2": mean["chi2_scaled" if "chi2_scaled" in mean else "chi2"],
        "df": int(mean["df"]),
        "rmsea": mean["rmsea"],
        "cfi": mean["cfi"],
    }
    if fits(fit):
        return _(
            "The {model} fits: RMSEA {rmsea:.3f}, CFI {cfi:.3f}, robust chi2 {chi2:,.1f} on {df} "
            "df.",
            **values,
        )
    return _(
        "**The {model} does not fit**: RMSEA {rmsea:.3f} (wanted: at most {most:.2f}), CFI "
        "{cfi:.3f} (at least {least:.2f}), robust chi2 {chi2:,.1f} on {df} df; effects of a "
        "misspecified model can be biased.",
        most=LARGEST_RMSEA,
        least=SMALLEST_CFI,
        **values,
    )


@in_languages
def explained(fit: pd.DataFrame, *, figures: Published, outcome: str, drawn: bool = False) -> str:
    """Explained variance of the outcome, in words, beside the published one where there is any.

    drawn: whether the children were drawn, and calibrated on the published figures.
    """
    published = figures["fit"] if figures else {}
    values = {
        "share": fit.set_index("measure")["mean"]["r2_adjusted"],
        "outcome": outcome,
        "published": published.get("r2_adjusted"),
        "then": published.get(INDICATOR_THEN),
    }
    if values["published"] is None:
        return _("The model explains {share:.1%} of the variance of the {outcome}.", **values)
    if values["then"] is None:
        return _(
            "The model explains {share:.1%} of the variance of the {outcome} (published: "
            "{published:.1%}).",
            **values,
        )
    if drawn:
        return _(
            "The model explains {share:.1%} of the variance of the {outcome} (published, and what "
            "these data are calibrated on: {published:.1%}; indicator then in use: {then:.1%}).",
            **values,
        )
    return _(
        "The model explains {share:.1%} of the variance of the {outcome} (published: "
        "{published:.1%}; indicator then in use: {then:.1%}).",
        **values,
    )
