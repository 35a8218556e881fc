"""The parameters of a run: files, those that they extend, and the command line, all checked."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oablib.base.errors import ParameterError
from oablib.base.wording import counted, did_you_mean
from oablib.params import project, strict_yaml
from oablib.params.checked import Locate, check, faults_of, shown_value, where
from oablib.params.declared import RunFile, RunParameters

SCHEMA = 1
"""What a run file may say behind `schema`; another number is of another version of the project."""

COMMAND_LINE, DEFAULT = "command line", "default"
TOGETHER = ("hide_variable", "hide_share", "hide_given")


@dataclass(frozen=True, slots=True)
class Resolved:
    """Parameters, and for each where its value came from: file and line, command line, default."""

    parameters: RunParameters
    origins: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Layer:
    """What one file, or the command line, sets."""

    values: Mapping[str, Any]
    locate: Locate
    declared: type[RunParameters] = RunParameters

    def origin(self, key: str) -> str:
        return where(self.locate, (key,))

    def faults(self) -> list[str]:
        # A title may come from another layer.
        return faults_of({"title": "-"} | dict(self.values), self.declared, locate=self.locate)


def resolve(name: str, overrides: Mapping[str, Any] | None = None) -> Resolved:
    """Read params/runs/<name>.yaml with what it extends, then apply `overrides`.

    An override given as text is read as it would be read in the file.
    Raises ParameterError naming every fault of every layer with its file and line.
    """
    project.fail_if_name_is_unfit(name)
    faults: list[str] = []
    layers = [*_file_layers(name, seen=(), faults=faults), _overrides(overrides or {})]
    return _resolved(name, layers, faults, origin=f"params/runs/{name}.yaml line 1")


def given(name: str, values: Mapping[str, Any], *, origin: str) -> Resolved:
    """Parameters of a report without a run file; origin: where `values` come from.

    Raises ParameterError naming every fault.
    """
    project.fail_if_name_is_unfit(name)
    return _resolved(name, [_Layer(values, lambda _: (origin, 0))], [], origin=origin)


def run_parameters(name: str, overrides: Mapping[str, Any] | None = None) -> RunParameters:
    """The parameters of a run; as `resolve`, without where they came from."""
    return resolve(name, overrides).parameters


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Check single parameters of the command line as those of a run; text is read as in a file.

    Raises ParameterError naming every fault.
    """
    layer = _overrides(values)
    _fail_if_any(layer.faults(), what="Cannot start")
    return dict(layer.values)


def shown(resolved: Resolved) -> str:
    """The text of `oab params`: parameter, value, where it came from, what it means, in columns."""
    rows = [("parameter", "value", "from", "meaning")]
    for name, origin in resolved.origins.items():
        value = json.dumps(getattr(resolved.parameters, name), ensure_ascii=False)
        rows.append((name, value, origin, str(RunParameters.model_fields[name].description)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _resolved(
    name: str, layers: Sequence[_Layer], faults: Sequence[str], *, origin: str
) -> Resolved:
    """What the last layer says of each parameter; `faults`: of reading the files."""
    values, origins = dict[str, Any](), dict[str, str]()
    for layer in layers:
        if "title" in layer.values:  # the Dutch of another title is none of this one
            values.pop("title_nl", None)
            origins.pop("title_nl", None)
        values |= layer.values
        origins |= {key: layer.origin(key) for key in layer.values}
    if not faults and "title" not in values:  # a file that was not read may hold it
        faults = [f"{origin}: title is missing; give the run a title."]
    faults = [*faults, *(fault for layer in layers for fault in layer.faults())]
    _fail_if_any(faults or _joint_faults(values, origins), what=f"Run {name!r} cannot start")
    parameters = check(values, RunParameters, locate=lambda _: (origin, 0))
    known = [key for key in RunParameters.model_fields if key != "run"]
    return Resolved(
        parameters.model_copy(update={"run": name}),
        {key: origins.get(key, DEFAULT) for key in known},
    )


def _fail_if_any(faults: Sequence[str], *, what: str) -> None:
    if faults:
        count = counted(len(faults), "fault")
        raise ParameterError(f"{what}, {count}:\n  " + "\n  ".join(faults))


def _file_layers(name: str, *, seen: tuple[str, ...], faults: list[str]) -> list[_Layer]:
    """A run file, after the files that it extends; adds to `faults`."""
    file, seen = strict_yaml.read(project.named_file("runs", name)), (*seen, name)
    values, layers = dict(file.values), list[_Layer]()
    layer = _Layer(values, file.locate, RunFile)
    schema = values.pop("schema", SCHEMA)
    if type(schema) is not int or schema != SCHEMA:
        faults.append(
            f"{layer.origin('schema')}: schema is {shown_value(schema)}; this version of the "
            f"project reads {SCHEMA}. Use the version that the file was written for, or write the "
            "file anew."
        )
    if "extends" in values:
        parent = values.pop("extends")
        if fault := _parent_fault(parent, seen=seen):
            faults.append(f"{layer.origin('extends')}: extends: {fault}")
        else:
            layers = _file_layers(parent, seen=seen, faults=faults)
    return [*layers, layer]


def _parent_fault(parent: Any, *, seen: tuple[str, ...]) -> str:
    """Why a run cannot extend `parent`; empty when it can."""
    if type(parent) is not str:
        return f"is {shown_value(parent)}; expected the name of a run, in quotes if it is a number."
    if parent in seen:
        return f"runs extend each other in a circle: {' -> '.join((*seen, parent))}."
    known = project.names("runs")
    if parent not in known:
        return f"params/runs has no {shown_value(parent)}{did_you_mean(parent, known)}"
    return ""


def _overrides(values: Mapping[str, Any]) -> _Layer:
    read = {key: _as_in_file(key, value) for key, value in values.items()}
    return _Layer(read, lambda _: (COMMAND_LINE, 0))


def _as_in_file(key: str, value: Any) -> Any:
    """Text of the command line as it would be read in a file, unless text is what it should be."""
    field = RunParameters.model_fields.get(key)
    if not isinstance(value, str) or (field and field.annotation is str):
        return value
    try:
        return strict_yaml.scalar(value)
    except ValueError:  # more digits than Python reads; as text it is refused with its origin
        return value


def _joint_faults(values: Mapping[str, Any], origins: Mapping[str, str]) -> list[str]:
    """Faults that several values have together."""
    faults = []
    there = [key for key in TOGETHER if values.get(key)]
    if len(there) not in (0, len(TOGETHER)):
        names = ", ".join(f"{key} ({origins[key]})" for key in there)
        faults.append(
            f"hide_variable, hide_share and hide_given belong together; found only {names}; "
            "expected all three, or none, to be set."
        )
    if values.get("disclosure_profile") == "by_law" and not values.get("disclosure_reason"):
        faults.append(
            f"disclosure_profile ({origins['disclosure_profile']}) is by_law, from which more "
            "follows about children; expected the written reason in disclosure_reason, which the "
            "report prints. See docs/disclosure.md."
        )
    return faults
