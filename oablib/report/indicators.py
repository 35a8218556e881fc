"""Which indicator is applied, in words."""

import pandas as pd

from oablib.indicator.pupil_scores import Indicator
from oablib.indicator.pupil_scores.indicator import ESTIMATED
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


def beside_sentence(agreement: pd.DataFrame, *, applied: str) -> str:
    """How much of the target group the indicator beside the applied one shares; empty without one.

    agreement: the results table of this name. applied: name in params/models, empty for the one
    that the run has estimated, which has the published one beside it.
    """
    if agreement.empty:
        return ""
    same = float(agreement["same"].iloc[0])
    if applied:
        return _(
            "By the indicator estimated in this run, {same:.1%} of the target group are the same "
            "children (`10_pupil_scores`).",
            same=same,
        )
    return _(
        "By the published indicator, {same:.1%} of the target group are the same children "
        "(`10_pupil_scores`).",
        same=same,
    )


def is_derived(name: str) -> bool:
    """Whether effects of an indicator follow from those that are published in rounded form."""
    return bool(name) and bool(models.load(name).standardised_effects)


def is_estimated(indicator: Indicator) -> bool:
    """Whether the run has estimated it itself."""
    return ESTIMATED in indicator.origins.values()


def named(indicator: Indicator) -> str:
    """An indicator within a sentence: "indicator of 2021", or that the run has estimated it."""
    if is_estimated(indicator):
        return _("indicator estimated in this run")
    return indicator.model.short
