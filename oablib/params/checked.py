"""The one checker of params/: a file is read, held against its declaration, and all faults named.

Each fault has its file and line, what was found, what was expected, and the nearest known key.
"""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from functools import cache
from typing import Any, TypeAlias, TypeVar

from pydantic import TypeAdapter, ValidationError

from oablib.base.errors import OabError, ParameterError
from oablib.base.wording import did_you_mean
from oablib.params import kinds, project, strict_yaml
from oablib.params.expected import at, in_words, known_keys

Locate: TypeAlias = Callable[[kinds.Keys], tuple[str, int]]
"""From keys to file and line; line 0 where there is none."""

T = TypeVar("T")

_UNKNOWN = ("unexpected_keyword_argument", "extra_forbidden")
_KEYS = {"int_type": "a whole number", "string_type": "text in quotes"}
_LONGEST = 60  # characters of a value in a message


def read(kind: str, name: str, declared: type[T], *, error: type[OabError] = ParameterError) -> T:
    """Read params/<kind>/<name>.yaml as an instance of what it is declared to be.

    Raises ParameterError when there is no such file or it is no strict YAML, `error` naming every
    fault with its line.
    """
    file = strict_yaml.read(project.named_file(kind, name))
    return check(file.values, declared, locate=file.locate, error=error)


def values(kind: str, name: str, declared: Any) -> dict[str, Any]:
    """Read a file as `read` does, and return its values as they are written."""
    read(kind, name, declared)
    return strict_yaml.read(project.named_file(kind, name)).values


def check(
    values: Mapping, declared: Any, *, locate: Locate, error: type[OabError] = ParameterError
) -> Any:
    """Values as an instance of what they are declared to be; raises `error` naming every fault."""
    try:
        frozen = _frozen(values)
        return _adapter(declared).validate_python(frozen, context=frozen)
    except ValidationError as refused:
        raise error("\n".join(_faults(refused, values, declared, locate))) from None


def faults_of(values: Mapping[str, Any], declared: Any, *, locate: Locate) -> list[str]:
    """Every fault of some values, sorted by line; empty when they fit."""
    try:
        check(values, declared, locate=locate)
    except ParameterError as refused:
        return str(refused).split("\n")
    return []


@cache
def _adapter(declared: Any) -> TypeAdapter:
    has_config = is_dataclass(declared) or hasattr(declared, "model_config")
    return TypeAdapter(declared, config=None if has_config else kinds.STRICT)


@cache
def schema_of(declared: Any) -> dict[str, Any]:
    """The JSON schema of a declaration."""
    return _adapter(declared).json_schema()


def _frozen(value: Any) -> Any:
    """Lists as tuples, at every depth."""
    if isinstance(value, list):
        return tuple(_frozen(item) for item in value)
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return value


def where(locate: Locate, keys: kinds.Keys) -> str:
    """File and line as the beginning of a message."""
    label, line = locate(keys)
    return f"{label} line {line}" if line else label


def _faults(refused: ValidationError, values: Mapping, declared: Any, locate: Locate) -> list[str]:
    """What pydantic refused, in our words and in the order of the lines."""
    errors = [(_keys(error, values), error) for error in refused.errors(include_url=False)]
    inner = {keys[:length] for keys, _ in errors for length in range(len(keys))}
    locations: dict[str, tuple[str, int]] = {}
    for keys, error in errors:
        if keys in inner and error["type"] != kinds.MEANING:
            continue  # one of several types, and the fault lies inside another of them
        text = _text(error, keys, values=values, schema=schema_of(declared))
        locations[f"{where(locate, keys)}: {text}"] = locate(keys)
    return sorted(locations, key=lambda fault: locations[fault])


def _keys(error: Any, values: Any) -> kinds.Keys:
    """The parts of pydantic's location that are keys of the file; others name types."""
    keys: list[str | int] = []
    for part in error["loc"]:
        is_there = part in values if isinstance(values, dict) else _is_in_list(part, values)
        if is_there:
            keys.append(part)
            values = values[part]
    last = error["loc"][-1]
    is_absent = error["type"] == "missing" and isinstance(last, str)
    return (*keys, last) if is_absent else tuple(keys)


def _is_in_list(part: str | int, values: Any) -> bool:
    return isinstance(values, list) and isinstance(part, int) and part < len(values)


def _text(error: Any, keys: kinds.Keys, *, values: Any, schema: dict[str, Any]) -> str:
    """One fault, without file and line."""
    name = ".".join(map(str, keys))
    if error["type"] == kinds.MEANING:
        return f"{name}: {error['msg']}" if keys else str(error["msg"])
    if error["type"] in _UNKNOWN:
        near = did_you_mean(str(keys[-1]), known_keys(at(schema, keys[:-1])))
        return f"unknown key {name!r}{near}"
    if error["loc"][-1] == "[key]":
        return f"the key of {name} is {shown_value(keys[-1])}; expected {_KEYS[error['type']]}."
    if error["type"] == "string_unicode":
        return f"{name} holds characters that cannot be written; expected plain text."
    parts = at(schema, keys)
    wanted = in_words(parts)
    for key in keys[:-1]:
        values = values[key]
    if error["type"] == "missing" and keys[-1] not in values:
        return f"{name} is missing; expected {wanted}."
    value = values[keys[-1]]
    words = [str(word) for part in parts for word in part.get("enum", ())]
    nearest = difflib.get_close_matches(str(value), words, n=1)
    meant = f"; did you mean {nearest[0]!r}?" if nearest else "."
    return f"{name} is {shown_value(value)}; expected {wanted}{meant}"


def shown_value(value: Any) -> str:
    """A value in short and on one line; of a block, what it is."""
    if isinstance(value, dict):
        return "a mapping" if value else "empty"
    text = repr(value)
    if len(text) <= _LONGEST:
        return text
    return f"a list of {len(value)}" if isinstance(value, list) else f"{text[:_LONGEST]}…"
