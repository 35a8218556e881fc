"""What the study draws and how often: params/rules/validation.yaml as a frozen object."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from oablib import params
from oablib.base.errors import ParameterError
from oablib.base.files import text_digest
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics import imputation

Kind = Literal["complete", "complete_cases", "imputation", "weighting", "mice"]
# What decides the numbers of every replication, beside the method's own entry.
SHARED_RULES = ("synthetic", "codebook")


@dataclass(frozen=True, slots=True)
class Method:
    """A way to deal with unknown education.

    rule: the entry of its own rules file. iterations: rounds of chained equations, 0 for those of
    the study.
    """

    name: str
    label: str
    kind: Kind
    rule: str = ""
    school_level: bool = True
    iterations: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """So many replications of some methods in one world, with n children each."""

    world: str
    n: int
    replications: int
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """The methods that one cohort is given to."""

    world: str
    n: int
    replication: int
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """The study. worlds: name -> paths to intelligence that are taken out; paths: as in the file.

    default, reference: the method that is judged, and the one that others are compared with.
    """

    master_seed: int
    imputations: int
    iterations: int
    model: str
    worlds: Mapping[str, tuple[str, ...]]
    methods: Mapping[str, Method]
    batches: tuple[Batch, ...]
    default: str
    reference: str
    outcome_of_paths: str
    added_path: str
    null_paths: tuple[str, ...]
    judged_paths: tuple[str, ...]
    large_index: float
    often: float
    seldom: float
    small_school: int
    criteria: Mapping[str, Any]

    @property
    def labels(self) -> dict[str, str]:
        """Name of each method as a reader sees it."""
        return {name: method.label for name, method in self.methods.items()}

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
        own = {"kind": method.kind, "rule": rule, "school_level": method.school_level}
        rounds = method.iterations or self.iterations
        parts = [self.master_seed, self.imputations, rounds, self.worlds[world], own]
        parts += [self.added_path, self.null_paths, self.judged_paths, self.small_school]
        parts += [params.rules(name) for name in SHARED_RULES]
        parts.append(params.load_yaml(params.named_file("models", self.model)))
        parts.append(params.published("herijking2021"))
        return json.dumps(parts, sort_keys=True, default=str)


@dataclass(frozen=True, slots=True)
class Shared:
    """What all replications share: settings, the model, and the codebook's table of children."""

    settings: Settings
    model: Model
    table: Table


def load() -> Settings:
    """Read params/rules/validation.yaml.

    Raises ParameterError when a key is missing or unknown, or a batch names what is not defined.
    """
    values = params.rules("validation")
    values.pop("source", None)
    _fail_if_keys_differ(values, expected={field.name for field in fields(Settings)})
    methods = {name: Method(name, **told) for name, told in values.pop("methods").items()}
    batches = tuple(Batch(**_frozen(told)) for told in values.pop("batches"))
    settings = Settings(methods=methods, batches=batches, **_frozen(values))
    _fail_if_names_are_unknown(settings)
    return settings


def _frozen(values: dict[str, Any]) -> dict[str, Any]:
    result = {}
    for key, value in values.items():
        frozen = tuple(value) if isinstance(value, list) else value
        result[key] = _frozen(value) if isinstance(value, dict) else frozen
    return result


def _fail_if_keys_differ(values: dict[str, Any], *, expected: set[str]) -> None:
    if set(values) != expected:
        raise ParameterError(
            f"params/rules/validation.yaml: missing {sorted(expected - set(values))}, unknown "
            f"{sorted(set(values) - expected)}; expected exactly {sorted(expected)}."
        )


def _fail_if_names_are_unknown(settings: Settings) -> None:
    used = {name for batch in settings.batches for name in batch.methods}
    used |= {settings.default, settings.reference}
    faults = sorted(used - set(settings.methods))
    faults += sorted({batch.world for batch in settings.batches} - set(settings.worlds))
    engines = imputation.engine_names()
    faults += sorted(
        each.rule
        for each in settings.methods.values()
        if each.kind == "imputation" and each.rule not in engines
    )
    if faults:
        raise ParameterError(
            f"params/rules/validation.yaml names {faults}, which are not defined; known methods: "
            f"{', '.join(settings.methods)}; worlds: {', '.join(settings.worlds)}; engines: "
            f"{', '.join(engines)}."
        )
