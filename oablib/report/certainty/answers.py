"""The answer of the report on certainty."""

import pandas as pd

from oablib.indicator.certainty import Rules
from oablib.report.certainty.sources import largest_source
from oablib.report.certainty.stability import another_seed
from oablib.report.certainty.verdicts import on_a_coin, relied_on
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)


@in_languages
def answer(
    verdicts: pd.DataFrame, *, sources: pd.DataFrame, stable: pd.DataFrame, rules: Rules
) -> str:
    """Whose scores can be relied on, what makes the others uncertain, and the main limit.

    stable: as from beside_variants, without counts of few.
    """
    limit = _(
        "The main limit: children who are not in the population register are taken to resemble "
        "those who are."
    )
    parts = [relied_on(verdicts, rules=rules), on_a_coin(verdicts, rules=rules),
             largest_source(sources), another_seed(stable), limit]  # fmt: skip
    return " ".join(part for part in parts if part)
