"""Very small schools alone and pooled; averaging early or late; and draws against the truth."""

import numpy as np
import pandas as pd

from oablib.indicator.certainty import Rules
from oablib.indicator.certainty.classes import UNKNOWN
from oablib.indicator.certainty.small import BOARD, SITE
from oablib.report.certainty.classes import labels
from oablib.report.exhibit import About, Table
from oablib.report.table import show
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

CLEAR = 0.005  # of a mean score, from which two ways of averaging differ
EXPECTED = 0.03  # distance of the coverage from the level, within which intervals hold


@in_languages
def places_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Sites and boards by number of pupils; frame: as of_places.sure_places."""
    named = frame.assign(
        what=frame["what"].map(_.words("what")),
        at_least=labels(frame.rename(columns={"what": "by"})),
    )
    return show(named, about=about, groups="what", **captions("tbl-small"))


@in_languages
def places_finding(frame: pd.DataFrame, *, rules: Rules) -> str:
    """Whether very small schools should have a score of their own."""
    return judged_small(frame, rules=rules)


def judged_small(frame: pd.DataFrame, *, rules: Rules) -> str:
    """The same in plain text."""
    sites = frame[(frame["what"] == SITE) & frame["places"].notna()]
    if len(sites) < 2:
        return _("Too few small school sites to judge whether they should have a score.")
    first, last = sites.iloc[0], sites.iloc[-1]
    given = {
        "limit": int(sites.iloc[1]["at_least"]), "reliability": first["reliability"],
        "wrong": first["wrong"], "large": last["wrong"], "least": rules.reliability,
    }  # fmt: skip
    if np.isnan(first["reliability"]):
        return _("Too few small school sites to judge whether they should have a score.")
    if first["reliability"] >= rules.reliability:
        text = _(
            "Sites with fewer than {limit:,} pupils can be told apart by their scores: reliability "
            "{reliability:.2f}, at least {least:.2f}. But {wrong:.0%} would be on the other side "
            "of 0 with other children of the same kind, against {large:.0%} of the largest.",
            **given,
        )
    else:
        text = _(
            "Sites with fewer than {limit:,} pupils cannot be told apart by their scores: "
            "reliability {reliability:.2f}, below {least:.2f}; {wrong:.0%} would be on the other "
            "side of 0 with other children of the same kind, against {large:.0%} of the largest. "
            "The plan's rule, no score of their own, fits them.",
            **given,
        )
    boards = frame[(frame["what"] == BOARD) & frame["places"].notna()]
    if boards.empty:
        return text
    pooled = _(
        "Pooled by board, half the interval of boards with {limit:,} pupils or more is "
        "{board:.0%} of their score, against {site:.0%} for the smallest sites.",
        limit=int(boards.iloc[-1]["at_least"]), board=boards.iloc[-1]["half"], site=first["half"],
    )  # fmt: skip
    return f"{text} {pooled}"


@in_languages
def averaging_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Scores by share of imputed children; frame: as of_places.sure_averaging."""
    named = frame.assign(at_least=labels(frame.assign(by=UNKNOWN)))
    shown = named if frame["truth"].notna().any() else named.drop(columns="truth")
    return show(shown, about=about, **captions("tbl-averaging"))


@in_languages
def averaging_finding(frame: pd.DataFrame) -> str:
    """Which way of averaging gives the mean of the draws, and whether that is the truth."""
    rows = frame.dropna(subset=["schools", "early", "late", "drawn"])
    if rows.empty:
        return _("Too few school sites to show what averaging changes.")
    weights = rows["schools"] / rows["schools"].sum()
    early, late, drawn = (
        float((rows[name] * weights).sum()) for name in ("early", "late", "drawn")
    )
    given = {"early": early, "late": late, "drawn": drawn}
    if abs(late - early) <= CLEAR * max(late, 1.0):
        text = _(
            "Averaged early or late a school site has the same mean score, {early:,.1f} and "
            "{late:,.1f} points; the mean of all draws is {drawn:,.1f}.",
            **given,
        )
    elif late > early:
        text = _(
            "Averaged early a school site has {early:,.1f} points on average, averaged late "
            "{late:,.1f}, and the mean of all draws is {drawn:,.1f}: a mean over draws pulls "
            "children towards the middle, out of the target group, and a floor at 0 makes every "
            "draw above it count.",
            **given,
        )
    else:
        text = _(
            "Averaged early a school site has {early:,.1f} points on average, averaged late fewer, "
            "{late:,.1f}; the mean of all draws is {drawn:,.1f}.",
            **given,
        )
    if rows["truth"].isna().any():
        return text
    truth = float((rows["truth"] * weights).sum())
    nearer = abs(late - truth) < abs(early - truth)
    end = (
        _("In truth it is {truth:,.1f}, which late averaging comes nearer to.", truth=truth)
        if nearer
        else _("In truth it is {truth:,.1f}, which early averaging comes nearer to.", truth=truth)
    )
    return f"{text} {end}"


@in_languages
def chances_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Chances against the truth; frame: as of_places.chances."""
    ends = zip(frame["at_least"], frame["up_to"], strict=True)
    ranges = [_("{low:.0%} to {high:.0%}", low=low, high=high) for low, high in ends]
    shown = frame.assign(range=ranges)[["range", "schools", "chance", "share"]]
    return show(shown, about=about, **captions("tbl-chances"))


@in_languages
def coverage_finding(coverage: float | None, *, rules: Rules) -> str:
    """Whether intervals hold the truth as often as they say; empty where it is not known."""
    if coverage is None:
        return ""
    given = {"coverage": coverage, "level": rules.level}
    if abs(coverage - rules.level) <= EXPECTED:
        return _(
            "In these synthetic data the truth is known: the {level:.0%} intervals of "
            "{coverage:.1%} of school sites hold it.",
            **given,
        )
    if coverage > rules.level:
        return _(
            "In these synthetic data the truth is known: the {level:.0%} intervals of "
            "{coverage:.1%} of school sites hold it, more than they promise: errors of effects and "
            "scale values are counted, and those in use are nearer to the truth than that.",
            **given,
        )
    return _(
        "In these synthetic data the truth is known: the {level:.0%} intervals of only "
        "{coverage:.1%} of school sites hold it. All of them share the errors of the same effects "
        "and scale values, so that in one country many can miss together.",
        **given,
    )
