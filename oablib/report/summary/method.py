"""What changed in method: the indicator before, the report of 2021, and this run."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from oablib.protocol.models import Model
from oablib.report.exhibit import About, Table
from oablib.report.numbers import number
from oablib.report.summary.results import Results
from oablib.report.table import show
from oablib.report.texts import listed, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

Figures = Mapping[str, Any]
JACKKNIFE = "jackknife"


def _rows(results: Results, *, figures: Figures, estimator: str, model: Model) -> pd.DataFrame:
    """The steps of the method: what, before (indicator of 2019), report (2021), here."""
    sample = figures["sample"]
    imputes = not results.unknown.empty
    n = int(results.population["children"].iloc[0])
    rows = [
        ("children", sample["n_original_indicator"], sample["n"], n),
        ("imputations", 1, sample["imputations"], results.m if imputes else 0),
        ("errors", "single", "rubin", "rubin" if imputes else "no_imputation"),
        ("school_mean", "other", "own", "own" if model.school_means else "no_school_mean"),
        ("older", "none", "taken_over", "anew" if imputes else "no_imputation"),
        ("estimator", "as_known", "as_known",
         "jackknife" if estimator == JACKKNIFE else "as_known"),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["step", "before", "report", "here"])


@in_languages
def method_table(
    results: Results, *, figures: Figures, estimator: str, model: Model, about: About
) -> Table:
    """Each step of the method in the indicator of 2019, the report of 2021, and this run."""
    frame = _rows(results, figures=figures, estimator=estimator, model=model)
    columns = ["before", "report", "here"]
    shown = frame.assign(
        step=frame["step"].map(_.words("steps")), **{c: frame[c].map(_said) for c in columns}
    ).rename(columns={"step": "what"})
    return show(shown, about=about, **captions("tbl-method"))


def _said(value: Any) -> str:
    """A number, or a choice in words."""
    return _.words("choices")[value] if isinstance(value, str) else number(value, 0)


@in_languages
def method_finding(results: Results, *, figures: Figures, estimator: str, model: Model) -> str:
    """In which steps this run differs from the report, and how many children it has."""
    frame = _rows(results, figures=figures, estimator=estimator, model=model)
    n, published = int(results.population["children"].iloc[0]), figures["sample"]["n"]
    size = (
        _("This run has as many children as the report of 2021 ({n:,}).", n=n)
        if n == published
        else _("This run has {n:,} children, the report of 2021 {published:,}.", n=n,
               published=published)
    )  # fmt: skip
    steps = frame.iloc[1:]
    differ = steps.loc[steps["here"] != steps["report"], "step"]
    if differ.empty:
        return f"{size} " + _("Its method is the same in all steps of the table.")
    names = _.words("within")
    return f"{size} " + _(
        "Its method differs in: {steps}.", steps=listed(names[step] for step in differ)
    )
