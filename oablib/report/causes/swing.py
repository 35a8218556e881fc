"""How far scores swing from one year to the next."""

import numpy as np
import pandas as pd

from oablib.indicator.comparison.swing import COMPUTED, KEPT, LOT, MATCHED
from oablib.report.exhibit import About, Table
from oablib.report.numbers import percent
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
        return _("Too few children have the score of a donor in both years to show its swing.")
    given = {"matched": matched, "computed": computed}
    if matched > computed:
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
    if not matched:
        return text
    share = (lot / matched) ** 2
    if share < 1:
        text += " " + _(
            "Another seed within one year moves it by {lot:.2f}: {share:.0%} of the variance of "
            "the swing is the random choice of donors, the rest comes from other donors to choose "
            "from and from what became known of the child.",
            lot=lot, share=share,
        )  # fmt: skip
    else:
        text += " " + _(
            "Another seed within one year moves it as much ({lot:.2f}): the swing is the random "
            "choice of donors alone.",
            lot=lot,
        )  # fmt: skip
    if kept < matched:
        return text + " " + _(
            "With one seed for both years it is {kept:.2f}: a child then keeps its random number.",
            kept=kept,
        )  # fmt: skip
    return text + " " + _("One seed for both years makes it no smaller ({kept:.2f}).", kept=kept)


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
    """Whether schools with many imputed scores swing more, and more by the choice of donors."""
    if len(frame) < 2 or frame.iloc[[0, -1]][["schools", "year", "lot"]].isna().any(axis=None):
        return _("Too few schools have many imputed scores to compare their swing.")
    first, last = frame.iloc[0], frame.iloc[-1]
    shares = [row["lot"] / row["year"] if row["year"] > 0 else 0.0 for row in (first, last)]
    given = {
        "least": first["year"], "most": last["year"], "lower": last["lower"],
        "first": shares[0], "last": shares[1],
    }  # fmt: skip
    if last["year"] > first["year"]:
        return _(
            "Where {lower:.0%} or more of the scores are imputed, the score of a school changes by "
            "{most:.1f} points from year to year, against {least:.1f} where fewest are; another "
            "seed alone moves it by {last:.0%} of that, against {first:.0%}.",
            **given,
        )
    return _(
        "Where {lower:.0%} or more of the scores are imputed, the score of a school changes by no "
        "more from year to year ({most:.1f} points) than where fewest are ({least:.1f}); another "
        "seed alone moves it by {last:.0%} of that, against {first:.0%}.",
        **given,
    )
