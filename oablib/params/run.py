"""What a run is told: files, what they extend and the command line, checked against what may be."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from oablib.base.errors import ParameterError
from oablib.base.wording import did_you_mean
from oablib.params import place as params
from oablib.params import strict_yaml
from oablib.params.declared import RunParameters

SCHEMA = 1
"""What a run file may say behind `schema`; another number is of another version of the project."""

COMMAND_LINE, DEFAULT = "command line", "default"
_TYPES = {
    str: "text; put it in quotes",
    int: "a whole number",
    float: "a number with a decimal point",
}
# Also what breaks a line, turns the direction of writing, or cannot be written as UTF-8.
_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_COLUMN = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Resolved:
    """Parameters, and for each where its value came from: file and line, command line, default."""

    parameters: RunParameters
    origins: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Entry:
    key: str
    value: Any
    place: str  # file and line, or the command line


def resolve(name: str, overrides: Mapping[str, Any] | None = None) -> Resolved:
    """Read params/runs/<name>.yaml with what it extends, then apply `overrides`.

    An override given as text is read as it would be read in the file.
    Raises ParameterError naming every fault of every layer with its file and line.
    """
    params.fail_if_name_is_unfit(name)
    faults: list[str] = []
    entries = _file_entries(name, seen=(), faults=faults)
    entries += _override_entries(overrides or {})
    return _resolved(name, entries, faults, place=f"params/runs/{name}.yaml")


def given(name: str, values: Mapping[str, Any], *, place: str) -> Resolved:
    """Parameters of a report without a run file; place: where `values` stand.

    Raises ParameterError naming every fault.
    """
    params.fail_if_name_is_unfit(name)
    entries = [_Entry(key, value, place) for key, value in values.items()]
    return _resolved(name, entries, [], place=place)


def run_parameters(name: str, overrides: Mapping[str, Any] | None = None) -> RunParameters:
    """The parameters of a run; as `resolve`, without where they came from."""
    return resolve(name, overrides).parameters


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Check single parameters of the command line as those of a run; text is read as in a file.

    Raises ParameterError naming every fault.
    """
    entries = list(_override_entries(values))
    _fail_if_any([fault for e in entries for fault in _entry_faults(e)], what="Cannot start")
    return {entry.key: entry.value for entry in entries}


