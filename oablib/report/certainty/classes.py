"""Whose scores are uncertain: by size, share of imputed children, and urbanity."""

import numpy as np
import pandas as pd

from oablib.indicator.certainty import Rules
from oablib.indicator.certainty.classes import SIZE, UNKNOWN, URBANITY
from oablib.indicator.certainty.small import MUNICIPALITY
from oablib.protocol.codebook import Table as CodebookTable
from oablib.report.exhibit import About, Table
from oablib.report.labels import urbanity
from oablib.report.table import show
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions


@in_languages
def classes_table(frame: pd.DataFrame, *, table: CodebookTable, about: About) -> Table:
    """How sure scores are by class of school sites; frame: as of_places.sure_classes."""
    named = frame.assign(by=frame["by"].map(_.words("by")), class_=labels(frame, table=table))
    columns = ["by", "class_", "schools", "paid", "score", "half", "wrong", "ranks"]
    return show(named[columns], about=about, groups="by", **captions("tbl-classes"))


def labels(frame: pd.DataFrame, *, table: CodebookTable | None = None) -> pd.Series:
    """Each class in words that may follow "with", by the index of the frame.

    frame: with by and at_least, all classes of each, lowest first. table: of the codebook, for
    classes of urbanity, whose words do not follow "with": see `kinds`.
    """
    ends = frame.groupby("by", sort=False)["at_least"].shift(-1)
    words = []
    for by, low, end in zip(frame["by"], frame["at_least"], ends, strict=True):
        if by == URBANITY and table is not None:
            words.append(urbanity(table, low))
        elif by == UNKNOWN:
            words.append(_share(low, end))
        else:
            of = _("children") if by == MUNICIPALITY else _("pupils")
            words.append(_number(int(low), end, of=of))
    return pd.Series(words, index=frame.index)


def _share(low: float, end: float) -> str:
    """A class of shares of imputed children; end: NaN for the last one."""
    if np.isnan(end):
        return _("{low:.0%} or more imputed", low=low)
    if low == 0:
        return _("less than {end:.0%} imputed", end=end)
    return _("{low:.0%} to {end:.0%} imputed", low=low, end=end)


def _number(low: int, end: float, *, of: str) -> str:
    """A class of numbers; end: NaN for the last one; of: "pupils" or "children"."""
    if np.isnan(end):
        return _("{low:,} {of} or more", low=low, of=of)
    if low <= 1:
        return _("fewer than {end:,} {of}", end=int(end), of=of)
    return _("{low:,} to {last:,} {of}", low=low, last=int(end) - 1, of=of)


def kinds(frame: pd.DataFrame, *, table: CodebookTable | None = None) -> pd.Series:
    """Each class in words that follow "sites": "with 50 to 99 pupils"."""
    words = labels(frame, table=table)
    after_sites = [
        _("in municipalities that are {urbanity}", urbanity=word)
        if by == URBANITY
        else _("with {label}", label=word)
        for by, word in zip(frame["by"], words, strict=True)
    ]
    return pd.Series(after_sites, index=frame.index)


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
    names = kinds(rows.sort_index())
    ratio = first["half"] / last["half"] if last["half"] else np.inf
    begin = more if ratio > alike else less if ratio < 1 / alike else same
    widths = _(
        "half the interval is {first:.0%} of the score for sites {one}, {last:.0%} for sites "
        "{other}.",
        first=first["half"], last=last["half"], one=names[one], other=names[other],
    )  # fmt: skip
    return f"{begin} {widths}"


def least_sure(frame: pd.DataFrame, *, table: CodebookTable) -> str:
    """Sites on the wrong side of 0 by what they differ most by, in text; empty where by nothing."""
    shown = frame.dropna(subset=["wrong"])
    wrong = shown["wrong"].round(2)  # as it is written
    span = wrong.groupby(shown["by"], sort=False).agg(np.ptp)
    if not (span > 0).any():
        return ""
    of_one = wrong[shown["by"] == span.idxmax()]
    places = [int(of_one.argmax()), int(of_one.argmin())]
    most, fewest = kinds(frame, table=table)[of_one.index].iloc[places]
    share, least = of_one.iloc[places]
    return _(
        "Most often on the wrong side of 0 are sites {most} ({share:.0%}), least often those "
        "{fewest} ({least:.0%}).",
        most=most, share=share, fewest=fewest, least=least,
    )  # fmt: skip
