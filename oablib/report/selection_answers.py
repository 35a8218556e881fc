"""What the selection comes to: which model is kept, whether one wins, and how sure that is."""

from collections.abc import Mapping

import pandas as pd

from oablib.analysis.selection import Stability
from oablib.analysis.selection.backward_search import REMOVED
from oablib.analysis.selection.forward_search import ADDED, NOT_GROUNDED, TURNED_DOWN
from oablib.analysis.selection.frequencies import NO_ADDITION
from oablib.protocol.models import Model
from oablib.report import model_fit, planted
from oablib.report.labels import Labels
from oablib.report.planted import Truth
from oablib.report.selection import path_labels
from oablib.report.texts import listed, sentence, texts_beside
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
    truth: Truth | None,
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
        planted.paths_text(trail, truth=truth, labels=labels),
        model_fit.verdict(fit, model=labels(kept)),
        winner(variants, labels=labels),
        stability_text(stability, variants=variants, labels=labels, with_search=not trail.empty),
        _(
            "The main limit: likelihoods take children of one school as independent, so that "
            "differences between models look larger than they are."
        )
        if several
        else "",
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
            "**Added to the {model}: {paths}**, for data and literature.",
            model=name,
            paths=tested(added, labels=labels),
        )
    elif against.empty:
        return _.plural(
            "**The {model} is kept**: its only candidate path does not improve the fit "
            "significantly ({path}).",
            "**The {model} is kept**: none of {n} candidate paths improves the fit significantly "
            "(the largest: {path}).",
            n=len(last),
            model=name,
            path=tested(last.head(1), labels=labels),
        )
    else:
        text = _("**The {model} is kept.**", model=name)
    if against.empty:
        return text
    refused = _.plural(
        "Of {candidates} candidate paths one improves the fit, {paths}; it is not added because "
        "its theoretical basis is judged too weak.",
        "Of {candidates} candidate paths {n} improve the fit, {paths}; they are not added because "
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
        _("{path}, robust chi2 {chi2:.1f}, Holm p {p:.3f}", path=path, chi2=chi2, p=p)
        for path, chi2, p in tests
    )


@in_languages
def winner(variants: pd.DataFrame, *, labels: Labels) -> str:
    """Which variant wins, or why none does; empty where there is nothing to compare with."""
    ranked = variants.dropna(subset=["rank"]).sort_values("delta_bic_d4", kind="stable")
    distinct = ranked[ranked["same_as"] == ""]
    if len(distinct) < 2:
        return ""
    first = labels(distinct["model"].iloc[0])
    gaps = distinct["delta_bic_d4"] - distinct["delta_bic_d4"].iloc[0]
    tied = distinct["model"][gaps < TIE]
    by_aic = distinct["model"].loc[distinct["delta_aic_d4"].idxmin()]
    counts = {"n": len(distinct), "gap": gaps.iloc[1], "second": labels(distinct["model"].iloc[1])}
    if len(tied) > 1:
        return _(
            "**No winner** among {n} models: by BIC {models} tie, within {tie:g} points.",
            n=len(distinct),
            models=listed(map(labels, tied)),
            tie=TIE,
        )
    if by_aic != distinct["model"].iloc[0]:
        return _(
            "**No single winner** among {n} models: BIC puts the {first} first, {gap:.1f} before "
            "the {second}; AIC the {by_aic}.",
            first=first,
            by_aic=labels(by_aic),
            **counts,
        )
    return _(
        "**Of {n} models the {first} wins**: first by BIC, {gap:.1f} before the {second}, and by "
        "AIC.",
        first=first,
        **counts,
    )


@in_languages
def same_text(variants: pd.DataFrame, *, labels: Labels) -> str:
    """Which variants are one model under two names; empty without any."""
    same = variants[variants["same_as"].fillna("") != ""]
    pairs = zip(same["model"], same["same_as"], strict=True)
    return " ".join(
        _("The {model} has the very same paths as the {other}.", model=labels(a), other=labels(b))
        for a, b in pairs
    )


