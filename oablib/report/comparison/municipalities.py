"""Municipalities by both indicators in the report on the comparison."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from oablib.indicator.comparison import Relative, Rules
from oablib.report.exhibit import About, Table
from oablib.report.table import show
from oablib.report.texts import listed, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

COUNTS = ("municipalities", "with_current_score", "from_zero")
"""Measures that are counts; all others are fractions, and shown in %."""

MOST = 0.5  # of municipalities, from which most of them do


@in_languages
def redistribution_finding(*, schools: float, municipalities: float) -> str:
    """Whether less moves between municipalities than between schools; both shares of all points."""
    shares = {"schools": schools, "municipalities": municipalities}
    if municipalities < schools:
        return _(
            "Fewer points move between municipalities than between schools: {municipalities:.1%} "
            "against {schools:.1%} of all points.",
            **shares,
        )
    return _(
        "No fewer points move between municipalities than between schools: {municipalities:.1%} "
        "against {schools:.1%} of all points.",
        **shares,
    )


@in_languages
def relative_table(frame: pd.DataFrame, *, rules: Rules, about: About) -> Table:
    """Relative changes of municipalities in numbers; frame: as in Relative.summary."""
    counted = frame["measure"].isin(COUNTS)
    factors = np.where(counted, 1, 100)
    numbers = {name: frame[name] * factors for name in ("value", "published") if name in frame}
    return show(
        frame.assign(measure=frame["measure"].map(_.words("relative")), **numbers),
        about=about,
        count_rows=list(np.flatnonzero(counted)),
        **captions(
            "tbl-relative",
            percent=rules.interval,
            points=rules.ordinary_gain,
            large=rules.large_gain,
        ),
    )


@in_languages
def relative_finding(relative: Relative, *, names: Mapping[str, str], rules: Rules) -> str:
    """Whether more municipalities gain than lose, and how the largest change; names: of codes."""
    frame = relative.summary
    values = frame.set_index("measure")["value"]
    gain = values["gain_ordinary"] + values["gain_more"]
    given = {
        "gain": gain,
        "lose": values["lose"],
        "ordinary": values["gain_ordinary"],
        "points": rules.ordinary_gain,
    }
    if np.isnan(gain + values["lose"]):
        text = _("Too few municipalities gain, or lose, to say how many.")
        return _with_largest(text, relative, names=names)
    text = (
        _(
            "More municipalities gain ({gain:.0%}) than lose ({lose:.0%}); {ordinary:.0%} gain at "
            "most {points:g} points.",
            **given,
        )
        if gain > values["lose"]
        else _(
            "No more municipalities gain ({gain:.0%}) than lose ({lose:.0%}); {ordinary:.0%} gain "
            "at most {points:g} points.",
            **given,
        )
    )
    return _with_largest(text, relative, names=names)


def _with_largest(text: str, relative: Relative, *, names: Mapping[str, str]) -> str:
    """A text with how the largest change, and what is published of them."""
    frame, part = relative.summary, relative.largest
    if part["relative"].isna().any() or part.empty:
        return text
    together = frame.set_index("measure")["value"]["largest_change"]
    towns = [
        _("{name} {change:+.1%}", name=names[str(code)], change=change)
        for code, change in zip(part.iloc[:, 0], part["relative"], strict=True)
    ]
    text += " " + _(
        "The largest together change by {change:+.1%} ({towns}).",
        change=together, towns=listed(towns),
    )  # fmt: skip
    if "published" not in frame:
        return text
    printed = frame.set_index("measure")["published"]["largest_change"]
    return text + " " + _("Published: {change:+.0%}.", change=printed)


@in_languages
def municipal_claims(frame: pd.DataFrame, *, rules: Rules) -> str:
    """Which statements of the report on municipalities hold here; empty without published figures.

    frame: as in Relative.summary.
    """
    if "published" not in frame:
        return ""
    values = frame.set_index("measure")["value"]
    ordinary, more, lose = (values[name] for name in ("gain_ordinary", "gain_more", "lose"))
    claims = {
        _("more gain than lose"): (ordinary + more, ordinary + more > lose),
        _("by far the most gain at most {points:g} points", points=rules.ordinary_gain): (
            ordinary, ordinary > max(more, lose),
        ),
        _("most change by a percentage within the published bounds"): (
            values["within_published"], values["within_published"] > MOST,
        ),
        _("most with a large relative gain have a low score"): (
            values["large_gain_low"], values["large_gain_low"] > MOST,
        ),
        _("the largest lose"): (values["largest_change"], values["largest_change"] < 0),
    }  # fmt: skip
    judged = {name: holds for name, (value, holds) in claims.items() if not np.isnan(value)}
    if not judged:
        return _("Too few municipalities change to judge what the report says of them.")
    absent = [name for name, holds in judged.items() if not holds]
    if absent:
        return _(
            "Of {all} statements of the report on municipalities {n} hold here; not: {absent}.",
            all=len(judged), n=len(judged) - len(absent), absent=listed(absent),
        )  # fmt: skip
    return _(
        "All {n} statements of the report on municipalities that can be judged hold here: {held}.",
        n=len(judged), held=listed(judged),
    )  # fmt: skip
