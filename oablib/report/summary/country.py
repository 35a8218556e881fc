"""What the summary says of the children of the country."""

import math

from oablib.report.summary.results import Country
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)


@in_languages
def country_section(country: Country | None) -> str:
    """A section on the country, with its heading; empty for a run without one."""
    if country is None:
        return ""
    heading = _("What it means for the country")
    texts = (counted(country), applied(country), sources(country), schools(country))
    reports = _(
        "Scores are derived in `10_pupil_scores`, those of schools and municipalities in "
        "`11_allocation`; what changes and why is in `12_comparison` and `13_causes`. Who would "
        "get what under other rules is in `14_distribution`, how sure scores are in `15_certainty`."
    )
    return f"## {heading}\n\n{' '.join(texts)}\n\n{reports}"


def counted(country: Country) -> str:
    """Who the children of the country are."""
    row = country.facts.iloc[0]
    text = _(
        "The indicator is applied to {children:,} children: {pupils:,} pupils at {sites:,} school "
        "sites and {toddlers:,} toddlers.",
        **{name: int(row[name]) for name in ("children", "pupils", "sites", "toddlers")},
    )
    kind = _("These children are synthetic.") if country.is_drawn else ""
    return f"{text} {kind}".strip()


def applied(country: Country) -> str:
    """Which indicator is applied."""
    if country.is_estimated:
        return _("The indicator is the one estimated in this run.")
    return _("The indicator is a published one, not the one estimated in this run.")


def sources(country: Country) -> str:
    """Where scores come from, and the target group."""
    target = _(
        "The target group at schools has {target:,} pupils.",
        target=int(country.national.iloc[0]["n_target"]),
    )
    shares = {"direct": country.share("direct"), "drawn": country.share("education")}
    if any(map(math.isnan, shares.values())):
        return target
    text = _(
        "{direct:.1%} of the scores are computed from known values alone, {drawn:.1%} with imputed "
        "values.",
        **shares,
    )
    return f"{text} {target}"


def schools(country: Country) -> str:
    """School sites above zero, before and after."""
    if not country.counts_schools:
        return _(
            "How many school sites have a score above zero by either indicator is not shown, "
            "because some of these numbers are too small."
        )
    values = {
        "new": country.schools_above_zero("new"),
        "current": country.schools_above_zero("current"),
        "differ": country.schools_that_differ(),
    }
    if not values["differ"]:
        return _(
            "{new:,} school sites have a score above zero, the same ones as by the current "
            "indicator.",
            **values,
        )
    return _(
        "{new:,} school sites have a score above zero, {current:,} by the current indicator; "
        "{differ:,} by only one of the two.",
        **values,
    )