def shown(resolved: Resolved) -> str:
    """The text of `oab params`: parameter, value, where it came from, what it means, in columns."""
    rows = [("parameter", "value", "from", "meaning")]
    for name, origin in resolved.origins.items():
        value = json.dumps(getattr(resolved.parameters, name), ensure_ascii=False)
        rows.append((name, value, origin, str(RunParameters.model_fields[name].description)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _resolved(
    name: str, entries: Sequence[_Entry], faults: Sequence[str], *, place: str
) -> Resolved:
    """What the last entry of each parameter says; `faults` were found on the way here."""
    chosen = {entry.key: entry for entry in entries}
    if not faults and "title" not in chosen:  # a file that was not read may hold it
        faults = [f"{place}: title is missing; give the run a title."]
    faults = [*faults, *(fault for entry in entries for fault in _entry_faults(entry))]
    _fail_if_any(faults or _joint_faults(chosen), what=f"Run {name!r} cannot start")
    values = {key: entry.value for key, entry in chosen.items()}
    places = {key: entry.place for key, entry in chosen.items()}
    origins = {key: places.get(key, DEFAULT) for key in RunParameters.model_fields if key != "run"}
    return Resolved(RunParameters(run=name, **values), origins)


def _fail_if_any(faults: list[str], *, what: str) -> None:
    if faults:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise ParameterError(f"{what}, {count}:\n  " + "\n  ".join(faults))


def _file_entries(name: str, *, seen: tuple[str, ...], faults: list[str]) -> list[_Entry]:
    """Entries of a run file, those of the file that it extends first; adds to `faults`."""
    path, seen = params.named_file("runs", name), (*seen, name)
    content = strict_yaml.read(path)
    values, shown = dict(content.values), path.relative_to(params.root()).as_posix()
    places = {key: f"{shown} line {line}" for key, line in content.lines.items()}
    schema, entries = values.pop("schema", SCHEMA), list[_Entry]()
    if type(schema) is not int or schema != SCHEMA:
        faults.append(
            f"{places['schema']}: schema is {_short(schema)}; this version of the project reads "
            f"{SCHEMA}. Use the version that the file was written for, or write the file anew."
        )
    if "extends" in values:
        parent = values.pop("extends")
        if fault := _parent_fault(parent, seen=seen):
            faults.append(f"{places['extends']}: extends: {fault}")
        else:
            entries = _file_entries(parent, seen=seen, faults=faults)
    own = [_Entry(str(key), value, places.get(str(key), shown)) for key, value in values.items()]
    return entries + own


def _parent_fault(parent: Any, *, seen: tuple[str, ...]) -> str:
    """Why a run cannot extend `parent`; empty when it can."""
    if type(parent) is not str:
        return f"is {_short(parent)}; expected the name of a run, in quotes if it is a number."
    if parent in seen:
        return f"runs extend each other in a circle: {' -> '.join((*seen, parent))}."
    known = params.names("runs")
    if parent not in known:
        return f"params/runs has no {_short(parent)}{did_you_mean(parent, known)}"
    return ""


def _short(value: Any) -> str:
    """A value as a message shows it: in quotes if it is text, and on one line."""
    return repr(value)[:80]


def _override_entries(overrides: Mapping[str, Any]) -> Iterator[_Entry]:
    texts = {key for key, field in RunParameters.model_fields.items() if field.annotation is str}
    for key, value in overrides.items():
        as_text = key in texts or not isinstance(value, str)
        yield _Entry(key, value if as_text else _as_in_file(value), COMMAND_LINE)


def _as_in_file(text: str) -> Any:
    try:
        return strict_yaml.scalar(text)
    except ValueError:  # more digits than Python reads; as text it is refused with its place
        return text


def _entry_faults(entry: _Entry) -> Iterator[str]:
    """Faults of one value on its own: unknown key, type, range, name without a file."""
    settable = [key for key in RunParameters.model_fields if key != "run"]
    if entry.key not in settable:
        near = did_you_mean(entry.key, settable)
        yield f"{entry.place}: unknown key {_short(entry.key)}{near}"
        return
    try:
        RunParameters(**{"run": "x", "title": "x", entry.key: entry.value})
    except ValidationError as error:
        yield from (_told(entry, fault["type"]) for fault in error.errors())
        return
    if _CONTROL.search(str(entry.value)):
        yield f"{entry.place}: {entry.key} holds control characters; expected plain text."
    elif entry.key in ("title", "data") and not entry.value.strip():
        yield f"{entry.place}: {entry.key} is empty; write a text behind it."
    else:
        yield from _name_faults(entry)


def _told(entry: _Entry, kind: str) -> str:
    """A fault that pydantic found, in our words."""
    field = RunParameters.model_fields[entry.key]
    shown = _short(entry.value)
    if kind in ("greater_than_equal", "less_than_equal"):
        low, high = (
            next(getattr(each, end) for each in field.metadata if hasattr(each, end))
            for end in ("ge", "le")
        )
        return f"{entry.place}: {entry.key} is {shown}; expected {low:,} to {high:,}."
    expected = next(text for each, text in _TYPES.items() if field.annotation is each)
    return f"{entry.place}: {entry.key} is {shown}; expected {expected}."


def _name_faults(entry: _Entry) -> Iterator[str]:
    """Faults of a value that names a file of params, or a column."""
    kind = params.KINDS.get(entry.key)
    if kind and not entry.value.strip() and entry.key not in params.MAY_BE_EMPTY:
        yield f"{entry.place}: {entry.key} is empty; name a file of params/{kind}."
    elif kind:
        yield from _file_faults(entry, kind)
    column = entry.key in ("hide_variable", "hide_given")
    if column and entry.value and not _COLUMN.fullmatch(entry.value):
        yield f"{entry.place}: {entry.key}: expected the key of a column in the codebook."


def _file_faults(entry: _Entry, kind: str) -> Iterator[str]:
    """Names without a file, and names that stand twice."""
    named = params.files_of(entry.key, entry.value)
    for place, name in enumerate(named):
        if name not in params.names(kind):
            near = did_you_mean(name, params.names(kind))
            yield f"{entry.place}: {entry.key}: params/{kind} has no {_short(name)}{near}"
        elif name in named[:place]:
            yield f"{entry.place}: {entry.key} names {name!r} twice; name it once."


def _joint_faults(chosen: Mapping[str, _Entry]) -> list[str]:
    """Faults that several values have together."""
    together = ("hide_variable", "hide_share", "hide_given")
    told = {key: chosen[key].place for key in together if key in chosen and chosen[key].value}
    if not told or len(told) == len(together):
        return []
    found = ", ".join(f"{key} ({place})" for key, place in told.items())
    return [
        f"hide_variable, hide_share and hide_given belong together; found only {found}; "
        "expected all three, or none, to be set."
    ]
