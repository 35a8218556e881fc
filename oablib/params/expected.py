"""What a declaration expects under some keys, in plain words: read from its JSON schema."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from oablib.params import kinds

Schema: TypeAlias = dict[str, Any]

_PLURALS = {"number": "numbers", "integer": "whole numbers", "string": "texts", "array": "lists"}


def at(schema: Schema, keys: kinds.Keys) -> list[Schema]:
    """What may be under some keys: one part of a JSON schema, or several to choose from."""
    parts = list(_choices(schema, schema))
    for key in keys:
        inner = [child for part in parts for child in _children(part, key)]
        parts = [choice for child in inner for choice in _choices(child, schema)]
    return parts


def known_keys(parts: Sequence[Schema]) -> list[str]:
    """Keys that a file may have in one of these parts."""
    names = dict.fromkeys(name for part in parts for name in part.get("properties", ()))
    return [name for name in names if not name.startswith("(")]


def in_words(parts: Sequence[Schema]) -> str:
    """What is expected, as the end of a sentence."""
    return " or ".join(dict.fromkeys(_words(part) for part in parts))


def _choices(part: Schema, whole: Schema) -> Iterator[Schema]:
    """A part without references, or the parts that it is one of."""
    if "$ref" in part:
        part = whole["$defs"][part["$ref"].rpartition("/")[2]] | part
    several = part.get("anyOf") or part.get("oneOf")
    if not several or "expected" in part:
        yield part
    else:
        for choice in several:
            yield from _choices(choice, whole)


def _children(part: Schema, key: str | int) -> Iterator[Schema]:
    """What is under a key, or at an index of a list."""
    if part.get("type") == "array":
        ahead = part.get("prefixItems", [])
        yield ahead[int(key)] if int(key) < len(ahead) else part.get("items", {})
    elif key in part.get("properties", ()):
        yield part["properties"][key]
    elif isinstance(part.get("additionalProperties"), dict):
        yield part["additionalProperties"]


def _words(part: Schema) -> str:
    if "expected" in part:
        return str(part["expected"])
    if "enum" in part:
        return f"one of {', '.join(map(str, part['enum']))}"
    if "const" in part:
        return str(part["const"])
    match part.get("type"):
        case "string":
            return "text that is not empty" if part.get("minLength") else "text in quotes"
        case "integer":
            return f"a whole number{_range(part)}"
        case "number":
            return f"a number{_range(part)}"
        case "boolean":
            return "true or false"
        case "array":
            return _list(part)
        case "object":
            return _mapping(part)
    return "nothing"


def _range(part: Schema) -> str:
    low, high = part.get("minimum"), part.get("maximum")
    above, below = part.get("exclusiveMinimum"), part.get("exclusiveMaximum")
    if above is not None and below is not None:
        return f" between {above:,g} and {below:,g}, with a decimal point"
    if above is not None:
        return f" above {above:,g}"
    if low is None:
        return ""
    text = f" from {low:,}" + ("" if high is None else f" to {high:,}")
    return f"{text}, with a decimal point" if isinstance(high, float) and high <= 1 else text


def _list(part: Schema) -> str:
    items = part.get("prefixItems") or [part.get("items", {})]
    what = _PLURALS.get(items[0].get("type"), "entries")
    if "enum" in items[0]:
        what = f"words out of {', '.join(map(str, items[0]['enum']))}"
    least, most = part.get("minItems", 0), part.get("maxItems")
    count = f"{least} " if least == most else "one or more " if least else ""
    return f"a list of {count}{what}"


def _mapping(part: Schema) -> str:
    names = known_keys([part])
    return f"{', '.join(names)} under it" if names else "lines `name: value` under it"
