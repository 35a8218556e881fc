"""What the literature says about each path of a model, and which paths it lets in.

params/rules/literature.yaml holds one claim an entry, on concepts; concepts name the predictors
that measure them, so that one claim serves every model and data set that has such a column.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

from oablib.base.errors import LiteratureError
from oablib.base.language import Words
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
    """Size of an effect, from low to high; grade: in which it was measured.

    bound: below where the source says that a size is under `high`, above where it is over `low`.
    """

    measure: Literal["explained variance", "effect size"]
    low: kinds.Number
    high: kinds.Number
    grade_en: Annotated[kinds.Text, kinds.key("grade")]
    grade_nl: kinds.Text = ""
    bound: Literal["exact", "below", "above"] = "exact"

    @property
    def grade(self) -> str:
        """The grade in the language in use."""
        return str(Words(en=self.grade_en, nl=self.grade_nl))


@showable()
@dataclass(frozen=True, slots=True, kw_only=True)
class Claim(kinds.Declaration):
    """One entry: `effect ~ cause` of concepts, what is known of it, and how far it is founded.

    size: None where the source gives none. sources: key of references.bib -> where in it.
    confirmed: whether the judge has published or confirmed the judgement. Without a Dutch text
    the English one is shown.
    """

    name: kinds.OwnName
    path: str
    direction: Literal["positive", "negative", "mixed", "unknown"]
    size: Annotated[Size | None, kinds.IF_GIVEN] = None
    population_en: Annotated[kinds.Text, kinds.key("population")]
    population_nl: kinds.Text = ""
    sources: Annotated[Mapping[str, kinds.Text], kinds.MANY, kinds.expecting(SOURCES)]
    grounding: Grounding
    reason_en: Annotated[kinds.Text, kinds.key("reason")]
    reason_nl: kinds.Text = ""
    judge_en: Annotated[kinds.Text, kinds.key("judge")]
    judge_nl: kinds.Text = ""
    confirmed: bool = False

    faults = literature_checks.of_claim

    @property
    def population(self) -> str:
        """Who was studied, in the language in use."""
        return str(Words(en=self.population_en, nl=self.population_nl))

    @property
    def reason(self) -> str:
        """Why it is founded well enough or not, in the language in use."""
        return str(Words(en=self.reason_en, nl=self.reason_nl))

    @property
    def judge(self) -> str:
        """Who decides, in the language in use."""
        return str(Words(en=self.judge_en, nl=self.judge_nl))

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
    label_en: Annotated[kinds.Text, kinds.key("label")]
    columns: tuple[str, ...]
    label_nl: kinds.Text = ""

    @property
    def label(self) -> str:
        """Its label in the language in use."""
        return str(Words(en=self.label_en, nl=self.label_nl))


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

    def concept_of(self, column: str) -> Concept | None:
        """The concept that a predictor or outcome measures; None where there is none."""
        return next((each for each in self.concepts.values() if column in each.columns), None)

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
    concepts = [(end, literature.concept_of(end)) for end in pairs[absent[0]]]
    named = [concept.name if concept else f"<concept of {end}>" for end, concept in concepts]
    shown = HOW_TO_WRITE.format(name="_".join(named), path=" ~ ".join(named))
    raise LiteratureError("\n".join([*faults, shown]))
