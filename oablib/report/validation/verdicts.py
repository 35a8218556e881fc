"""Criteria and results in the report on the validation study."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from oablib.base.wording import words
from oablib.report.exhibit import About, Table
from oablib.report.table import show
from oablib.report.texts import texts_beside

_ = texts_beside(__file__)
captions = _.captions


def verdicts_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Criteria and results."""
    columns = ["promise", "name", "lower", "upper", "found", "mce", "reference", "verdict"]
    return show(frame[columns], about=about, **captions("tbl-verdicts"))


def answer(verdicts: pd.DataFrame, *, default: str, replications: int, n: int) -> str:
    """How many criteria are met, and which are not; verdicts: as validation.verdicts makes them."""
    met = verdicts["verdict"] == "met"
    text = (
        f"Over {replications:,} cohorts of {n:,} children, the method *{default}* meets "
        f"**{met.sum()} of {len(verdicts)} promises**."
    )
    missed = "; ".join(_missed(row) for row in verdicts[~met].to_dict("records"))
    return f"{text} Not met: {missed}." if missed else text


def answer_missed(verdicts: pd.DataFrame) -> str:
    """One line for each criterion that is not met, with the result of complete data."""
    lines = [
        f"- {_missed(row)}; complete data: {row['reference']:.3g}; {_cause(row)}."
        for row in verdicts[verdicts["verdict"] != "met"].to_dict("records")
    ]
    return "\n".join(lines) or "Every promise is met, so there is nothing to explain here."


def _missed(row: Mapping[Any, Any]) -> str:
    return (
        f"{row['promise']}, {words(str(row['name']))}: {row['found']:.3g} "
        f"(MC error {row['mce']:.2g}) where {row['lower']:g} to {row['upper']:g} was promised"
    )


def _cause(row: Mapping[Any, Any]) -> str:
    if row["verdict"] == "missed by chance?":
        return "the bound lies within the Monte Carlo error, so that this may be chance"
    if not row["lower"] <= row["reference"] <= row["upper"]:
        return "complete data miss it too, so that imputation is not the cause"
    return "complete data meet it, so that the imputation is the cause"
