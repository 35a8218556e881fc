"""What the report on the literature shows of paths: what each rests on, and the answer."""

from collections.abc import Mapping

import pandas as pd

from oablib.protocol import literature_tables
from oablib.protocol.literature import Literature
from oablib.protocol.models import Model
from oablib.report.exhibit import About, Table
from oablib.report.labels import Labels
from oablib.report.literature.claims import SOURCE, grounding_words
from oablib.report.table import show
from oablib.report.texts import listed, sentence, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions


@in_languages
def candidates_table(
    paths: pd.DataFrame, *, entries: Literature, labels: Labels, about: About
) -> Table:
    """What is known of each path that a selection may add, one row a concept."""
    rows = by_concept(paths[paths["candidate_of"] > 0], entries=entries, labels=labels)
    columns = ["effect", "cause", "paths", "claims", "grounding", "reason", "judge"]
    shown = rows.assign(cause=rows["cause"].map(sentence))
    return show(shown[columns], about=about, **captions("tbl-candidates"))


@in_languages
def no_candidates() -> str:
    """What stands in the place of the candidates where there are none."""
    return _("No model names a candidate path.")


@in_languages
def grounds_table(
    paths: pd.DataFrame, *, entries: Literature, labels: Labels, about: About
) -> Table:
    """Paths that some model has, and their support in the literature, one row a concept."""
    rows = by_concept(paths[paths["free_in"] > 0], entries=entries, labels=labels)
    columns = ["effect", "cause", "variables", "paths", "free_in", "claims", "grounding"]
    shown = rows.assign(cause=rows["cause"].map(sentence))
    return show(shown[columns], about=about, **captions("tbl-grounds"))


def by_concept(paths: pd.DataFrame, *, entries: Literature, labels: Labels) -> pd.DataFrame:
    """Paths of one concept in one row, in words; a predictor of no concept has its own.

    Columns: effect, cause, variables, paths, free_in (the most models), claims, grounding, reason,
    judge.
    """
    concepts = {name: entries.concept_of(name) for name in paths["rhs"]}
    keys = [concept.name if (concept := concepts[name]) else name for name in paths["rhs"]]
    rows = []
    for (lhs, _key), part in paths.assign(key=keys).groupby(["lhs", "key"], sort=False):
        first = part.iloc[0]
        concept, judged = concepts[first["rhs"]], entries.judged(first["lhs"], first["rhs"])
        names = dict.fromkeys(_variable(name, labels=labels) for name in part["rhs"])
        rows.append(
            {
                "effect": labels.heading(str(lhs)),
                "cause": concept.label if concept else labels(first["rhs"]),
                "variables": ", ".join(names),
                "paths": len(part),
                "free_in": int(part["free_in"].max()),
                "claims": int(first["claims"]),
                "grounding": grounding_words(first["grounding"]),
                "reason": judged.reason,
                "judge": judged.judge,
            }
        )
    return pd.DataFrame(rows)


def _variable(predictor: str, *, labels: Labels) -> str:
    """The variable of which a predictor is a category, or the predictor itself."""
    held = (model.dummies for model in labels.models.values() if predictor in model.dummies)
    dummies = next(held, None)
    return labels(dummies[predictor][0] if dummies else predictor)


def possible(models: Mapping[str, Model]) -> About:
    """Caption of tables about the paths that one of these models could have."""
    text = _.later("possible paths; models with this codebook: {n:,}", n=len(models))
    return About(text, SOURCE)


@in_languages
def uncovered(paths: pd.DataFrame, *, labels: Labels) -> str:
    """Paths that no model has and no claim is about, by outcome; empty without one."""
    free = (paths["grounding"] == literature_tables.NO_ENTRY) & (paths["free_in"] == 0)
    absent = paths[free]
    texts = []
    for lhs, part in absent.groupby("lhs", sort=False):
        names = dict.fromkeys(_variable(name, labels=labels) for name in part["rhs"])
        texts.append(
            _(
                "No model has the paths to {outcome} from {variables}, and no source is "
                "registered for them.",
                outcome=labels(str(lhs)),
                variables=listed(names),
            )
        )
    return " ".join(texts)


