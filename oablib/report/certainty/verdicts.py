"""How many school sites have a score that can be relied on, and how many depend on a coin."""

import numpy as np
import pandas as pd

from oablib.indicator.certainty import Rules
from oablib.indicator.certainty.classes import AMOUNT, COIN, DOUBT, NONE, WIDE
from oablib.report.exhibit import About, Table
from oablib.report.table import show
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions


@in_languages
def verdicts_table(frame: pd.DataFrame, *, rules: Rules, about: About) -> Table:
    """School sites by what can be relied on; frame: as of_places.sure."""
    low, high = rules.coin
    given = {
        "level": rules.level, "doubt": rules.doubt, "sure": 1 - rules.doubt, "low": low,
        "high": high, "half": rules.relied_on,
    }  # fmt: skip
    words = _.words("verdicts")
    return show(
        frame.assign(verdict=frame["verdict"].map(words)),
        about=about,
        **captions("tbl-verdicts", **given),
    )


@in_languages
def verdicts_finding(frame: pd.DataFrame, *, rules: Rules) -> str:
    """Which part of the points goes to sites whose amount is relied on, and to the others."""
    return relied_on(frame, rules=rules)


def relied_on(frame: pd.DataFrame, *, rules: Rules) -> str:
    """What verdicts_finding says, in plain text, for the answer."""
    places, points = _shares(frame, "share_places"), _shares(frame, "share_points")
    if np.isnan([places[NONE], places[WIDE]]).any():
        return _("Too few school sites of some kinds to show whose score can be relied on.")
    given = {
        "none": places[NONE], "amount": places[AMOUNT], "points": points[AMOUNT],
        "wide": places[WIDE], "wide_points": points[WIDE], "half": rules.relied_on,
    }  # fmt: skip
    if np.isnan(given["amount"]):
        return _(
            "{none:.0%} of school sites surely have no score. {wide:.0%}, with {wide_points:.0%} "
            "of the points, surely have a score, but not a certain amount. How many have a score "
            "known to within {half:.0%} is not shown: some kinds have few sites.",
            **given,
        )
    if round(given["amount"], 2) == 0:
        return _(
            "{none:.0%} of school sites surely have no score. Hardly any has a score known to "
            "within {half:.0%}. {wide:.0%}, with {wide_points:.0%} of the points, surely have a "
            "score, but not a certain amount.",
            **given,
        )
    if given["points"] >= 0.5:
        return _(
            "{none:.0%} of school sites surely have no score. {amount:.0%} have a score known "
            "to within {half:.0%}: they get {points:.0%} of all points. Another {wide:.0%}, "
            "with {wide_points:.0%} of the points, surely have a score, but not a certain amount.",
            **given,
        )
    return _(
        "{none:.0%} of school sites surely have no score. Only {amount:.0%} have a score known to "
        "within {half:.0%}: they get {points:.0%} of all points. {wide:.0%}, with "
        "{wide_points:.0%} of the points, surely have a score, but not a certain amount.",
        **given,
    )


@in_languages
def coins_table(frame: pd.DataFrame, *, fewest: int, about: About) -> Table:
    """School sites on a coin by size; frame: as of_places.coins; fewest: sites of a class."""
    return show(frame, about=about, **captions("tbl-coins", fewest=fewest))


@in_languages
def coins_finding(frame: pd.DataFrame, *, rules: Rules) -> str:
    """How many sites depend on a coin, and how little money that is; frame: as of_places.sure."""
    share, points = _shares(frame, "share_places"), _shares(frame, "share_points")
    parts = [on_a_coin(frame, rules=rules)]
    if _shares(frame, "places")[COIN] > 0:
        # Shares are shown in whole percents: 0 is less than a half.
        parts.append(
            _("They have {points:.0%} of all points.", points=points[COIN])
            if points[COIN] > 0
            else _("They have less than 1% of all points.")
        )
        if not np.isnan(share[DOUBT]):
            parts.append(
                _(
                    "Of another {share:.0%} it is in doubt whether they have a score.",
                    share=share[DOUBT],
                )
            )
    return " ".join(parts)


def on_a_coin(frame: pd.DataFrame, *, rules: Rules) -> str:
    """How many sites depend on a coin, in plain text."""
    places, low, high = _shares(frame, "places")[COIN], *rules.coin
    if np.isnan(places):
        return _(
            "How many school sites have a chance of {low:.0%} to {high:.0%} of a score above 0, so "
            "that payment depends on a coin, is not shown: some kinds have few sites.",
            low=low, high=high,
        )  # fmt: skip
    if not places:
        return _(
            "No school site has a chance of {low:.0%} to {high:.0%} of a score above 0.",
            low=low, high=high,
        )  # fmt: skip
    return _(
        "For about {n:,} school sites ({share:.0%}) payment depends on a coin: their chance of a "
        "score above 0 is {low:.0%} to {high:.0%}.",
        n=int(places), share=_shares(frame, "share_places")[COIN], low=low, high=high,
    )  # fmt: skip


@in_languages
def donors_finding(frame: pd.DataFrame, *, rules: Rules, fewest: int) -> str:
    """How many donors are used more often than the rules allow, or that they are under `fewest`.

    frame: as pupil_scores.reuse.
    """
    often = frame[frame["times"] > rules.most_uses]
    if frame.empty:
        return _("No score is imputed by predictive mean matching.")
    if often.empty:
        return _(
            "No donor is used more than {most:,} times, so that no single child decides over many.",
            most=rules.most_uses,
        )
    n = int(often["donors"].sum())
    if n < fewest:
        return _(
            "Some donors, fewer than {fewest}, are used more than {most:,} times: single children "
            "decide over many others.",
            fewest=fewest, most=rules.most_uses,
        )  # fmt: skip
    return _(
        "{n:,} donors are used more than {most:,} times: single children decide over many others.",
        n=n, most=rules.most_uses,
    )  # fmt: skip


def _shares(frame: pd.DataFrame, name: str) -> dict[str, float]:
    """Verdict -> number of a column."""
    return dict(zip(frame["verdict"], frame[name].astype(float), strict=True))
