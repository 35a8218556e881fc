"""The answer of the report on causes."""

import pandas as pd

from oablib.indicator.comparison import Rules
from oablib.indicator.comparison.causes import DONORS
from oablib.indicator.comparison.schools import GAIN_MOST, LOSE_MOST
from oablib.indicator.comparison.shapley import GAINERS, LOSERS
from oablib.protocol.codebook import Table as CodebookTable
from oablib.report.causes.findings import (
    are_unchanged,
    largest,
    nets,
    not_shown,
    shares,
    yearly_finding,
)
from oablib.report.causes.parts import cause
from oablib.report.causes.profile import over_represented
from oablib.report.indicators import applied, beside_sentence
from oablib.report.numbers import percent
from oablib.report.texts import listed, sentence, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)

MOST = 1  # characteristics named for either end


@in_languages
def answer(
    summary: pd.DataFrame,
    *,
    indicators: tuple[str, str],
    profile: pd.DataFrame,
    yearly: pd.DataFrame,
    agreement: pd.DataFrame,
    municipal: pd.DataFrame,
    table: CodebookTable,
    rules: Rules,
) -> str:
    """Why schools and municipalities change, which most, what other pupils do, the main limit.

    summary, yearly, municipal: as from causes_summary; profile: as from comparison.profile.
    indicators: names of the current and the new one. agreement: of the new one with the indicator
    beside it.
    """
    current, new = indicators
    counts = summary.drop_duplicates("group").set_index("group")["places"]
    lost, gained = (
        over_represented(profile, group, table=table, rules=rules, most=MOST)
        for group in (LOSE_MOST, GAIN_MOST)
    )
    parts = [
        sentence(_moved(counts, new=applied(new), current=applied(current))),
        beside_sentence(agreement, applied=new),
        _("**Why:** {shares}", shares=shares(summary)),
        _municipal(municipal),
        yearly_finding(yearly),
        sentence(_("{gained}; {lost}.", lost=lost, gained=gained)),
        _limit(summary),
    ]  # fmt: skip
    return " ".join(part for part in parts if part)


def _moved(counts: pd.Series, *, new: str, current: str) -> str:
    """How many schools lose and gain."""
    if counts[[LOSERS, GAINERS]].isna().any():
        return _(
            "by {new}, fewer schools lose or gain against {current} than may be shown.",
            new=new, current=current,
        )  # fmt: skip
    return _(
        "by {new}, **{lose:,} schools lose and {gain:,} gain** against {current}.",
        new=new, current=current, lose=int(counts[LOSERS]), gain=int(counts[GAINERS]),
    )  # fmt: skip


def _municipal(summary: pd.DataFrame) -> str:
    """What changes municipalities most."""
    if are_unchanged(summary):
        return _("Municipalities: none changes.")
    values = nets(summary)
    if values.empty:
        return _("Municipalities: too few change to show it.")
    top = largest(values)
    n, given = len(top), {"share": float(values.max()), "causes": listed(map(cause, top))}
    if not_shown(summary):
        return _.plural(
            "Municipalities: the largest part that may be shown is {causes} ({share:.0%}).",
            "Municipalities: the largest parts that may be shown are {causes} ({share:.0%} each).",
            n,
            **given,
        )
    return _.plural(
        "Municipalities: the largest part is {causes} ({share:.0%}).",
        "Municipalities: the largest parts are {causes} ({share:.0%} each).",
        n,
        **given,
    )


def _limit(summary: pd.DataFrame) -> str:
    """What donor selection does to the schools that lose most."""
    rows = summary[(summary["group"] == LOSE_MOST) & (summary["cause"] == DONORS)]
    share = float(rows["net_share"].iloc[0]) if len(rows) else 0.0
    if share > 0 and percent(share) != percent(0):
        return _(
            "Main limit: donor selection, {share:.0%} of the largest losses, is partly random.",
            share=share,
        )
    return _("Main limit: causes are those of the computation, not of the world.")
