"""Sentences beside the exhibits of the selection, and sections that some runs do without."""

from collections.abc import Mapping

import pandas as pd

from oablib.analysis.selection import Stability
from oablib.analysis.selection.backward_search import REMOVED
from oablib.analysis.selection.forward_search import NOT_GROUNDED
from oablib.analysis.selection.frequencies import NO_ADDITION
from oablib.protocol.literature import Literature
from oablib.protocol.models import Model
from oablib.report.labels import Labels
from oablib.report.selection import added_label
from oablib.report.texts import listed, sentence, texts_beside
from oablib.report.translated import in_languages
from oablib.statistics.two_step.scale_values import MINIMUM_IN_CATEGORY

_ = texts_beside(__file__)

REJECTED = 0.05  # p under which a variant does not fit as well as all paths together


@in_languages
def forward_section(model: Model, *, alpha: float, labels: Labels) -> str:
    """Heading and method of the search upwards; that there is none without candidates.

    alpha: of p corrected for the number of candidates, of the rules.
    """
    heading = _("Forward search: adding paths")
    if not model.candidates:
        text = _(
            "The {model} names no candidate paths, so that nothing can be added.",
            model=labels(model.name),
        )
        return f"## {heading}\n\n{text}"
    steps = _(
        "The procedure of 2021 [@walhout_scholtus2021, section 2.1]: fit the model to every "
        "completed data set; compute for each candidate path its modification index, the gain in "
        "fit if it is freed; go down the list from the largest index; add the first candidate "
        "that is significant and that the literature accepts; begin again with the larger model. "
        "The search ends when none qualifies."
    )
    differences = _(
        "Three things differ from the published practice, which uses the mean of the indices. "
        "Indices are pooled as tests [@li1991], since their mean grows with the differences "
        "between imputations; they allow for clustering within schools; and a scaled variable is "
        "tested by what its categories do at equal values of the mediator and by all categories "
        "at once, for scale values of the same children draw its index to significance. With "
        "several candidates p is corrected so that all null paths together have a chance of "
        "{alpha:.0%} to be added [@holm1979]. What the literature says on each path is in "
        "`02_literature`.",
        alpha=alpha,
    )
    return f"## {heading}\n\n{steps}\n\n{differences}"


@in_languages
def trail_text(trail: pd.DataFrame, *, entries: Literature, mediator: str, labels: Labels) -> str:
    """Why the literature turns a path down, and how to read the candidates; empty without any.

    entries: what the literature says.
    """
    if trail.empty:
        return ""
    reading = _(
        "A mean index that is much larger than the pooled one points to clustering within schools "
        "or to differences between imputations. Adding an indirect path changes no direct effect, "
        "as the equations are recursive; it changes the fit, and how much of a total effect goes "
        "through the {mediator}.",
        mediator=labels(mediator),
    )
    return " ".join((*_reasons(trail, entries=entries, labels=labels), reading))


def _reasons(trail: pd.DataFrame, *, entries: Literature, labels: Labels) -> list[str]:
    """One sentence for each path that improves the fit and that the literature turns down."""
    is_last = trail["round"] == trail["round"].max()
    refused = trail[is_last & (trail["decision"] == NOT_GROUNDED)]
    pairs = list(zip(refused["lhs"], refused["rhs"], strict=True))
    return [
        _(
            "{path} improves the fit but is not added for this reason: {reason} ({judge}).",
            path=sentence(labels.path(lhs, rhs)),
            reason=judgement.reason,
            judge=judgement.judge,
        )
        for lhs, rhs in pairs
        if (judgement := entries.judged(lhs, rhs)).reason
    ]


@in_languages
def conventions_text(variants: pd.DataFrame, *, reference: str, labels: Labels) -> str:
    """How many variants are better than the reference by each convention."""
    others = variants[variants["model"] != reference].dropna(subset=["rank"])
    return _(
        "Better than the {model} by BIC: {d4} of {n} other variants by pooled likelihood ratios, "
        "{mean} by means over imputations.",
        d4=int((others["delta_bic_d4"] < 0).sum()),
        mean=int((others["delta_bic_mean"] < 0).sum()),
        n=len(others),
        model=labels(reference),
    )


