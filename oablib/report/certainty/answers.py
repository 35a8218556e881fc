"""The answer of the report on certainty."""

import pandas as pd

from oablib.indicator.certainty import Rules
from oablib.protocol.codebook import Table as CodebookTable
from oablib.report.certainty.classes import least_sure
from oablib.report.certainty.sources import apart_from_sampling
from oablib.report.certainty.verdicts import on_a_coin, relied_on
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)


@in_languages
def answer(
    verdicts: pd.DataFrame,
    *,
    classes: pd.DataFrame,
    sources: pd.DataFrame,
    table: CodebookTable,
    rules: Rules,
) -> str:
    """Whose scores can be relied on, which kind least, why, and the main limit."""
    limit = _(
        "The main limit: children outside the population register are taken to resemble those in "
        "it."
    )
    parts = [relied_on(verdicts, rules=rules), on_a_coin(verdicts, rules=rules),
             least_sure(classes, table=table), apart_from_sampling(sources), limit]  # fmt: skip
    return " ".join(part for part in parts if part)
