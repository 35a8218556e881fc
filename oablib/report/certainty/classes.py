"""Whose scores are uncertain: by size, share of imputed children, and urbanity."""

import numpy as np
import pandas as pd

from oablib.indicator.certainty import Rules
from oablib.indicator.certainty.classes import SIZE, UNKNOWN, URBANITY
from oablib.indicator.certainty.small import MUNICIPALITY
from oablib.report.exhibit import About, Table
from oablib.report.table import show
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions


@in_languages
def classes_table(frame: pd.DataFrame, *, about: About) -> Table:
    """How sure scores are by class of school sites; frame: as of_places.sure_classes."""
    named = frame.assign(by=frame["by"].map(_.words("by")), class_=labels(frame))
    columns = ["by", "class_", "schools", "paid", "score", "half", "wrong", "ranks"]
    return show(named[columns], about=about, groups="by", **captions("tbl-classes"))


def labels(frame: pd.DataFrame) -> pd.Series:
    """Each class in words, by the index of the frame.

    frame: with by and at_least, all classes of each, lowest first: the lowest is named by its end.
    """
    urban = _.words("urbanity")
    ends = frame.groupby("by", sort=False)["at_least"].shift(-1)
    lowest = ~frame["by"].duplicated() & ends.notna()
    words = []
    for by, limit, end in zip(frame["by"], frame["at_least"], ends.where(lowest), strict=True):
        if by == URBANITY:
            words.append(urban[int(limit)])
        elif by == UNKNOWN and end > 0:
            words.append(_("under {limit:.0%} imputed", limit=end))
        elif by == UNKNOWN:
            words.append(_("from {limit:.0%} imputed", limit=limit))
        elif by == MUNICIPALITY and end > 0:
            words.append(_("under {limit:,} children", limit=int(end)))
        elif by == MUNICIPALITY:
            words.append(_("from {limit:,} children", limit=int(limit)))
        elif end > 0:
            words.append(_("under {limit:,} pupils", limit=int(end)))
        else:
            words.append(_("from {limit:,} pupils", limit=int(limit)))
    return pd.Series(words, index=frame.index)


@in_languages
def classes_finding(frame: pd.DataFrame, *, rules: Rules) -> str:
    """Whether small schools, or those with many imputed children, are less sure."""
    parts = [
        _between(
            frame[frame["by"] == SIZE],
            alike=rules.alike,
            more=_("Small schools are less sure:"),
            less=_("Large schools are less sure:"),
            same=_("Small and large schools are equally sure:"),
        ),
        _between(
            frame[frame["by"] == UNKNOWN].iloc[::-1],
            alike=rules.alike,
            more=_("Schools with many imputed children are less sure:"),
            less=_("Schools with few imputed children are less sure:"),
            same=_("The share of imputed children makes no great difference:"),
        ),
    ]
    return " ".join(part for part in parts if part)


def _between(rows: pd.DataFrame, *, alike: float, more: str, less: str, same: str) -> str:
    """First and last class beside each other: which of both is less sure."""
    shown = rows.dropna(subset=["half"])
    if len(shown) < 2:
        return ""
    one, other = shown.index[0], shown.index[-1]
    first, last = shown.loc[one], shown.loc[other]
    names = labels(rows.sort_index())
    ratio = first["half"] / last["half"] if last["half"] else np.inf
    begin = more if ratio > alike else less if ratio < 1 / alike else same
    widths = _(
        "half the interval is {first:.0%} of the score for sites {one}, {last:.0%} for sites "
        "{other}.",
        first=first["half"], last=last["half"], one=names[one], other=names[other],
    )  # fmt: skip
    return f"{begin} {widths}"


def least_sure(frame: pd.DataFrame) -> str:
    """Which class has most sites on the wrong side of 0, beside the one with fewest, in text."""
    shown = frame.dropna(subset=["wrong"])
    if shown["wrong"].nunique() < 2:
        return ""
    places = [int(shown["wrong"].argmax()), int(shown["wrong"].argmin())]
    (most, fewest), (share, least) = (
        labels(frame)[shown.index].iloc[places],
        shown["wrong"].iloc[places],
    )
    return _(
        "Most often on the wrong side of 0 are sites {most} ({share:.0%}), least often those "
        "{fewest} ({least:.0%}).",
        most=most, share=share, fewest=fewest, least=least,
    )  # fmt: skip