@in_languages
def criteria_text(variants: pd.DataFrame, *, labels: Labels) -> str:
    """Which variants fit worse than all paths together."""
    tested = variants.dropna(subset=["p"])
    worse = tested["model"][tested["p"] < REJECTED]
    if worse.empty:
        return _("No variant fits significantly worse than a model with all paths.")
    return _(
        "Significantly worse than a model with all paths: {models}.",
        models=listed(map(labels, worse)),
    )


@in_languages
def ends_text(stability: Stability, *, labels: Labels) -> str:
    """Where the search ends most often without the literature."""
    models = stability.models
    row = models.iloc[int(models["data_alone"].argmax())]
    if row["added"] == NO_ADDITION:
        return _(
            "Without the literature the search ends in {n} different ways; most often "
            "({share:.0%}) nothing is added.",
            n=int((models["data_alone"] > 0).sum()),
            share=row["data_alone"],
        )
    return _(
        "Without the literature the search ends in {n} different ways; most often ({share:.0%}) "
        "with these paths added: {added}.",
        n=int((models["data_alone"] > 0).sum()),
        share=row["data_alone"],
        added=added_label(row["added"], labels=labels),
    )


@in_languages
def same_text(variants: pd.DataFrame, *, labels: Labels) -> str:
    """Which variants are one model under two names; empty without any."""
    same = variants[variants["same_as"].fillna("") != ""]
    pairs = zip(same["model"], same["same_as"], strict=True)
    return " ".join(
        _("{model} and {other} have the same paths.", model=sentence(labels(a)), other=labels(b))
        for a, b in pairs
    )


@in_languages
def samples_text(stability: Stability) -> str:
    """How many bootstrap samples could be estimated, and why others failed."""
    failed = stability.asked - stability.draws
    if not failed:
        return _("All {asked:,} bootstrap samples could be estimated.", asked=stability.asked)
    return _.plural(
        "{draws:,} of {asked:,} bootstrap samples could be estimated; {n:,} failed, because a "
        "category had fewer than {least} children or columns depended on each other.",
        "{draws:,} of {asked:,} bootstrap samples could be estimated; {n:,} failed, because a "
        "category had fewer than {least} children or columns depended on each other.",
        n=failed,
        least=MINIMUM_IN_CATEGORY,
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
    if len(sources) == 1:
        origin = _("The variants are from {source}.", source=next(iter(sources)).split(", CBS")[0])
    else:
        origin = " ".join(
            _("From {source}: {models}.", source=source.split(", CBS")[0], models=listed(names))
            for source, names in sources.items()
        )
    heading = _("Variants side by side")
    text = _(
        "All variants are fitted to the same children with the same scale values, those of the "
        "{reference}; a variable that a variant leaves out has no path in it. The likelihood of "
        "both tests given the background is compared. Means of AIC and BIC over imputations are "
        "the published convention; they favour paths of imputed variables. D4 takes one pooled "
        "likelihood ratio instead [@chan_meng2022]. For it, a scaled variable that a variant "
        "leaves out of an equation is in that equation by its categories, because a slope on "
        "estimated scale values improves the fit even without any effect.",
        reference=labels(reference),
    )
    return f"## {heading}\n\n{text}\n\n{origin}"


@in_languages
def waves_section(waves: pd.DataFrame, *, variable: str, labels: Labels) -> str:
    """Heading, and which variant is first in each wave; variable: that says the wave."""
    first = waves[waves["rank"] == 1]
    names = first["model"].unique()
    if len(names) == 1:
        text = _("First in every wave: {model}.", model=labels(names[0]))
    else:
        pairs = zip(first["wave"], first["model"], strict=True)
        firsts = [
            _("{model} in {wave}", model=labels(model), wave=labels.within(variable, wave))
            for wave, model in pairs
        ]
        text = _("The first variant differs by wave: {firsts}.", firsts=listed(firsts))
    heading = _("The same in each wave")
    limit = _("With fewer children BIC prefers fewer parameters.")
    return f"## {heading}\n\n{text} {limit}"


@in_languages
def backward_text(trail: pd.DataFrame, *, kept: Model, labels: Labels) -> str:
    """Which paths of the model that is kept the backward search removes."""
    removed = trail[trail["decision"] == REMOVED]
    if removed.empty:
        return _("No term is removed.")
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
            "All paths of the {model} are kept; {n:,} other terms are removed.",
            model=labels(kept.name),
            n=len(removed),
        )
    return _(
        "Of the paths of the {model} this search removes: {paths}.",
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
