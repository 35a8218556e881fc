"""Key figures of a run, each with the report that derives it."""

import math

import pandas as pd

from oablib.protocol.models import Model
from oablib.report.exhibit import About, Table
from oablib.report.labels import Labels
from oablib.report.numbers import number, percent
from oablib.report.summary.results import Country, Results
from oablib.report.table import show
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

Row = tuple[str, str, str]
"""What it is, its value, and the stem of the report that derives it."""


@in_languages
def key_figures_table(
    results: Results, *, country: Country | None, model: Model, labels: Labels, about: About
) -> Table:
    """Key figures of children, unknown values, model and country, in groups."""
    groups = {
        _("Children"): _of_children(results),
        _("Unknown values"): _of_unknown(results, labels=labels),
        _("Model"): _of_model(results, model=model, labels=labels),
        _("Country"): _of_country(country),
    }
    rows = [(group, *row) for group, part in groups.items() for row in part]
    frame = pd.DataFrame(rows, columns=["group", "what", "value", "report"])
    return show(frame, about=about, **captions("tbl-key-figures"))


def _of_children(results: Results) -> list[Row]:
    row, delivered = results.population.iloc[0], results.steps["before"].iloc[0]
    rows = [
        (_("children in the analysis"), number(int(row["children"]), 0), "01_intake"),
        (_("schools"), number(int(row["schools"]), 0), "01_intake"),
    ]
    if pd.notna(delivered):
        dropped = int(delivered) - int(row["children"])
        text = _("{n:,} ({share:.1%})", n=dropped, share=dropped / delivered)
        rows.append((_("delivered rows dropped"), text, "01_intake"))
    return rows


def _of_unknown(results: Results, *, labels: Labels) -> list[Row]:
    rows = [
        (_("{variable} unknown", variable=labels(name)), percent(share, 1), "03_imputation")
        for name, share in results.unknown[["variable", "share_unknown"]].dropna().to_numpy()
    ]
    if (most := results.recommended) is not None:
        text = _("{m:,} ({wanted:,})", m=results.m, wanted=int(most["m_recommended"]))
        rows.append((_("imputations made (recommended)"), text, "06_diagnostics"))
    if not results.sensitivity.empty and not results.moved.empty:
        text = _("{most:.1f} standard errors", most=results.moved.max())
        rows.append(
            (
                _("largest change of an effect when imputed values are shifted"),
                text,
                "06_diagnostics",
            )
        )
    return rows


def _of_model(results: Results, *, model: Model, labels: Labels) -> list[Row]:
    chi2, df = results.measure("chi2_scaled"), int(results.measure("df"))
    row, outcome = results.out_of_sample, labels(model.outcome)
    rows = [
        (_("robust chi2 (df)"), _("{chi2:,.1f} ({df:,})", chi2=chi2, df=df), "05_base_model"),
        (_("RMSEA"), number(results.measure("rmsea"), 3), "05_base_model"),
        (
            _("explained variance of the {outcome}", outcome=outcome),
            percent(results.measure("r2_adjusted"), 1),
            "05_base_model",
        ),
        (
            _("the same out of sample (standard deviation over splits)"),
            _("{r2:.1%} ({sd:.1%})", r2=row["r2"], sd=row["r2_sd"]),
            "08_prediction",
        ),
    ]
    if n := len(results.last_round) + len(results.added):
        text = _("{k:,} of {n:,}", k=len(results.added), n=n)
        rows.append((_("candidate paths added"), text, "07_model_selection"))
    return rows


def _of_country(country: Country | None) -> list[Row]:
    if country is None:
        return []
    children = int(country.facts["children"].iloc[0])
    matched = (
        _("scores imputed by predictive mean matching"),
        percent(country.share("matched"), 1),
        "10_pupil_scores",
    )
    above = {name: country.schools_above_zero(name) for name in ("new", "current")}
    schools = (
        _("school sites above zero (current indicator)"),
        _("{new:,} ({current:,})", **above),
        "12_comparison",
    )
    return [
        (_("children with a score"), number(children, 0), "10_pupil_scores"),
        *([] if math.isnan(country.share("matched")) else [matched]),
        *([schools] if country.counts_schools else []),
    ]
