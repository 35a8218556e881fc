"""The file of a model with those that it extends, and what its fields must say about each other."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from oablib import params
from oablib.base.errors import ModelError
from oablib.base.wording import did_you_mean
from oablib.params import checked, kinds, strict_yaml
from oablib.params.strict_yaml import YamlFile
from oablib.protocol import formed

if TYPE_CHECKING:
    from oablib.protocol.models import Model

EXTENDS = "extends"
NAMES = frozenset({"title_nl", "label", "label_nl"})
"""Fields that name one model, so that no other takes them over."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """The fields of a model, those of the file that it extends among them.

    origins: field -> the file that has it. chain: names of the models, its own first.
    """

    name: str
    values: Mapping[str, Any]
    origins: Mapping[str, YamlFile]
    chain: tuple[str, ...]

    def locate(self, keys: kinds.Keys) -> tuple[str, int]:
        """File and line of a value, such as ("direct", 2)."""
        origin = self.origins.get(str(keys[0])) if keys else None
        return origin.locate(keys) if origin else (f"params/models/{self.name}.yaml", 1)

    def where(self, *keys: str | int) -> str:
        """The same as text."""
        return checked.where(self.locate, keys)


def read(name: str) -> ModelFile:
    """Read params/models/<name>.yaml; a file that it `extends` gives the fields it leaves out.

    Raises ParameterError when a file is absent or no strict YAML, ModelError when files extend
    each other in a circle.
    """
    values: dict[str, Any] = {}
    origins: dict[str, YamlFile] = {}
    chain: tuple[str, ...] = ()
    parent: Any = name
    while parent is not None:
        content = strict_yaml.read(params.named_file("models", parent))
        left_out = {EXTENDS} | (NAMES if chain else set())
        fields = {key: value for key, value in content.values.items() if key not in left_out}
        values = fields | values
        origins = dict.fromkeys(fields, content) | origins
        chain = (*chain, parent)
        parent = content.values.get(EXTENDS)
        if parent is not None:
            _fail_if_parent_is_unfit(parent, chain=chain, file=content)
    if "candidates" in origins and origins["candidates"].name != f"params/models/{name}.yaml":
        values["candidates"] = _still_candidates(values)
    return ModelFile(name, values, origins, chain)


def _fail_if_parent_is_unfit(parent: Any, *, chain: tuple[str, ...], file: YamlFile) -> None:
    where, known = checked.where(file.locate, (EXTENDS,)), params.names("models")
    if parent in chain:
        circle = " -> ".join((*chain, parent))
        raise ModelError(f"{where}: models extend each other in a circle: {circle}.")
    if parent not in known:
        near = did_you_mean(str(parent), known)
        raise ModelError(f"{where}: extends: params/models has no {parent!r}{near}")


def _still_candidates(values: Mapping[str, Any]) -> Any:
    """Candidates of a file that is extended, without the paths that the extension has."""
    candidates, indirect = values["candidates"], values.get("indirect")
    if not isinstance(candidates, list) or not isinstance(indirect, list):
        return candidates  # refused later
    free = [(values.get("mediator"), name) for name in indirect]
    return [text for text in candidates if split_path(text) not in free]


def split_path(text: object) -> tuple[str, str] | None:
    """Left and right side of a path such as `nscct ~ origin`; None when it is not one."""
    parts = [part.strip() for part in str(text).split("~")]
    return (parts[0], parts[1]) if len(parts) == 2 and all(parts) else None


def sides(path: str) -> tuple[str, str]:
    """Left and right side of a path that was found to be one."""
    lhs, _, rhs = path.partition("~")
    return lhs.strip(), rhs.strip()


def named_columns(model: "Model") -> Iterator[tuple[kinds.Keys, str]]:
    """Every column of the cohort that a model names, and the keys that lead to it."""
    for key in ("outcome", "mediator", "cluster", "wave"):
        if getattr(model, key):
            yield (key,), getattr(model, key)
    for key in ("imputed", "numeric", "auxiliary"):
        yield from (((key, index), column) for index, column in enumerate(getattr(model, key)))
    yield from ((("scaled", column), column) for column in model.scaled)
    yield from ((("dummies", name), column) for name, (column, _) in model.dummies.items())
    # The mean of a scaled column is read from its scale, that of any other from the column.
    yield from ((("school_means", name), column) for name, column in model.school_means.items())


def faults(model: "Model") -> Iterator[kinds.Fault]:
    """Paths that lead in a circle, twice or from nowhere; values set by hand of something else."""
    yield from _circles(model)
    yield from _equation_faults(model)
    yield from _candidate_faults(model)
    yield from formed.faults(model)
    for index, column in enumerate(model.imputed):
        part = {model.cluster: "cluster", model.wave: "wave"}.get(column)
        if part:
            text = (
                f"imputed names {column!r}, the model's {part}, which must be known of every "
                "child; take it out, and drop children without it from the delivery."
            )
            yield ("imputed", index), text
    for column in model.fixed_values:
        if column not in model.scaled:
            text = f"{column!r} has no scale values{did_you_mean(column, model.scaled)}"
            yield ("fixed_values", column), text
    direct = formed.expanded(model.direct, model.splines)
    for key in ("fixed_effects", "standardised_effects"):
        for name in getattr(model, key):
            if name not in direct:
                text = f"{name!r} is no predictor in direct{did_you_mean(name, direct)}"
                yield (key, name), text


def _defined(model: "Model") -> set[str]:
    return {predictor for role in formed.ROLES for predictor in getattr(model, role)}


def _circles(model: "Model") -> Iterator[kinds.Fault]:
    ends = {model.outcome: "outcome", model.mediator: "mediator"}
    sources = [(keys, column) for keys, column in named_columns(model) if keys[0] in formed.ROLES]
    for key in ("direct", "indirect"):
        sources += [((key, index), name) for index, name in enumerate(getattr(model, key))]
    for keys, column in sources:
        if column in ends:
            end = f"{column} is the model's {ends[column]}"
            yield keys, f"circular path: {end} and cannot be among its predictors; take it out."


def _equation_faults(model: "Model") -> Iterator[kinds.Fault]:
    defined, ends = _defined(model), (model.outcome, model.mediator)
    for key in ("direct", "indirect"):
        names = getattr(model, key)
        for index, name in enumerate(names):
            if name not in defined and name not in ends:
                yield (
                    (key, index),
                    (
                        f"{key} names {name!r}, which the file does not define; defined are "
                        f"{', '.join(sorted(defined))}."
                    ),
                )
            if name in names[:index]:
                yield (key, index), f"{key} names {name!r} twice; name it once."
    for key in ("indirect", "confounders"):
        for index, name in enumerate(getattr(model, key)):
            if name in defined and name not in model.direct:
                yield (
                    (key, index),
                    (
                        f"{key} names {name!r}, which is not in direct; add it there, so that its "
                        "effect is not taken for one through the mediator."
                    ),
                )
            if name not in defined and key == "confounders":
                yield (key, index), f"confounders names {name!r}, no predictor."


def _candidate_faults(model: "Model") -> Iterator[kinds.Fault]:
    free = {model.outcome: {model.mediator, *model.direct}}
    free[model.mediator] = set(model.indirect)
    for index, text in enumerate(model.candidates):
        if fault := _candidate_fault(text, model, free=free):
            yield ("candidates", index), f"candidate `{text}`{fault}"
        elif text in model.candidates[:index]:
            yield ("candidates", index), f"candidate `{text}` is there twice; name it once."


def _candidate_fault(text: str, model: "Model", *, free: Mapping[str, set[str]]) -> str:
    """What is wrong with a path that may be added, as the end of a sentence; empty if nothing."""
    path, defined = split_path(text), _defined(model)
    if path is None or path[0] not in free:
        return f"; expected `{model.mediator} ~ x` with x a predictor of the model."
    if path[1] in free[path[0]]:
        return " is a path that is already free; leave it out."
    if path[1] in (model.outcome, model.mediator):
        return " is a circular path; leave it out."
    if path[1] not in defined:
        near = did_you_mean(path[1], sorted(defined))
        return f" names {path[1]!r}, which the file does not define{near}"
    if path[1] not in model.direct:
        return f": {path[1]} is not in direct; add it there first."
    return formed.candidate_fault(path[1], model)
