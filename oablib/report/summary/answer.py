"""The answer of the summary: what was found, and whether it can be trusted."""

import pandas as pd

from oablib.protocol.models import Model
from oablib.report.exhibit import About
from oablib.report.labels import Labels
from oablib.report.summary import conclusions, findings, trust
from oablib.report.summary.results import Country, Results
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)


@in_languages
def answer(
    results: Results,
    *,
    country: Country | None,
    judged: pd.DataFrame | None,
    model: Model,
    labels: Labels,
    about: About,
) -> str:
    """Children, what was unknown, model, effects, country, the report's conclusions, and trust.

    judged: verdicts on the conclusions of the report of 2021; None where there are none.
    """
    first = (
        findings.children(results.population),
        findings.unknown(results, labels=labels),
        findings.kept(results, model=model, labels=labels),
        findings.verdict(results, model=model, labels=labels),
        findings.effects(results.direct, model=model, labels=labels),
        findings.strongest(results.direct, labels=labels),
        meaning(country),
        "" if judged is None else conclusions.counted(judged),
    )
    last = trust.conclusion(results, about=about)
    return "\n\n".join((" ".join(text for text in first if text), last))


def meaning(country: Country | None) -> str:
    """What it means for the country, and by which indicator, in a sentence.

    Empty without a country, and where numbers of school sites are not shown.
    """
    if country is None or not country.counts_schools:
        return ""
    values = {
        "new": country.schools_above_zero("new"),
        "current": country.schools_above_zero("current"),
    }
    if country.is_estimated:
        return _(
            "By the indicator estimated here, {new:,} school sites have a score above zero "
            "(current indicator: {current:,}).",
            **values,
        )
    return _(
        "By a published indicator, {new:,} school sites have a score above zero (current "
        "indicator: {current:,}).",
        **values,
    )
