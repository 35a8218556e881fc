"""How far scores swing from one year to the next."""

import numpy as np
import pandas as pd

from oablib.indicator.comparison.swing import COMPUTED, KEPT, LOT, MATCHED
from oablib.report.exhibit import About, Table
from oablib.report.numbers import number, percent
from oablib.report.table import show
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions


@in_languages
def swings_table(frame: pd.DataFrame, *, interval: float, about: About) -> Table:
    """Changes of children's scores by source; frame: by of_places.swings."""
    shown = frame.assign(scores=frame["scores"].map(_.words("scores"))).drop(columns="beyond")
    return show(shown, about=about, **captions("tbl-swings", interval=percent(interval)))


@in_languages
def swings_finding(frame: pd.DataFrame) -> str:
    """How far imputed scores swing beside computed ones, and how much is the choice of donors."""
    sd = frame.set_index("scores")["sd"]
    matched, computed, kept, lot = (float(sd[name]) for name in (MATCHED, COMPUTED, KEPT, LOT))
    if np.isnan([matched, computed, kept, lot]).any():
        return _(
            "Too few children have imputed scores in both years, or computed ones, to compare how "
            "these swing."
        )
    given = {"matched": matched, "computed": computed}
    if _reads_larger(matched, computed):
        text = _(
            "From year to year a score that is imputed in both years changes with a standard "
            "deviation of {matched:.2f} points, a computed one with {computed:.2f}.",
            **given,
        )
    else:
        text = _(
            "From year to year a score that is imputed in both years changes with a standard "
            "deviation of {matched:.2f} points, no more than a computed one ({computed:.2f}).",
            **given,
        )
    return " ".join([text, *_of_donors(matched, lot=lot, kept=kept)])


def _of_donors(matched: float, *, lot: float, kept: float) -> list[str]:
    """How much of the swing of imputed scores, sd `matched`, is the random choice of donors.

    lot: sd between two seeds of one year. kept: sd between years with one seed for both. In both
    `matched` and `lot` two independent choices are compared, so that their variances have a share.
    """
    if not matched:
        return []
    share = (lot / matched) ** 2
    if percent(share) != percent(1) and share < 1:
        first = _(
            "Another seed within one year moves it by {lot:.2f}: {share:.0%} of the variance of "
            "the swing is the random choice of donors; the rest comes from other donors to choose "
            "from and from other data on the child.",
            lot=lot, share=share,
        )  # fmt: skip
    else:
        first = _(
            "Another seed within one year moves it no less ({lot:.2f}): nothing but the random "
            "choice of donors is needed to explain the swing.",
            lot=lot,
        )  # fmt: skip
    if _reads_larger(matched, kept):
        second = _(
            "With one seed for both years it is {kept:.2f}: a child then keeps its random number.",
            kept=kept,
        )
    else:
        second = _("One seed for both years makes it no smaller ({kept:.2f}).", kept=kept)
    return [first, second]


def _reads_larger(one: float, other: float, *, digits: int = 2) -> bool:
    """Whether a number is larger than another, and so when both are rounded as they are shown."""
    return one > other and number(one, digits) != number(other, digits)


@in_languages
def swing_of_schools_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Changes of schools by the share of their pupils with a donor's score."""
    matched = [
        _("{lower:.0%} or more", lower=lower)
        if np.isnan(upper)
        else _("{lower:.0%} to {upper:.0%}", lower=lower, upper=upper)
        for lower, upper in zip(frame["lower"], frame["upper"], strict=True)
    ]
    shown = frame.assign(matched=matched)[["matched", "schools", "year", "lot"]]
    return show(shown, about=about, **captions("tbl-swing-of-schools"))


@in_languages
def swing_of_schools_finding(frame: pd.DataFrame) -> str:
    """Whether schools with many imputed scores swing more, and how much another seed moves them."""
    if len(frame) < 2 or frame.iloc[[0, -1]][["schools", "year", "lot"]].isna().any(axis=None):
        return _("Too few schools have many imputed scores to compare their swing.")
    first, last = frame.iloc[0], frame.iloc[-1]
    given = {
        "least": first["year"], "most": last["year"], "lower": last["lower"],
        "first": first["lot"], "last": last["lot"],
    }  # fmt: skip
    if _reads_larger(last["year"], first["year"], digits=1):
        return _(
            "Where {lower:.0%} or more of the scores are imputed, the score of a school changes by "
            "{most:.1f} points from year to year on average, against {least:.1f} where fewest are; "
            "another seed alone moves it by {last:.1f} points, against {first:.1f}.",
            **given,
        )
    return _(
        "Where {lower:.0%} or more of the scores are imputed, the score of a school changes by no "
        "more from year to year on average ({most:.1f} points) than where fewest are "
        "({least:.1f}); another seed alone moves it by {last:.1f} points, against {first:.1f}.",
        **given,
    )
