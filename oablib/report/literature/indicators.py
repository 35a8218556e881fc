"""What is shown of the 36 indicators of 2015: one table, and which of them are here."""

from collections.abc import Sequence

import pandas as pd

from oablib.base.language import Words
from oablib.protocol.indicator_table import AUXILIARY, UNUSED
from oablib.protocol.indicators import Indicator
from oablib.report.exhibit import About, Table
from oablib.report.labels import Labels
from oablib.report.table import show
from oablib.report.texts import listed, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

MOST_NAMED = 3  # indicators that are unknown most


@in_languages
def indicators_table(
    frame: pd.DataFrame, *, indicators: Sequence[Indicator], labels: Labels, about: About
) -> Table:
    """All indicators with what the source says of them, and which column holds them here.

    frame: as indicator_table.held, in the order of the indicators.
    """
    groups, uses, roles = (_.words(name) for name in ("groups", "uses", "roles"))
    rows = [
        {
            "number": each.number,
            "group": groups[each.group],
            "indicator": str(Words(each.label_en, each.label_nl)),
            "definition": str(Words(each.definition, each.definition_nl)),
            "source": str(Words(each.source, each.source_nl)),
            "years": _years(each),
            "detail": str(Words(each.detail, each.detail_nl)),
            "unknown": str(Words(each.unknown, each.unknown_nl)),
            "use": listed(uses[use] for use in each.use),
            "columns": "; ".join(labels.heading(name) for name in row["columns"].split()),
            "role": roles.get(row["role"], ""),
            "n": row["n"],
            "unknown_here": row["unknown_here"],
        }
        for each, row in zip(indicators, frame.to_dict("records"), strict=True)
    ]
    absent = [number for number, row in enumerate(rows) if not row["columns"]]
    caption = captions("tbl-indicators")
    return show(pd.DataFrame(rows), about=about, not_given_rows=absent, **caption)


def _years(indicator: Indicator) -> str:
    first, last = indicator.first_year, indicator.last_year
    if first is None:
        return _("not given")
    return f"{first}–{last}" if last else _("from {year}", year=str(first))


@in_languages
def finding_indicators(
    frame: pd.DataFrame, *, indicators: Sequence[Indicator], models: int, labels: Labels
) -> str:
    """How many indicators have a column, which are used, and which are unknown most.

    models: how many there are.
    """
    here = frame[frame["columns"] != ""]
    used = here[~here["role"].isin([AUXILIARY, UNUSED])]
    auxiliary = int((here["role"] == AUXILIARY).sum())
    by_source = sum(bool(each.unknown) for each in indicators)
    every = int((used["models"] == models).sum())
    texts = [
        _(
            "**There is a column for {here} of {all} indicators** in the codebook of this run. "
            "Outcome, mediator or predictor in some model: {used}, in each of {models} models: "
            "{every}; only helping to impute: {auxiliary}; in no model: {rest}.",
            all=len(frame), here=len(here), used=len(used), every=every, models=models,
            auxiliary=auxiliary, rest=len(here) - len(used) - auxiliary,
        ),
        _unknown_most(here, labels=labels),
        _(
            "The source gives a share of unknown values for {n} of {all} indicators.",
            n=by_source, all=len(frame),
        ),
    ]  # fmt: skip
    return " ".join(texts)


def _unknown_most(here: pd.DataFrame, *, labels: Labels) -> str:
    shares = here["unknown_here"].astype(float)
    some = here[shares > 0]
    if some.empty:
        return _("All of them are known for all children here, or unknown for too few to say so.")
    most = some.nlargest(MOST_NAMED, "unknown_here").to_dict("records")
    named = [
        _(
            "{columns} ({share:.1%})",
            columns=listed(map(labels, row["columns"].split())), share=row["unknown_here"],
        )
        for row in most
    ]  # fmt: skip
    return _(
        "Unknown for some children here: {n}, most of all {most}.", n=len(some), most=listed(named)
    )
