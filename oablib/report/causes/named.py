"""What the report of 2021 names of the places that change most, beside what is found here."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from oablib.indicator.comparison.named import ABSENT, FOUND, UNJUDGED
from oablib.protocol.codebook import Table as CodebookTable
from oablib.report.causes.profile import characteristic
from oablib.report.exhibit import About, Table
from oablib.report.table import show
from oablib.report.texts import listed, sentence, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions


@in_languages
def named_table(frame: pd.DataFrame, *, table: CodebookTable, about: About) -> Table:
    """Each characteristic that the report names, with its shares here and a verdict.

    frame: as from comparison.named. table: describes the codes of origin.
    """
    ends, verdicts = _.words("ends"), _.words("verdicts")
    rows = frame.to_dict("records")
    shown = pd.DataFrame(
        {
            "places": [sentence(ends[f"{row['level']}, {row['group']}"]) for row in rows],
            "named": [_named(row, table=table) for row in rows],
            "share": frame["share"],
            "of_all": frame["of_all"],
            "verdict": frame["found"].map(verdicts),
        }
    )
    return show(shown, about=about, **captions("tbl-named"))


@in_languages
def named_finding(frame: pd.DataFrame, *, table: CodebookTable) -> str:
    """How many of the named characteristics are found here, of each end, and which are not."""
    ends = frame.groupby(["level", "group"], sort=False)
    return " ".join(_of_end(part, table=table) for _key, part in ends)


def _of_end(part: pd.DataFrame, *, table: CodebookTable) -> str:
    level, group = part[["level", "group"]].iloc[0]
    places = _.words("ends")[f"{level}, {group}"]
    found = {
        verdict: [_named(row, table=table) for row in rows.to_dict("records")]
        for verdict, rows in part.groupby("found", sort=False)
    }
    if set(found) == {UNJUDGED}:
        return _(
            "What the report says of the {places} cannot be judged here: their shares are hidden "
            "or unknown.",
            places=places,
        )
    text = _.plural(
        "Of the {places} the report names {n} characteristic; found here too: {found}",
        "Of the {places} the report names {n} characteristics; found here too: {found}",
        n=len(part), places=places, found=len(found.get(FOUND, [])),
    )  # fmt: skip
    if ABSENT in found:
        text = _("{text}; not: {characteristics}", text=text, characteristics=listed(found[ABSENT]))
    if UNJUDGED in found:
        text = _(
            "{text}; cannot be judged: {characteristics}",
            text=text,
            characteristics=listed(found[UNJUDGED]),
        )
    return f"{text}."


def _named(row: Mapping[Hashable, Any], *, table: CodebookTable) -> str:
    """A characteristic as the report says it, within a sentence."""
    text = characteristic(row["measure"], int(row["code"]), table=table, level=row["level"])
    if row["expected"] == "not_over":
        return _("no large share of {characteristic}", characteristic=text)
    return text
