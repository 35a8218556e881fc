"""Municipalities by both indicators in the report on the comparison."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from oablib.base.wording import inert
from oablib.indicator.comparison import Relative, Rules
from oablib.report import drawing
from oablib.report.comparison.schools import gains, logarithmic_diagonal
from oablib.report.exhibit import About, Figure, Table
from oablib.report.numbers import signed
from oablib.report.table import show
from oablib.report.texts import listed, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

COUNTS = ("municipalities", "with_current_score", "from_zero")
"""Measures that are counts; all others are fractions, and shown in %."""


@in_languages
@drawing.styled
def municipalities_figure(
    pairs: pd.DataFrame, *, names: Mapping[str, str], largest: int, about: About
) -> Figure:
    """Municipalities by current and new score, the largest named (figure 4.2.1)."""
    named = pairs.assign(municipality=pairs.iloc[:, 0].map(names))
    figure, axes = drawing.canvas(height=drawing.WIDTH * 0.8)
    axes.plot(pairs["current"], pairs["new"], "o", ms=3.2, mew=0, alpha=0.7, color=drawing.OURS)
    logarithmic_diagonal(axes, pairs, room=2.5)
    top, spoken = named.nlargest(largest, "current"), []
    columns = zip(top["municipality"], top["current"], top["new"], top["change"], strict=True)
    for row, (name, x, y, change) in enumerate(columns):
        # In turn on either side, as the largest lie close to each other.
        away, side = ((-7, 4), "right") if row % 2 == 0 else ((7, -4), "left")
        axes.annotate(inert(name), (x, y), away, textcoords="offset points", ha=side, va="center")
        spoken.append(f"{name} {signed(change, 0)}")
    headings = {
        "municipality": _("municipality"),
        "current": _("current score"),
        "new": _("new score"),
        "change": _("change"),
    }
    return drawing.exhibited(
        figure,
        about=about,
        alt=_("Dots along a diagonal. {gains} Largest: {largest}.", gains=gains(pairs),
              largest="; ".join(spoken)),
        numbers=named[list(headings)].round(1).rename(columns=headings),
        **captions("fig-municipalities"),
    )  # fmt: skip


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
        **captions("tbl-relative", percent=rules.interval, points=rules.ordinary_gain),
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
    part = relative.table[relative.table["largest"]].sort_values("current", ascending=False)
    towns = [
        _("{name} {change:+.1%}", name=names[str(code)], change=change)
        for code, change in zip(part.iloc[:, 0], part["relative"], strict=True)
    ]
    text += " " + _(
        "The largest together change by {change:+.1%} ({towns}).",
        change=values["largest_change"], towns=listed(towns),
    )  # fmt: skip
    if "published" not in frame:
        return text
    printed = frame.set_index("measure")["published"]["largest_change"]
    return text + " " + _("Published: {change:+.0%}.", change=printed)
