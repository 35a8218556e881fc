"""What the summary says of how far results can be trusted."""

import numpy as np
import pandas as pd

from oablib.protocol.models import Model
from oablib.report import model_fit, planted
from oablib.report.exhibit import About
from oablib.report.labels import Labels
from oablib.report.summary.findings import verdict
from oablib.report.summary.results import Country, Results
from oablib.report.texts import listed, texts_beside
from oablib.report.translated import in_languages
from oablib.statistics.two_step import categories

_ = texts_beside(__file__)


@in_languages
def trust_text(
    results: Results,
    *,
    country: Country | None,
    model: Model,
    labels: Labels,
    about: About,
    seed: int,
) -> str:
    """Kind of data, fit, imputations, shifts and donors, a point each."""
    points = (
        data(about),
        calibrated(results, about=about, seed=seed),
        published(results.direct, about=about),
        verdict(results, model=model, labels=labels),
        imputations(results, labels=labels),
        shifts(results, labels=labels),
        donors(country),
    )
    return "\n".join(f"* {point}" for point in points if point)


def data(about: About) -> str:
    """Whether the children are real."""
    if about.drawn:
        return _("The children are synthetic.")
    return _("The children are those of a delivered file; its origin is in `01_intake`.")


def calibrated(results: Results, *, about: About, seed: int) -> str:
    """What agreement with published figures is worth in children that were drawn."""
    if not about.drawn or "published" not in results.direct:
        return ""
    text = _(
        "Their effects, margins, explained variance and log-likelihood are planted, and "
        "calibrated on the published figures: agreement with these tests the program, not the "
        "world."
    )
    chosen = planted.rules().chosen
    if (int(results.population["children"].iloc[0]), seed) != (chosen.n, chosen.seed):
        return text
    return f"{text} " + _(
        "The seed of this run was chosen because its cohort lies near the published one."
    )


def published(direct: pd.DataFrame, *, about: About) -> str:
    """How many published effects lie in the intervals; empty without published ones."""
    if "published" not in direct:
        return ""
    rows = direct[direct["published"].notna()]
    inside = int(rows["published"].between(rows["ci_lower"], rows["ci_upper"]).sum())
    if about.drawn:
        return _(
            "Of {n:,} planted effects {k:,} were recovered: the 95% interval includes them.",
            n=len(rows),
            k=inside,
        )
    return _("Of {n:,} published effects {k:,} lie in the 95% interval.", n=len(rows), k=inside)


def imputations(results: Results, *, labels: Labels) -> str:
    """How many paths need more imputations than were made; empty where nothing was imputed."""
    most = results.recommended
    if most is None:
        return ""
    values = {"m": results.m, "n": len(results.information), "k": results.paths_in_want}
    if not values["k"]:
        return _(
            "The {m:,} imputations that were made are enough for repeatable standard errors of "
            "all {n:,} paths.",
            **values,
        )
    return _(
        "For repeatable standard errors {k:,} of {n:,} paths need more than the {m:,} imputations "
        "that were made; {path} needs most ({wanted:,}).",
        wanted=int(most["m_recommended"]),
        path=labels.path(most["lhs"], most["rhs"]),
        **values,
    )


def shifts(results: Results, *, labels: Labels) -> str:
    """Movement of effects when imputed values are shifted; empty where nothing was imputed."""
    if results.sensitivity.empty:
        return ""
    moved = results.moved
    if moved.empty:
        return _("With shifted imputed values, the model could not be estimated.")
    text = _(
        "Whether values are missing at random cannot be seen in the data. If imputed values are "
        "shifted by one level (numeric variables: one standard deviation), the effect of "
        "{variable} moves most, by {most:.1f} standard errors (`06_diagnostics`).",
        variable=labels(str(moved.idxmax())),
        most=moved.max(),
    )
    changed, level = results.changed_by_shifts, categories.rules().level
    if not changed:
        return f"{text} " + _(
            "No shift changes the significance of an effect at {level:.0%}.", level=level
        )
    return f"{text} " + _(
        "Shifts change the significance at {level:.0%} of {variables}.",
        level=level,
        variables=listed(map(labels, changed)),
    )


def donors(country: Country | None) -> str:
    """Share of scores in the country that come from donors; empty without a country or share."""
    share = np.nan if country is None else country.share("matched")
    if np.isnan(share):
        return ""
    return _(
        "Scores imputed by predictive mean matching, {share:.1%} of those of the country, are "
        "uncertain for a single child.",
        share=share,
    )


def conclusion(results: Results, *, about: About) -> str:
    """The conclusion: a test of the program, with reservations, or without any that was found."""
    if about.drawn:
        return _("**Trust it as a test of the program only**: the data are synthetic.")
    reservations = [
        text
        for text, holds in (
            (_("the model does not fit"), not model_fit.fits(results.fit)),
            (_("there are too few imputations"), results.paths_in_want > 0),
            (_("effects depend on whether values are missing at random"), results.is_moved),
        )
        if holds
    ]
    if not reservations:
        return _(
            "**It can be trusted as far as the model holds**: fit, number of imputations and "
            "shifts of imputed values give no reason for doubt."
        )
    return _("**Trust it with reservations**: {reasons}.", reasons=listed(reservations))
