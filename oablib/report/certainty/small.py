"""Places by size; averaging early or late; and draws against the truth."""

import numpy as np
import pandas as pd

from oablib.indicator.certainty import Rules
from oablib.indicator.certainty.classes import UNKNOWN
from oablib.indicator.certainty.small import BOARD, MUNICIPALITY, SITE
from oablib.report.certainty.classes import kinds, labels
from oablib.report.exhibit import About, Table
from oablib.report.table import show
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

MEANS = ("early", "late", "drawn", "truth")
NEARER = 0.05  # points, half of the last digit that is written


@in_languages
def places_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Sites, boards and municipalities by size; frame: as of_places.sure_places."""
    named = frame.assign(
        what=frame["what"].map(_.words("what")),
        at_least=labels(frame.rename(columns={"what": "by"})),
    )
    return show(named, about=about, groups="what", **captions("tbl-small"))


@in_languages
def places_finding(frame: pd.DataFrame, *, rules: Rules) -> str:
    """Whether very small schools should have a score of their own, and how sure others are."""
    named = frame.rename(columns={"what": "by"})
    by = {name: named[named["by"] == name] for name in (SITE, BOARD, MUNICIPALITY)}
    parts = [_smallest(by[SITE], rules=rules), _boards(by[BOARD]), _towns(by[MUNICIPALITY])]
    return " ".join(part for part in parts if part)


def _smallest(sites: pd.DataFrame, *, rules: Rules) -> str:
    """Whether the class of the smallest sites can be distinguished by its scores."""
    shown = sites.dropna(subset=["places", "reliability"])
    if len(shown) < 2 or shown.index[0] != sites.index[0]:
        return _("Too few small school sites to judge whether they should have a score.")
    first, last = shown.iloc[0], shown.iloc[-1]
    names = kinds(sites)
    given = {
        "small": names[shown.index[0]], "reliability": first["reliability"],
        "wrong": first["wrong"], "large": last["wrong"], "least": rules.reliability,
        "other": names[shown.index[-1]],
    }  # fmt: skip
    if first["reliability"] >= rules.reliability:
        return _(
            "Sites {small} can be distinguished by their scores: reliability {reliability:.2f}, at "
            "least {least:.2f}. Of them {wrong:.0%} would be on the other side of 0 with other "
            "children of the same kind, of sites {other} {large:.0%}.",
            **given,
        )
    return _(
        "Sites {small} cannot be distinguished by their scores: reliability {reliability:.2f}, "
        "below {least:.2f}. Of them {wrong:.0%} would be on the other side of 0 with other "
        "children of the same kind, of sites {other} {large:.0%}. The plan's rule, no score of "
        "their own, fits them.",
        **given,
    )


def _boards(boards: pd.DataFrame) -> str:
    """How wide intervals of boards are; empty where none shows."""
    shown = boards.dropna(subset=["places", "half"])
    if shown.empty:
        return ""
    last = shown.index[-1]
    return _(
        "Scores added up by board: half the interval is {half:.0%} of the score for boards {kind}.",
        half=shown.loc[last, "half"], kind=kinds(boards)[last],
    )  # fmt: skip


def _towns(towns: pd.DataFrame) -> str:
    """How wide intervals of the smallest and the largest municipalities are; empty without two."""
    shown = towns.dropna(subset=["places", "half"])
    if len(shown) < 2:
        return ""
    names = kinds(towns)
    (one, first), (other, last) = (
        (names[index], shown.loc[index, "half"]) for index in (shown.index[0], shown.index[-1])
    )
    return _(
        "For municipalities {one} half the interval is {first:.0%} of the score, for those {other} "
        "{last:.0%}.",
        one=one, first=first, other=other, last=last,
    )  # fmt: skip


@in_languages
def averaging_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Scores by share of imputed children; frame: as of_places.sure_averaging."""
    classes = labels(frame[:-1].assign(by=UNKNOWN))
    named = frame.assign(at_least=[*classes, _("all")])
    shown = named if frame["truth"].notna().any() else named.drop(columns="truth")
    return show(shown, about=about, **captions("tbl-averaging"))


@in_languages
def averaging_finding(frame: pd.DataFrame, *, rules: Rules) -> str:
    """Which way of averaging gives the mean of the draws, and whether that is the truth."""
    every = frame.iloc[-1]
    early, late, drawn, truth = (float(every[name]) for name in MEANS)
    if np.isnan([early, late, drawn]).any():
        return _("Too few school sites to show what averaging changes.")
    given = {"early": early, "late": late, "drawn": drawn}
    if abs(late - early) <= rules.same_mean * max(late, 1.0):
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
    if np.isnan(truth):
        return text
    # As they are written, so that numbers that look the same are not said to differ.
    away, other = (abs(round(mean, 1) - round(truth, 1)) for mean in (late, early))
    if abs(away - other) < NEARER:
        end = _("In truth it is {truth:,.1f}, as far from both.", truth=truth)
    elif away < other:
        end = _("In truth it is {truth:,.1f}, which late averaging comes nearer to.", truth=truth)
    else:
        end = _("In truth it is {truth:,.1f}, which early averaging comes nearer to.", truth=truth)
    return f"{text} {end}"


@in_languages
def chances_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Chances against the truth; frame: as of_places.chances."""
    ends = zip(frame["at_least"], frame["up_to"], strict=True)
    ranges = [_("{low:.0%} to {high:.0%}", low=low, high=high) for low, high in ends]
    shown = frame.assign(range=ranges)[["range", "schools", "chance", "share"]]
    return show(shown, about=about, **captions("tbl-chances"))


@in_languages
def coverage_finding(coverage: float | None, *, planted: bool, rules: Rules) -> str:
    """Whether intervals hold the truth as often as they say; empty where it is not known.

    planted: whether the effects and scale values in use are those that the country has, so that
    only the errors that draws give them count; if not, all sites share their errors.
    """
    if coverage is None:
        return ""
    given = {"coverage": coverage, "level": rules.level}
    if abs(coverage - rules.level) <= rules.near_level:
        return _(
            "In these synthetic data the truth is known: the {level:.0%} intervals of "
            "{coverage:.1%} of school sites hold it.",
            **given,
        )
    if coverage > rules.level:
        text = _(
            "In these synthetic data the truth is known: the {level:.0%} intervals of "
            "{coverage:.1%} of school sites hold it, more than they promise.",
            **given,
        )
        why = _(
            "Errors of effects and scale values are counted, and those in use are the true ones."
        )
        return f"{text} {why}" if planted else text
    text = _(
        "In these synthetic data the truth is known: the {level:.0%} intervals of only "
        "{coverage:.1%} of school sites hold it.",
        **given,
    )
    why = _(
        "All of them share the errors of the same effects and scale values, so that in one country "
        "many can miss together."
    )
    return text if planted else f"{text} {why}"