@in_languages
def unmeasured(entries: Literature, *, models: Mapping[str, Model]) -> str:
    """Causes that the literature names and no variable of a model measures."""
    causes = list(dict.fromkeys(literature_tables.unmeasured(entries, models=models)["cause"]))
    if not causes:
        return _("Every cause that the claims name is measured by a variable of some model.")
    return _.plural(
        "No model has a variable for {n:,} cause that the claims name: {causes}. It can confound "
        "the effects of variables with which it goes together.",
        "No model has a variable for {n:,} causes that the claims name: {causes}. They can "
        "confound the effects of variables with which they go together.",
        n=len(causes),
        causes="; ".join(causes),
    )


@in_languages
def answer(paths: pd.DataFrame, *, entries: Literature, labels: Labels) -> str:
    """What is founded well, what is not, and which candidates may be added."""
    counts = paths["grounding"].value_counts()
    sources = {key for claim in entries.claims for key in claim.sources}
    texts = [
        _(
            "{claims:,} claims from {sources:,} sources are on file. Of {n:,} paths that models "
            "with this codebook could have, **{accepted:,} are judged well founded** and "
            "{insufficient:,} insufficiently founded; for {absent:,} no source is registered.",
            claims=len(entries.claims),
            sources=len(sources),
            n=len(paths),
            accepted=int(counts.get("accepted", 0)),
            insufficient=int(counts.get("insufficient", 0)),
            absent=int(counts.get(literature_tables.NO_ENTRY, 0)),
        )
    ]
    if rejected := int(counts.get("rejected", 0)):
        texts.append(_("The literature speaks against {n:,} of them.", n=rejected))
    texts += [_founded(paths, lhs, entries, labels) for lhs in paths["lhs"].unique()]
    texts.append(_of_candidates(paths[paths["candidate_of"] > 0], labels=labels))
    texts.append(_limit(entries))
    return " ".join(texts)


def _limit(entries: Literature) -> str:
    """That the list is no review, and how many judgements are the project's alone."""
    unconfirmed = sum(not claim.confirmed for claim in entries.claims)
    if not unconfirmed:
        return _("The main limit: the list is no systematic review.")
    return _.plural(
        "The main limit: the list is no systematic review, and {n:,} of {claims:,} judgements is "
        "not confirmed by the judge whom the entry names.",
        "The main limit: the list is no systematic review, and {n:,} of {claims:,} judgements are "
        "not confirmed by the judge whom the entry names.",
        n=unconfirmed,
        claims=len(entries.claims),
    )


def _founded(paths: pd.DataFrame, lhs: str, entries: Literature, labels: Labels) -> str:
    """What is judged well founded to affect one outcome."""
    accepted = paths[(paths["lhs"] == lhs) & (paths["grounding"] == "accepted")]
    outcome = labels(lhs)
    if accepted.empty:
        return _("No cause is judged well founded for the {outcome}.", outcome=outcome)
    causes = by_concept(accepted, entries=entries, labels=labels)["cause"]
    return _("Well founded for the {outcome}: {causes}.", outcome=outcome, causes=listed(causes))


def _of_candidates(candidates: pd.DataFrame, *, labels: Labels) -> str:
    """How many candidates the literature lets in, and for how many it has no source."""
    n, accepted = len(candidates), candidates[candidates["grounding"] == "accepted"]
    if not n:
        return no_candidates()
    if accepted.empty:
        text = _.plural(
            "**The {n:,} candidate path is not judged well founded**, so no selection can add it.",
            "**None of the {n:,} candidate paths is judged well founded**, so no selection can "
            "add one.",
            n=n,
        )
    else:
        named = [labels.path(lhs, rhs) for lhs, rhs in accepted[["lhs", "rhs"]].to_numpy()]
        text = _(
            "**Of {n:,} candidate paths {accepted:,} are judged well founded**: {paths}.",
            n=n,
            accepted=len(accepted),
            paths=listed(named),
        )
    if absent := int((candidates["grounding"] == literature_tables.NO_ENTRY).sum()):
        text += " " + _("For {n:,} of the candidates no source is registered.", n=absent)
    return text
