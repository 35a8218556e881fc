"""In words, whether a report is about children that a program drew, or about delivered data.

It is a fact of each part of the data, as the stage found it that counted them: a delivered cohort
may stand beside a synthetic country.
"""

from collections.abc import Mapping

from oablib.render.edition import _
from oablib.report.exhibit import About

COHORT, COUNTRY = "cohort", "country"
Drawn = Mapping[str, bool]
"""Part of the data -> whether a program drew it."""


def in_short(drawn: Drawn) -> str:
    """For titles and covers: the kind of all parts, or of each where they differ."""
    if all(drawn.values()):
        return _("synthetic data")
    if not any(drawn.values()):
        return _("delivered data")
    if drawn[COHORT]:
        return _("synthetic cohort, delivered country")
    return _("delivered cohort, synthetic country")


def in_full(drawn: Drawn) -> str:
    """For the top of a page."""
    if all(drawn.values()):
        return _("Made from synthetic data: no real child is in it.")
    if not any(drawn.values()):
        return _("Made from delivered data.")
    if drawn[COHORT]:
        return _(
            "The cohort is synthetic: no real child is in it. The data of the country are "
            "delivered."
        )
    return _(
        "The cohort is delivered. The data of the country are synthetic: no real child is in them."
    )


def of_part(drawn: Drawn, part: str) -> str:
    """For what is about one part alone, or about no children at all."""
    return About("", drawn=drawn[part] if part else None).data


def code(drawn: Drawn, part: str) -> str:
    """For files that programs read."""
    if not part:
        return "none"
    return "synthetic" if drawn[part] else "delivered"


def is_announced(drawn: Drawn) -> bool:
    """Whether the kind of data is announced as a warning, as numbers of drawn children are."""
    return any(drawn.values())
