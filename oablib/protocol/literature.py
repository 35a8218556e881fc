"""What the literature says about each path of a model, and which paths it lets in.

params/rules/literature.yaml holds one claim an entry, on concepts; concepts name the predictors
that measure them, so that one claim serves every model and data set that has such a column.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Annotated, Any, Literal

import pandas as pd

from oablib.base.errors import LiteratureError
from oablib.base.shown import showable
from oablib.params import checked, kinds
from oablib.protocol import literature_checks, models_checks
from oablib.protocol.models import Model
from oablib.protocol.models_checks import sides

RULE = "literature"
SOURCES = "at least one source, {key of params/references.bib: where in it}"

Grounding = Literal["accepted", "insufficient", "rejected"]
HOW_TO_WRITE = """Write one in params/rules/literature.yaml, under `claims`:
  {name}:
    path: {path}
    direction: unknown
    population: who was studied
    sources: {{<key of params/references.bib>: where in it}}
    grounding: insufficient
    reason: why it is, or is not, well enough founded
    judge: who decides"""


@showable()
@dataclass(frozen=True, slots=True)
class Size(kinds.Declaration):
    """Size of an effect, from low to high; grade: in which it was measured."""

    measure: Literal["explained variance", "effect size"]
    low: kinds.Number
    high: kinds.Number
    grade: kinds.Text


@showable()
@dataclass(frozen=True, slots=True, kw_only=True)
class Claim(kinds.Declaration):
    """One entry: `effect ~ cause` of concepts, what is known of it, and how far it is founded.

    size: None where the source gives none. sources: key of references.bib -> where in it.
    """

    name: kinds.OwnName
    path: str
    direction: Literal["positive", "negative", "mixed", "unknown"]
    size: Annotated[Size | None, kinds.IF_GIVEN] = None
    population: kinds.Text
    sources: Annotated[Mapping[str, kinds.Text], kinds.MANY, kinds.expecting(SOURCES)]
    grounding: Grounding
    reason: kinds.Text
    judge: kinds.Text

    faults = literature_checks.of_claim

    @property
    def lhs(self) -> str:
        """The concept that is affected."""
        return sides(self.path)[0]

    @property
    def rhs(self) -> str:
        """The concept that is the cause."""
        return sides(self.path)[1]


@showable()
@dataclass(frozen=True, slots=True)
class Concept(kinds.Declaration):
    """What claims are about, and the predictors of models that measure it."""

    name: kinds.OwnName
    label: kinds.Text
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the claims on one path come to: accepted when one accepts it and none rejects it.

    grounding is empty when there is no claim; reason and judge are of the claim that decided.
    """

    grounding: Grounding | Literal[""]
    reason: str = ""
    judge: str = ""
    sources: str = ""


@showable()
@dataclass(frozen=True, slots=True)
class Literature(kinds.Declaration):
    """All claims, the concepts that they are about, and sources as a reader knows them.

    citations: key of references.bib -> authors and year.
    """

    claims: Annotated[tuple[Claim, ...], kinds.NAMED]
    concepts: Annotated[Mapping[str, Concept], kinds.NAMED]
    citations: Annotated[Mapping[str, str], kinds.hidden("citations")] = field(default_factory=dict)

    faults = literature_checks.faults

    def on(self, lhs: str, rhs: str) -> tuple[Claim, ...]:
        """Claims on the path from predictor `rhs` to variable `lhs` of a model."""
        return tuple(
            claim
            for claim in self.claims
            if lhs in self.concepts[claim.lhs].columns and rhs in self.concepts[claim.rhs].columns
        )

    def judged(self, lhs: str, rhs: str) -> Judgement:
        """What the claims on a path of a model come to."""
        claims = self.on(lhs, rhs)
        order: tuple[Grounding, ...] = ("rejected", "accepted", "insufficient")
        decided = next((c for g in order for c in claims if c.grounding == g), None)
        if decided is None:
            return Judgement("")
        keys = dict.fromkeys(key for claim in claims for key in claim.sources)
        return Judgement(decided.grounding, decided.reason, decided.judge, self.cited(keys))

    def cited(self, keys: Iterable[str]) -> str:
        """Sources by authors and year."""
        return "; ".join(self.citations[key] for key in keys)


DECLARED = Literature


def load(name: str = RULE) -> Literature:
    """Read params/rules/<name>.yaml.

    Raises LiteratureError, naming file and line of every fault: a field missing or unknown, no
    source, a source that references.bib lacks, an unknown concept, a circular path, a size
    without measure.
    """
    entries: Literature = checked.read("rules", name, DECLARED, error=LiteratureError)
    return replace(entries, citations=literature_checks.bibliography())


