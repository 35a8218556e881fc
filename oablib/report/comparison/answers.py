"""The answer of the report on the comparison."""

import numpy as np
import pandas as pd

from oablib.indicator.comparison import Rules, not_zero_under_both
from oablib.indicator.comparison.schools import NOT_ZERO
from oablib.indicator.comparison.scores import TOTAL
from oablib.report.comparison.municipalities import redistribution_finding
from oablib.report.comparison.schools import bands_finding, few_move
from oablib.report.exhibit import About
from oablib.report.indicators import applied, beside_sentence, is_derived
from oablib.report.numbers import signed
from oablib.report.texts import sentence, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)


@in_languages
def answer(
    *,
    indicators: tuple[str, str],
    differences: pd.DataFrame,
    cutoff: pd.DataFrame,
    agreement: pd.DataFrame,
    pairs: pd.DataFrame,
    bands: pd.DataFrame,
    relative: pd.DataFrame,
    redistributed: tuple[float, float],
    rules: Rules,
    about: About,
) -> str:
    """What changes for children, schools and municipalities, and the limit that matters most.

    indicators: names of the current and the new one. agreement: of the new one with the indicator
    beside it. Frames: as from score_differences, cutoff, standardised of schools, bands, and the
    summary of relative. redistributed: shares of all points that move between schools, and between
    municipalities.
    """
    current, new = indicators
    schools, municipalities = redistributed
    parts = [
        _("{new} is compared with {current}, the current one.", new=sentence(applied(new)),
          current=applied(current)),
        beside_sentence(agreement, applied=new),
        _children(differences, cutoff),
        _schools(pairs, bands),
        _municipalities(relative, rules=rules),
        redistribution_finding(schools=schools, municipalities=municipalities),
        _limit(current, about=about),
    ]  # fmt: skip
    return " ".join(part for part in parts if part)


def _children(differences: pd.DataFrame, cutoff: pd.DataFrame) -> str:
    total = differences[differences["scores"] == TOTAL].iloc[0]
    values = cutoff.set_index("measure")["value"]
    return _(
        "**Children:** scores correlate **{r:.2f}**; {crossing:.1%} of the children join or leave "
        "the target group.",
        r=total["r"], crossing=values["only_current"] + values["only_new"],
    )  # fmt: skip


def _schools(pairs: pd.DataFrame, bands: pd.DataFrame) -> str:
    moving = not_zero_under_both(pairs)
    band = bands[bands["schools"] == NOT_ZERO].iloc[0]
    if np.isnan(band["share"]) or few_move(moving):
        return bands_finding(bands)
    change = moving["change"]
    text = _(
        "**Schools:** of {n:,} with a score above zero by either, {gain:,} gain and {lose:,} lose; "
        "**{share:.1%}** change by {lower} to {upper} points",
        n=len(moving), gain=int((change > 0).sum()), lose=int((change < 0).sum()),
        share=band["share"], lower=signed(band["lower"], 0), upper=signed(band["upper"], 0),
    )  # fmt: skip
    if "published_share" not in bands:
        return f"{text}."
    beside = _(
        "published: {share:.1%} by {lower} to {upper}", share=band["published_share"],
        lower=signed(band["published_lower"], 0), upper=signed(band["published_upper"], 0),
    )  # fmt: skip
    return f"{text} ({beside})."


def _municipalities(relative: pd.DataFrame, *, rules: Rules) -> str:
    values = relative.set_index("measure")["value"]
    gain, lose = values["gain_ordinary"] + values["gain_more"], values["lose"]
    if np.isnan(gain + lose):
        return ""
    if np.isnan(values["lower"]):
        return _("**Municipalities:** {gain:.0%} gain and {lose:.0%} lose.", gain=gain, lose=lose)
    return _(
        "**Municipalities:** {gain:.0%} gain and {lose:.0%} lose; {interval:.0%} of those with a "
        "score change by {lower:+.0%} to {upper:+.0%}.",
        interval=rules.interval, gain=gain, lose=lose, lower=values["lower"],
        upper=values["upper"],
    )  # fmt: skip


def _limit(current: str, *, about: About) -> str:
    if about.drawn:
        return _(
            "The main limit: the children are synthetic, and we chose how alike children of one "
            "school are."
        )
    if is_derived(current):
        return _(
            "The main limit: effects of {current} are derived from rounded figures.",
            current=applied(current),
        )
    return _("The main limit: schools with many imputed scores move with the choice of donors.")
