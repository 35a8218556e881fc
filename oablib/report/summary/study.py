"""What the study of 2021 asked, and what this run answers."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from oablib.indicator.comparison.late import PUBLISHED
from oablib.protocol.models import Model
from oablib.report.labels import Labels
from oablib.report.summary.findings import verdict
from oablib.report.summary.results import Country, Results
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)

Figures = Mapping[str, Any]


@in_languages
def questions_text(
    results: Results, *, country: Country | None, figures: Figures | None, model: Model,
    labels: Labels,
) -> str:  # fmt: skip
    """Both research questions, each with the report's answer and that of this run.

    figures: published ones; empty without these.
    """
    if figures is None:
        return ""
    sample, late = figures["sample"], figures["asylum_late_registration"]
    first = _(
        "**Can an up-to-date model be estimated with more data and more indirect effects?** The "
        "report of 2021: yes with more data ({n:,} children against {before:,}); no indirect "
        "effect is added. This run:",
        n=sample["n"], before=sample["n_original_indicator"],
    )  # fmt: skip
    second = _(
        "**Can asylum seekers and status holders be identified better?** The report of 2021: yes, "
        "three later months add {n:,} children. This run:",
        n=late["extra_total"],
    )
    answers = (
        f"{first} {_model(results, sample['n_original_indicator'], model=model, labels=labels)}",
        f"{second} {_late(country)}",
    )
    return "\n".join(f"* {text}" for text in answers)


def _model(results: Results, before: int, *, model: Model, labels: Labels) -> str:
    """Whether there are more children than before, and whether a path was added."""
    n = int(results.population["children"].iloc[0])
    size = (
        _("yes with more data ({n:,} children);", n=n)
        if n > before
        else _("not with more data ({n:,} children);", n=n)
    )
    added, candidates = len(results.added), len(results.last_round) + len(results.added)
    if not candidates:
        paths = _("no further indirect effect was a candidate.")
    elif added:
        paths = _.plural(
            "{n} indirect effect is added.", "{n} indirect effects are added.", n=added
        )
    else:
        paths = _.plural(
            "the {n} candidate indirect effect is not added.",
            "of {n} candidate indirect effects none is added.",
            n=candidates,
        )
    return f"{size} {paths} {verdict(results, model=model, labels=labels)}"


def _late(country: Country | None) -> str:
    """How many children later months add."""
    if country is None:
        return _("without children of the country there is no answer.")
    added = country.late.loc[country.late["month"] != PUBLISHED, "children"].iloc[-1]
    if pd.isna(added):
        return _("later months add too few children to be shown.")
    if not added:
        return _("no, later months add no children.")
    text = _.plural(
        "yes, later months add {n:,} child (`13_causes`).",
        "yes, later months add {n:,} children (`13_causes`).",
        n=int(added),
    )
    if not country.is_drawn:
        return text
    return f"{text} " + _("The synthetic country was made with the published number.")


@in_languages
def timing_text(country: Country | None) -> str:
    """Of which day the children of this run are; empty without a country."""
    if country is None:
        return ""
    return _(
        "The children of the country are those of {date}: what is paid on their scores comes "
        "later.",
        date=country.reference_date,
    )
