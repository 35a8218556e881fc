"""What the selection comes to: which model is kept, whether one wins, and how sure that is."""

import pandas as pd

from oablib.analysis.selection import Stability
from oablib.analysis.selection.forward_search import ADDED, NOT_GROUNDED, TURNED_DOWN
from oablib.analysis.selection.frequencies import NO_ADDITION
from oablib.report import model_fit, planted
from oablib.report.labels import Labels
from oablib.report.numbers import probability
from oablib.report.planted import Drawn
from oablib.report.selection import path_labels
from oablib.report.texts import listed, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)

TIE = 2.0  # BIC: smaller differences are "not worth more than a bare mention" (Raftery, 1995)


@in_languages
def answer(
    trail: pd.DataFrame,
    *,
    fit: pd.DataFrame,
    variants: pd.DataFrame,
    stability: Stability,
    drawn: Drawn | None,
    model: str,
    kept: str,
    labels: Labels,
) -> str:
    """The model that is kept and why, its fit, the winner among variants, and how sure that is.

    model, kept: names of the model that the search began with, and of the one that it ended with.
    """
    several = len(variants.dropna(subset=["rank"])) > 1
    parts = (
        kept_model(trail, model=model, labels=labels),
        planted.paths_text(trail, drawn=drawn, labels=labels),
        model_fit.verdict(fit, model=labels(kept)),
        winner(variants, labels=labels),
        stability_text(stability, variants=variants, labels=labels, with_search=not trail.empty),
        _(
            "The main limit: likelihoods ignore that children of one school are alike, which "
            "exaggerates differences between models."
        )
        if several
        else _("The main limit: no other model was compared, so that another may be better."),
    )
    return " ".join(part for part in parts if part)


@in_languages
def kept_model(trail: pd.DataFrame, *, model: str, labels: Labels) -> str:
    """The model that is kept, and what was decided on candidates; model: where the search began."""
    name = labels(model)
    if trail.empty:
        return _("**The {model} is kept**: it names no candidate paths.", model=name)
    added = trail[trail["decision"] == ADDED]
    last = trail[(trail["round"] == trail["round"].max()) & trail["decision"].isin(TURNED_DOWN)]
    against = last[last["decision"] == NOT_GROUNDED]
    if not added.empty:
        text = _(
            "**Added to the {model}**: {paths}, supported by data and literature.",
            model=name,
            paths=tested(added, labels=labels),
        )
    elif against.empty:
        return _.plural(
            "**The {model} is kept**: its {n} candidate path does not improve the fit "
            "significantly: {path}.",
            "**The {model} is kept**: none of {n} candidate paths improves the fit significantly; "
            "the largest is {path}.",
            n=len(last),
            model=name,
            path=tested(last.head(1), labels=labels),
        )
    else:
        text = _("**The {model} is kept.**", model=name)
    if against.empty:
        return text
    refused = _.plural(
        "Of {candidates} candidate paths {n} improves the fit: {paths}; it is not added because "
        "its theoretical basis is judged too weak.",
        "Of {candidates} candidate paths {n} improve the fit: {paths}; they are not added because "
        "their theoretical basis is judged too weak.",
        n=len(against),
        candidates=len(last),
        paths=tested(against, labels=labels),
    )
    return f"{text} {refused}"


def tested(rows: pd.DataFrame, *, labels: Labels) -> str:
    """Paths with their tests: "origin → NSCCT score (robust chi2 10.9, Holm p 0.006)"."""
    tests = zip(path_labels(rows, labels=labels), rows["index"], rows["p_holm"], strict=True)
    return listed(
        _("{path} (robust chi2 {chi2:.1f}, Holm p {p})", path=path, chi2=chi2, p=probability(p))
        for path, chi2, p in tests
    )


@in_languages
def winner(variants: pd.DataFrame, *, labels: Labels) -> str:
    """Which variant wins, or why none does; empty where there is nothing to compare with."""
    ranked = variants.dropna(subset=["rank"]).sort_values("delta_bic_d4", kind="stable")
    distinct = ranked[ranked["same_as"] == ""]
    if len(distinct) < 2:
        return ""
    gaps = distinct["delta_bic_d4"] - distinct["delta_bic_d4"].iloc[0]
    first, second = (labels(name) for name in distinct["model"].iloc[:2])
    tied = distinct["model"][gaps < TIE]
    by_aic = distinct["model"].iloc[int(distinct["delta_aic_d4"].argmin())]
    if len(tied) > 1:
        return _(
            "**No winner** among {n} comparable models: {models} tie by BIC (within {tie:g}).",
            n=len(distinct),
            models=listed(map(labels, tied)),
            tie=TIE,
        )
    if by_aic != distinct["model"].iloc[0]:
        return _(
            "**No single winner** among {n} comparable models: {first} is first by BIC ({gap:.1f} "
            "below {second}), {by_aic} by AIC.",
            n=len(distinct),
            first=first,
            gap=gaps.iloc[1],
            second=second,
            by_aic=labels(by_aic),
        )
    return _(
        "**Winner** among {n} comparable models: {first}, first by BIC ({gap:.1f} below {second}) "
        "and by AIC.",
        n=len(distinct),
        first=first,
        gap=gaps.iloc[1],
        second=second,
    )


def stability_text(
    stability: Stability, *, variants: pd.DataFrame, labels: Labels, with_search: bool
) -> str:
    """How often the same would have been chosen in other schools; empty without any choice.

    with_search: whether there were candidates to search among.
    """
    ranked = variants.dropna(subset=["rank"]).sort_values("delta_bic_d4", kind="stable")
    nothing = stability.models[stability.models["added"] == NO_ADDITION]
    first_places = stability.variants.set_index("model")["first_by_bic"]
    values = {
        "failed": stability.asked - stability.draws,
        "draws": stability.draws,
        "kept": float(nothing["with_literature"].sum()),
        "alone": float(nothing["data_alone"].sum()),
        "model": labels(ranked["model"].iloc[0]),
        "share": float(first_places[ranked["model"].iloc[0]]),
    }
    if with_search and len(ranked) > 1:
        return _(
            "In {draws:,} bootstrap samples of schools ({failed:,} failed) the search adds nothing "
            "in {kept:.0%}, without the literature in {alone:.0%}; {model} is first by BIC in "
            "{share:.0%}.",
            **values,
        )
    if with_search:
        return _(
            "In {draws:,} bootstrap samples of schools ({failed:,} failed) the search adds nothing "
            "in {kept:.0%}, without the literature in {alone:.0%}.",
            **values,
        )
    if len(ranked) > 1:
        return _(
            "In {draws:,} bootstrap samples of schools ({failed:,} failed) {model} is first by BIC "
            "in {share:.0%}.",
            **values,
        )
    return ""