def fail_if_candidates_have_no_entry(model: Model, literature: Literature) -> None:
    """Raise LiteratureError for candidates of a model that no claim is about.

    The message names file and line, and says how to write an entry.
    """
    pairs = [sides(text) for text in model.candidates]
    absent = [index for index, pair in enumerate(pairs) if not literature.on(*pair)]
    if not absent:
        return
    file = models_checks.read(model.name)
    faults = [
        f"{file.where('candidates', index)}: no entry of the literature is about the candidate "
        f"`{model.candidates[index]}`; without one it cannot be added."
        for index in absent
    ]
    named = [_concept_of(end, literature) or f"<concept of {end}>" for end in pairs[absent[0]]]
    shown = HOW_TO_WRITE.format(name="_".join(named), path=" ~ ".join(named))
    raise LiteratureError("\n".join([*faults, shown]))


def evidence(literature: Literature) -> pd.DataFrame:
    """One row a claim.

    Columns: claim, outcome and cause (labels of concepts), direction, measure, low, high, grade,
    population, sources, grounding, reason, judge.
    """
    labels = {name: concept.label for name, concept in literature.concepts.items()}
    rows = [
        {
            "claim": claim.name,
            "outcome": labels[claim.lhs],
            "cause": labels[claim.rhs],
            "direction": claim.direction,
            **_size_of(claim),
            "population": claim.population,
            "sources": literature.cited(claim.sources),
            "grounding": claim.grounding,
            "reason": claim.reason,
            "judge": claim.judge,
        }
        for claim in literature.claims
    ]
    return pd.DataFrame(rows).astype({"low": float, "high": float})


def _size_of(claim: Claim) -> dict[str, Any]:
    size = claim.size
    return asdict(size) if size else {"measure": "", "low": None, "high": None, "grade": ""}


def coverage(literature: Literature, *, models: Mapping[str, Model]) -> pd.DataFrame:
    """What is known about every path that one of the models could have.

    Columns: lhs, rhs, free_in and candidate_of (numbers of models), claims (number), grounding
    ("no entry" without claim), reason, judge, sources.
    """
    free = Counter(pair for model in models.values() for pair in _free(model))
    asked = Counter(sides(text) for model in models.values() for text in model.candidates)
    rows = []
    for lhs, rhs in _possible(models.values()):
        judged = literature.judged(lhs, rhs)
        rows.append(
            {
                "lhs": lhs,
                "rhs": rhs,
                "free_in": free[lhs, rhs],
                "candidate_of": asked[lhs, rhs],
                "claims": len(literature.on(lhs, rhs)),
                "grounding": judged.grounding or "no entry",
                "reason": judged.reason,
                "judge": judged.judge,
                "sources": judged.sources,
            }
        )
    return pd.DataFrame(rows)


def _possible(models: Iterable[Model]) -> list[tuple[str, str]]:
    """Paths to outcome and mediator from all that is a predictor in some model."""
    models = list(models)
    predictors = dict.fromkeys(name for model in models for name in model.direct)
    ends = dict.fromkeys((model.outcome, model.mediator) for model in models)
    return [
        pair
        for both in ends
        for pair in (both, *((lhs, rhs) for lhs in both for rhs in predictors))
    ]


def _free(model: Model) -> set[tuple[str, str]]:
    """Paths that a model has."""
    to_outcome = {(model.outcome, name) for name in (model.mediator, *model.direct)}
    return to_outcome | {(model.mediator, name) for name in model.indirect}


def unmeasured(literature: Literature, *, models: Mapping[str, Model]) -> pd.DataFrame:
    """Causes that claims are about and no model has a predictor for: cause, outcome, claims."""
    held = {name for model in models.values() for name in (model.mediator, *model.direct)}
    pairs = [
        (literature.concepts[claim.rhs].label, literature.concepts[claim.lhs].label)
        for claim in literature.claims
        if not held & set(literature.concepts[claim.rhs].columns)
    ]
    frame = pd.DataFrame(pairs, columns=["cause", "outcome"])
    return frame.groupby(["cause", "outcome"], sort=False).size().reset_index(name="claims")


def _concept_of(column: str, literature: Literature) -> str:
    concepts = literature.concepts.values()
    held = (concept.name for concept in concepts if column in concept.columns)
    return next(held, "")
