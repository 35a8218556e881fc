"""What the report of 2021 concludes, and whether this run finds the same."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pandas as pd

from oablib.report.exhibit import About, Table
from oablib.report.summary.results import Country, Results
from oablib.report.table import show
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages
from oablib.studies import conclusions
from oablib.studies.conclusions import Rules
from oablib.studies.conclusions.verdicts import FAILS, HOLDS, UNDECIDED, UNKNOWN, VERDICTS

_ = texts_beside(__file__)
captions = _.captions


def judged(
    results: Results,
    *,
    country: Country | None,
    figures: Mapping[str, Any] | None,
    rules: Rules,
    close: float,
) -> pd.DataFrame | None:
    """Verdicts on the report's conclusions (conclusions.judge); close: as in OfCountry.

    None where the run compares with no figures, or with those of another report.
    """
    if figures is None or figures["source"]["key"] != rules.source:
        return None
    of_country = country.to_judge(close=close) if country else None
    return conclusions.judge(rules, cohort=results.to_judge, country=of_country)


@in_languages
def conclusions_table(frame: pd.DataFrame, *, rules: Rules, about: About) -> Table:
    """A row a conclusion: what the report says, what this run finds, verdict; frame: judged."""
    said = {each.name: each for each in rules.conclusions}
    rows = [
        {
            "report": str(said[row.conclusion].words),
            "here": _found(row),
            "verdict": _.words("verdicts")[row.verdict],
        }
        for row in _rows(frame)
    ]
    return show(pd.DataFrame(rows), about=about, **captions("tbl-conclusions"))


def _rows(frame: pd.DataFrame) -> Iterator[Any]:
    yield from frame.itertuples()


def _found(row: Any) -> str:
    """What this run finds, or why it cannot say."""
    return _.words("why")[row.why] if row.verdict == UNKNOWN else _FOUND[row.kind](row)


def _strongest(row: Any) -> str:
    return _(
        "the smaller of both {here:.2f}, the largest other {beside:.2f} standard deviations",
        here=row.here, beside=row.beside,
    )  # fmt: skip


def _paths(row: Any) -> str:
    return _("{k} of {n} candidates added", k=row.same, n=row.of)


def _scale_values(row: Any) -> str:
    """How many figures moved as the report says; a single one beside that of 2019."""
    if row.of > 1:
        return _("{k} of {n} moved so", k=row.same, n=row.of)
    return _(
        "{here:.2f} points, in the indicator of 2019 {beside:.2f}", here=row.here, beside=row.beside
    )


def _effects(row: Any) -> str:
    if row.of > 1:
        return _("{k} of {n} moved so", k=row.same, n=row.of)
    return _(
        "{here:.2f} standard deviations, in the indicator of 2019 {beside:.2f}",
        here=row.here, beside=row.beside,
    )  # fmt: skip


def _explained(row: Any) -> str:
    return _(
        "{here:.1%}, the indicator of 2019 {beside:.1%}, on the same children",
        here=row.here, beside=row.beside,
    )  # fmt: skip


def _donors_share(row: Any) -> str:
    return _(
        "{here:.0%} where most is lost, {beside:.0%} where most is gained",
        here=row.here, beside=row.beside,
    )  # fmt: skip


def _donors_sign(row: Any) -> str:
    return _(
        "{here:+.0f} points each where most is lost, {beside:+.0f} where most is gained",
        here=row.here, beside=row.beside,
    )  # fmt: skip


def _municipalities(row: Any) -> str:
    return _("{here:.0%} gain, {beside:.0%} lose", here=row.here, beside=row.beside)


def _late(row: Any) -> str:
    return _("{n:,} children, {share:.4%} of all", n=int(row.here), share=row.beside)


def _swing(row: Any) -> str:
    return _(
        "standard deviation of the change {here:.1f} points, of computed scores {beside:.1f}",
        here=row.here, beside=row.beside,
    )  # fmt: skip


def _sample(row: Any) -> str:
    return _(
        "at most {here:.1%} of the children would have to be of another category, limit "
        "{limit:.0%}",
        here=row.here, limit=row.beside,
    )  # fmt: skip


_FOUND: Mapping[str, Callable[[Any], str]] = {
    "strongest": _strongest,
    "paths": _paths,
    "scale_values": _scale_values,
    "effects": _effects,
    "explained": _explained,
    "donors_share": _donors_share,
    "donors_sign": _donors_sign,
    "municipalities": _municipalities,
    "late": _late,
    "sample": _sample,
    "swing": _swing,
}


def counted(frame: pd.DataFrame) -> str:
    """How many conclusions hold here too."""
    return _.plural(
        "{n:,} of {all:,} conclusions of the report of 2021 holds here.",
        "{n:,} of {all:,} conclusions of the report of 2021 hold here.",
        int((frame["verdict"] == HOLDS).sum()), all=len(frame),
    )  # fmt: skip


@in_languages
def conclusions_finding(frame: pd.DataFrame | None, *, about: About) -> str:
    """How many conclusions hold here too, and what that is worth in drawn data; empty for None."""
    if frame is None:
        return ""
    counts = frame["verdict"].value_counts().reindex(VERDICTS, fill_value=0)
    holds = counted(frame)
    others = _(
        "The others: {fails} not, {undecided} within sampling error, {unknown} cannot be judged.",
        fails=int(counts[FAILS]), undecided=int(counts[UNDECIDED]), unknown=int(counts[UNKNOWN]),
    )  # fmt: skip
    text = holds if counts[HOLDS] == len(frame) else f"{holds} {others}"
    if not about.drawn:
        return text
    return f"{text} " + _(
        "The children are synthetic and were given the published effects: that a conclusion holds "
        "tests the program, not the report."
    )
