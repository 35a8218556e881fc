"""What the summary says of children, model and effects."""

import pandas as pd

from oablib.analysis.selection.forward_search import NOT_GROUNDED
from oablib.protocol.models import Model
from oablib.report import model_fit
from oablib.report.labels import Labels
from oablib.report.summary.results import Results
from oablib.report.texts import listed, texts_beside
from oablib.report.translated import in_languages
from oablib.statistics.two_step import categories
from oablib.statistics.two_step.categories.tests import CATEGORIES

_ = texts_beside(__file__)


@in_languages
def found_text(results: Results, *, model: Model, labels: Labels) -> str:
    """Effects, what stays undecided, and how well the model does in schools not seen."""
    texts = (
        decided(results.direct, labels=labels),
        undecided(results.direct, model=model, labels=labels),
        explained(results, model=model, labels=labels),
    )
    return " ".join(text for text in texts if text)


def children(population: pd.DataFrame) -> str:
    """How many children and schools are in the analysis."""
    row = population.iloc[0]
    return _(
        "**{children:,} children in {schools:,} schools** are analysed.",
        children=int(row["children"]),
        schools=int(row["schools"]),
    )


def unknown(results: Results, *, labels: Labels) -> str:
    """What was unknown and imputed."""
    rows = results.unknown
    if rows.empty:
        return _("No value that the model needs was unknown, so nothing was imputed.")
    parts = [
        _("{variable} ({share:.0%})", variable=labels(name), share=share)
        for name, share in rows[["variable", "share_unknown"]].dropna().to_numpy()
    ]
    if not parts:
        return _.plural(
            "Imputed {n:,} time; too few values were unknown to show how many.",
            "Imputed {n:,} times; too few values were unknown to show how many.",
            n=results.m,
        )
    return _.plural(
        "Imputed {n:,} time: {parts}.",
        "Imputed {n:,} times: {parts}.",
        n=results.m,
        parts=listed(parts),
    )


def kept(results: Results, *, model: Model, labels: Labels) -> str:
    """Which model is kept, and why; empty for a model without candidates."""
    name, n = labels(model.name), len(results.last_round) + len(results.added)
    if not n:
        return ""
    if not results.added.empty:
        pairs = results.added[["lhs", "rhs"]].to_numpy()
        return _(
            "**Added to the {model}: {paths}.**",
            model=name,
            paths=listed(labels.path(lhs, rhs) for lhs, rhs in pairs),
        )
    text = _.plural(
        "**The {model} is kept**: its {n:,} candidate path is not added.",
        "**The {model} is kept**: none of {n:,} candidate paths is added.",
        n=n,
        model=name,
    )
    refused = results.last_round[results.last_round["decision"] == NOT_GROUNDED]
    if refused.empty:
        return text
    paths = listed(labels.path(lhs, rhs) for lhs, rhs in refused[["lhs", "rhs"]].to_numpy())
    return f"{text} " + _("Significant, but judged too weakly founded: {paths}.", paths=paths)


def verdict(results: Results, *, model: Model, labels: Labels) -> str:
    """Whether the model fits, with the measures that say so."""
    name, df = labels(model.name), int(results.measure("df"))
    if not df:
        return _("The {model} has no degrees of freedom: its fit cannot be tested.", model=name)
    rmsea = results.measure("rmsea")
    if model_fit.fits(results.fit):
        return _("The {model} fits (RMSEA {rmsea:.3f}).", model=name, rmsea=rmsea)
    return _(
        "**The {model} does not fit** (robust chi2 {chi2:,.1f} on {df:,} df, RMSEA {rmsea:.3f}): "
        "its effects can be biased.",
        model=name,
        chi2=results.measure("chi2_scaled"),
        df=df,
        rmsea=rmsea,
    )


def effects(direct: pd.DataFrame, *, model: Model, labels: Labels) -> str:
    """How many predictors show a direct effect, scaled variables by their categories."""
    sure = direct["differs"]
    words = {"outcome": labels(model.outcome), "mediator": labels(model.mediator)}
    level = categories.rules().level
    if not sure.any():
        return _(
            "At equal {mediator}, none of {n:,} predictors shows a direct effect on the {outcome} "
            "({level:.0%} level).",
            n=len(direct),
            level=level,
            **words,
        )
    return _(
        "At equal {mediator}, **{k:,} of {n:,} predictors** show a direct effect on the {outcome} "
        "({level:.0%} level).",
        k=int(sure.sum()),
        level=level,
        n=len(direct),
        **words,
    )


def decided(direct: pd.DataFrame, *, labels: Labels) -> str:
    """Predictors with a direct effect, with its value in points per unit; empty without one.

    A scaled variable is tested by its categories, so that it has no single value.
    """
    parts = [
        labels(row["name"])
        if row["tested"] == CATEGORIES
        else _("{variable} {value:+.2f}", variable=labels(row["name"]), value=row["value"])
        for row in direct[direct["differs"]].to_dict("records")
    ]
    if not parts:
        return ""
    return _(
        "Predictors with a direct effect (scaled variables by a joint test of their categories, "
        "others in points per unit): {parts}.",
        parts="; ".join(parts),
    )


def undecided(direct: pd.DataFrame, *, model: Model, labels: Labels) -> str:
    """Predictors without a direct effect that is shown."""
    names = direct.loc[~direct["differs"], "name"]
    if names.empty:
        return _(
            "There is no predictor without a direct effect at the {level:.0%} level.",
            level=categories.rules().level,
        )
    return _("No direct effect is shown of: {variables}.", variables="; ".join(map(labels, names)))


def strongest(direct: pd.DataFrame, *, labels: Labels) -> str:
    """The largest standardised effect of those that are shown; empty without one.

    Slopes that say little are left out.
    """
    rows = direct[direct["differs"] & ~direct["weak"]]
    if rows.empty or "std" not in rows or rows["std"].isna().all():
        return ""
    row = rows.iloc[int(rows["std"].abs().argmax())]
    return _(
        "Standardised, that of {variable} is the largest ({value:+.2f}).",
        variable=labels(row["name"]),
        value=row["std"],
    )


def explained(results: Results, *, model: Model, labels: Labels) -> str:
    """Variance that the model explains, in its own children and in schools not seen."""
    row = results.out_of_sample
    values = {
        "share": results.measure("r2_adjusted"),
        "outcome": labels(model.outcome),
        "r2": row["r2"],
        "sd": row["r2_sd"],
        "splits": int(row["splits"]),
    }
    if results.as_in_registers:
        return _(
            "The model explains {share:.1%} of the variance of the {outcome}; in schools not "
            "seen, with values unknown as in registers, {r2:.1%} (standard deviation over "
            "{splits:,} splits {sd:.1%}).",
            **values,
        )
    return _(
        "The model explains {share:.1%} of the variance of the {outcome}; in schools not seen "
        "{r2:.1%} (standard deviation over {splits:,} splits {sd:.1%}).",
        **values,
    )
