"""What the study draws and how often: params/rules/validation.yaml as a frozen object."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, Literal

from oablib import params
from oablib.base.files import text_digest
from oablib.base.language import Words
from oablib.base.wording import did_you_mean
from oablib.params import checked, kinds
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics import imputation
from oablib.synthetic.cohort import Missing

Kind = Literal["complete", "complete_cases", "imputation", "weighting", "mice", "fiml"]
# What decides the numbers of every replication, beside the method's own entry.
SHARED_RULES = ("synthetic", "codebook", "jackknife")
LABELS = frozenset({"title_nl", "short_nl", "short_en", "unit_nl", "label", "label_nl"})
"""Keys of rules and models that hold words of reports."""


CRITERIA = kinds.shaped(
    "Criteria",
    {
        **kinds.each("percent_bias bias_of_school_mean drawn_minus_true", kinds.Positive),
        "coverage": tuple[kinds.Positive, kinds.Positive],
        "coverage_of_scale_values": kinds.Positive,
        "false_positives": tuple[kinds.Positive, kinds.Positive],
    },
)
"""Criteria for the default method, in the units of the file."""


@dataclass(frozen=True, slots=True)
class World(kinds.Declaration):
    """What is true, as synthetic.draw takes it: how strong paths are, and who is unknown.

    label, label_nl: its name in reports.
    """

    label: kinds.Text
    path_factors: Mapping[str, kinds.Number] = field(default_factory=dict)
    missing: Missing = "published"
    label_nl: kinds.Text = ""

    def lacks(self, path: str) -> bool:
        """Whether a variable does not act on intelligence here."""
        return self.path_factors.get(path) == 0


@dataclass(frozen=True, slots=True)
class Method(kinds.Declaration):
    """A way to deal with unknown education.

    label, label_nl: its name in reports. rule: the entry of its own rules file. iterations: rounds
    of chained equations, 0 for those of the study.
    """

    name: kinds.OwnName
    label: kinds.Text
    kind: Kind
    rule: str = ""
    school_level: bool = True
    iterations: int = 0
    label_nl: kinds.Text = ""


@dataclass(frozen=True, slots=True)
class Batch(kinds.Declaration):
    """So many replications of some methods in one world, with n children each."""

    world: kinds.Text
    n: kinds.Count
    replications: kinds.Count
    methods: Annotated[tuple[str, ...], kinds.MANY]


@dataclass(frozen=True, slots=True)
class Task:
    """The methods that one cohort is given to."""

    world: str
    n: int
    replication: int
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Settings(kinds.Declaration):
    """The study; paths as in the file.

    default, reference: the method that is judged, and the one that others are compared with.
    """

    source: kinds.Text
    master_seed: int
    imputations: kinds.Count
    iterations: kinds.Count
    model: kinds.Text
    worlds: Mapping[str, World]
    methods: Annotated[Mapping[str, Method], kinds.NAMED]
    batches: Annotated[tuple[Batch, ...], kinds.MANY]
    default: str
    reference: str
    outcome_of_paths: kinds.Text
    added_path: kinds.Text
    null_paths: tuple[str, ...]
    judged_paths: tuple[str, ...]
    large_index: kinds.Number
    often: kinds.Number
    seldom: kinds.Number
    small_school: kinds.Count
    criteria: Annotated[Mapping[str, Any], kinds.like(CRITERIA)]

    def faults(self) -> Iterable[kinds.Fault]:
        """Names of methods, worlds and engines that are nowhere defined."""
        named: list[kinds.Fault] = [(("default",), self.default), (("reference",), self.reference)]
        for index, batch in enumerate(self.batches):
            keys = ("batches", index, "methods")
            named += [((*keys, position), name) for position, name in enumerate(batch.methods)]
            if batch.world not in self.worlds:
                near = did_you_mean(batch.world, self.worlds)
                yield ("batches", index, "world"), f"no world {batch.world!r}{near}"
        for path, name in named:
            if name not in self.methods:
                yield path, f"no method {name!r}{did_you_mean(name, self.methods)}"
        engines = imputation.engine_names()
        for name, method in self.methods.items():
            if method.kind == "imputation" and method.rule not in engines:
                near = did_you_mean(method.rule, engines)
                yield ("methods", name, "rule"), f"no engine {method.rule!r}{near}"

    @property
    def labels(self) -> dict[str, Words]:
        """Name of each method as a reader sees it."""
        return {name: Words(m.label, m.label_nl) for name, m in self.methods.items()}

    @property
    def world_labels(self) -> dict[str, Words]:
        """Name of each world as a reader sees it."""
        return {name: Words(world.label, world.label_nl) for name, world in self.worlds.items()}

    @property
    def index_bounds(self) -> dict[str, float]:
        """When an index is large, and how often is often and seldom, in % of cohorts."""
        return {"large": self.large_index, "often": self.often, "seldom": self.seldom}

    @property
    def weighting(self) -> str:
        """The first method that weights."""
        return next(name for name, method in self.methods.items() if method.kind == "weighting")

    @property
    def world(self) -> str:
        """The world in which methods are compared: the published one."""
        return self.batches[0].world

    @property
    def null_world(self) -> str:
        """The other world in which most methods run, for paths that none of them should find."""
        others = [batch for batch in self.batches if batch.world != self.world]
        return max(others, key=lambda batch: len(batch.methods)).world

    @property
    def smaller(self) -> int:
        """The n at which methods are compared."""
        return min(batch.n for batch in self.batches)

    def key(self, *, world: str, n: int, method: str) -> str:
        """Folder of a method's replications; another one as soon as anything drawn would change."""
        digest = text_digest(self._drawn(world, self.methods[method]))
        return f"{world}/{n}/{method}-{digest[:12]}"

    def tasks(self) -> Iterator[Task]:
        """All there is to do, first replications of all batches first."""
        for replication in range(max(batch.replications for batch in self.batches)):
            for batch in self.batches:
                if replication < batch.replications:
                    yield Task(batch.world, batch.n, replication, batch.methods)

    def _drawn(self, world: str, method: Method) -> str:
        """All numbers behind a replication, as text."""
        rule: Any = None
        if method.kind == "imputation":
            rule = params.rules("imputation")["engines"][method.rule]
        elif method.kind == "weighting":
            rule = params.rules("weighting")[method.rule]
        chosen = {"kind": method.kind, "rule": rule, "school_level": method.school_level}
        rounds = method.iterations or self.iterations
        true = _without_labels(asdict(self.worlds[world]))
        parts = [self.master_seed, self.imputations, rounds, true, chosen]
        parts += [self.added_path, self.null_paths, self.judged_paths, self.small_school]
        parts += [_without_labels(params.rules(name)) for name in SHARED_RULES]
        parts.append(_without_labels(params.load_yaml(params.named_file("models", self.model))))
        parts.append(params.published("herijking2021"))
        return json.dumps(parts, sort_keys=True, default=str)


def _without_labels(rules: Any) -> Any:
    """Rules without the words of reports, which decide no number."""
    if isinstance(rules, Mapping):
        kept = {key: value for key, value in rules.items() if key not in LABELS}
        return {key: _without_labels(value) for key, value in kept.items()}
    return [_without_labels(item) for item in rules] if isinstance(rules, list) else rules


@dataclass(frozen=True, slots=True)
class Shared:
    """What all replications share: settings, the model, and the codebook's table of children."""

    settings: Settings
    model: Model
    table: Table


DECLARED = Settings


def load(name: str = "validation") -> Settings:
    """Read params/rules/<name>.yaml. Raises ParameterError naming every fault with its line."""
    return checked.read("rules", name, Settings)
