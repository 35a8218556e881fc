"""Whose scores are uncertain: by size, share of imputed children, and urbanity."""

import numpy as np
import pandas as pd

from oablib.indicator.certainty.classes import SIZE, UNKNOWN, URBANITY
from oablib.report.exhibit import About, Table
from oablib.report.table import show
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

ALIKE = 1.25  # times the half width of the surest class, up to which classes are alike


@in_languages
def classes_table(frame: pd.DataFrame, *, about: About) -> Table:
    """How sure scores are by class of school sites; frame: as of_places.sure_classes."""
    named = frame.assign(by=frame["by"].map(_.words("by")), class_=labels(frame))
    columns = ["by", "class_", "schools", "paid", "score", "half", "wrong", "ranks"]
    return show(named[columns], about=about, groups="by", **captions("tbl-classes"))


def labels(frame: pd.DataFrame) -> list[str]:
    """Each class in words; frame: with by and at_least."""
    urban = _.words("urbanity")
    result = []
    for by, limit in zip(frame["by"], frame["at_least"], strict=True):
        if by == URBANITY:
            result.append(urban[int(limit)])
        elif by == UNKNOWN:
            result.append(_("from {limit:.0%} imputed", limit=limit))
        else:
            result.append(_("from {limit:,} pupils", limit=int(limit)))
    return result


@in_languages
def classes_finding(frame: pd.DataFrame) -> str:
    """Whether small schools, or those with many imputed children, are less sure."""
    parts = [
        _between(
            frame[frame["by"] == SIZE],
            more=_("Small schools are less sure:"),
            less=_("Large schools are less sure:"),
            same=_("Small and large schools are equally sure:"),
        ),
        _between(
            frame[frame["by"] == UNKNOWN].iloc[::-1],
            more=_("Schools with many imputed children are less sure:"),
            less=_("Schools with few imputed children are less sure:"),
            same=_("The share of imputed children makes no great difference:"),
        ),
    ]
    return " ".join(part for part in parts if part)


def _between(rows: pd.DataFrame, *, more: str, less: str, same: str) -> str:
    """First and last class beside each other: which of both is less sure."""
    shown = rows.dropna(subset=["half"])
    if len(shown) < 2:
        return ""
    first, last = shown.iloc[0], shown.iloc[-1]
    names = labels(shown)
    ratio = first["half"] / last["half"] if last["half"] else np.inf
    begin = more if ratio > ALIKE else less if ratio < 1 / ALIKE else same
    widths = _(
        "half the interval is {first:.0%} of the score for sites {one}, {last:.0%} for sites "
        "{other}.",
        first=first["half"], last=last["half"], one=names[0], other=names[-1],
    )  # fmt: skip
    return f"{begin} {widths}"