def stability_text(
    stability: Stability, *, variants: pd.DataFrame, labels: Labels, with_search: bool
) -> str:
    """How often the same would have been chosen in other schools.

    with_search: whether there were candidates to search among.
    """
    parts = []
    if with_search:
        nothing = stability.models[stability.models["added"] == NO_ADDITION]
        parts.append(
            _(
                "In {draws:,} bootstrap samples of schools the procedure adds nothing in "
                "{kept:.0%}, without the literature in {alone:.0%}.",
                draws=stability.draws,
                kept=float(nothing["with_literature"].sum()),
                alone=float(nothing["data_alone"].sum()),
            )
        )
    ranked = variants.dropna(subset=["rank"])
    if len(ranked) > 1:
        best = ranked.sort_values("delta_bic_d4", kind="stable")["model"].iloc[0]
        share = stability.variants.set_index("model").loc[best, "first_by_bic"]
        parts.append(
            _(
                "The {model} is first by BIC in {share:.0%} of {draws:,} bootstrap samples.",
                model=labels(best),
                share=share,
                draws=stability.draws,
            )
        )
    return " ".join(parts)


@in_languages
def samples_text(stability: Stability) -> str:
    """How many bootstrap samples could be estimated, and why others failed."""
    failed = stability.asked - stability.draws
    if not failed:
        return _("All {asked:,} bootstrap samples could be estimated.", asked=stability.asked)
    return _.plural(
        "{draws:,} of {asked:,} bootstrap samples could be estimated; {n:,} failed, because a "
        "category had fewer than 5 children or columns depended on each other.",
        "{draws:,} of {asked:,} bootstrap samples could be estimated; {n:,} failed, because a "
        "category had fewer than 5 children or columns depended on each other.",
        n=failed,
        draws=stability.draws,
        asked=stability.asked,
    )


@in_languages
def variants_section(variants: Mapping[str, Model], *, reference: str, labels: Labels) -> str:
    """Heading and method of the comparison of variants, with where each comes from."""
    sources: dict[str, list[str]] = {}
    for name, model in variants.items():
        if name != reference:
            sources.setdefault(model.source, []).append(labels(name))
    origin = " ".join(
        _("From {source}: {models}.", source=source.split(", CBS")[0], models=listed(names))
        for source, names in sources.items()
    )
    heading = _("Variants side by side")
    text = _(
        "All variants are fitted to the same children with the same scale values, those of the "
        "{reference}; a variable that a variant leaves out has no path in it. Compared is the "
        "likelihood of both tests given the background. Means of AIC and BIC over imputations are "
        "the published convention; they favour paths of imputed variables. D4 takes one pooled "
        "likelihood ratio instead [@chan_meng2022] and counts every estimated scale value as a "
        "parameter.",
        reference=labels(reference),
    )
    return f"## {heading}\n\n{text}\n\n{origin}"


@in_languages
def waves_section(waves: pd.DataFrame, *, labels: Labels) -> str:
    """Heading, and which variant is first in each wave."""
    first = waves[waves["rank"] == 1]
    heading = _("The same in each wave")
    names = first["model"].unique()
    pairs = zip(first["wave"], first["model"], strict=True)
    if len(names) == 1:
        text = _("In every wave the {model} is first.", model=labels(names[0]))
    else:
        text = _(
            "The order differs by wave: {firsts}.",
            firsts=listed(
                _("the {model} in {wave}", model=labels(model), wave=wave) for wave, model in pairs
            ),
        )
    limit = _("With fewer children BIC prefers fewer parameters.")
    return f"## {heading}\n\n{sentence(text)} {limit}"


@in_languages
def backward_text(trail: pd.DataFrame, *, kept: Model, labels: Labels) -> str:
    """Which paths of the model that is kept the way down would take out."""
    removed = trail[trail["decision"] == REMOVED]
    paths = {(kept.outcome, name) for name in kept.direct}
    paths |= {(kept.mediator, name) for name in kept.indirect}
    gone = [
        labels.path(lhs, term)
        for lhs, term, columns in zip(
            removed["lhs"], removed["term"], removed["columns"], strict=True
        )
        if any((lhs, name) in paths for name in columns.split(", "))
    ]
    if not gone:
        return _(
            "All paths of the {model} stay; {n:,} further terms leave.",
            model=labels(kept.name),
            n=len(removed),
        )
    return _(
        "Of the paths of the {model} this search takes out: {paths}.",
        model=labels(kept.name),
        paths=listed(gone),
    )


@in_languages
def kept_section(kept: Model, *, model: Model, labels: Labels) -> str:
    """Where the model that is kept is shown: on another page, or below."""
    heading = _("The model that is kept")
    if kept.name == model.name:
        text = _("Nothing was added; its paths and its measures of fit are in `05_base_model`.")
    else:
        text = _(
            "Its paths and its measures of fit, after the addition to the {model}:",
            model=labels(model.name),
        )
    return f"## {heading}\n\n{text}"
