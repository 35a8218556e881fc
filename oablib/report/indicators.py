"""Which indicator is applied, in words."""

from oablib.protocol import models
from oablib.report.texts import texts_beside

_ = texts_beside(__file__)


def applied(name: str) -> str:
    """Words for an indicator in a sentence.

    name: in params/models; empty for the one that the run has estimated itself.
    """
    if not name:
        return _("the indicator estimated in this run")
    return _("the published {indicator}", indicator=models.load(name).short)


def is_derived(name: str) -> bool:
    """Whether effects of an indicator follow from those that are published in rounded form."""
    return bool(name) and bool(models.load(name).standardised_effects)
