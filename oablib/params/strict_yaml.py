"""YAML without surprises: unique keys, no aliases, anchors or tags, YAML 1.2 scalars.

YAML 1.1, which PyYAML follows, reads `no` as False, `010` as 8 and `2021-01-01` as a date. Here
these stay text, so that a type check can say what was expected instead.
"""

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import yaml

from oablib.base.errors import ParameterError

SIZE_LIMIT = 1_000_000  # bytes; a parameter file is written by hand

_SCALARS = (
    ("tag:yaml.org,2002:null", r"(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:bool", r"(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("tag:yaml.org,2002:int", r"[-+]?(?:0|[1-9][0-9]*)$", list("-+0123456789")),
    (
        "tag:yaml.org,2002:float",
        r"[-+]?(?:(?:0|[1-9][0-9]*)?\.[0-9]+(?:[eE][-+]?[0-9]+)?"
        r"|(?:0|[1-9][0-9]*)\.?[eE][-+]?[0-9]+|(?:0|[1-9][0-9]*)\.)$",
        list("-+.0123456789"),
    ),
)


class _Loader(yaml.SafeLoader):
    """SafeLoader with YAML 1.2 scalars that refuses whatever makes one file mean two things."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}  # type: ignore[misc]  # as yaml does

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise yaml.MarkedYAMLError(
                problem="aliases and anchors are not allowed; write the value out",
                problem_mark=event.start_mark,
            )
        if getattr(event, "tag", None) is not None:
            raise yaml.MarkedYAMLError(
                problem="tags are not allowed; write plain values", problem_mark=event.start_mark
            )
        return super().compose_node(parent, index)


for _tag, _pattern, _first in _SCALARS:
    _Loader.add_implicit_resolver(_tag, re.compile(_pattern), _first)


@dataclass(frozen=True, slots=True)
class YamlFile:
    """The values of a file and the lines that they stand on.

    lines: of each top-level key. places: of each value inside, by the keys (and places in lists)
    that lead to it, such as ("direct", 2).
    """

    values: dict[str, Any]
    lines: dict[str, int]
    places: dict[tuple[str | int, ...], int]

    def line(self, *way: str | int) -> int:
        """Line of a value, or of the nearest thing around it that is there; 1 for the file."""
        known = (way[:length] for length in range(len(way), 0, -1))
        return next((self.places[each] for each in known if each in self.places), 1)


def read(path: Path) -> YamlFile:
    """Read a mapping from a YAML file.

    Raises ParameterError, with file and line, when the file is absent, larger than SIZE_LIMIT,
    not UTF-8, not valid YAML, not a mapping, or uses a key twice, an alias, an anchor or a tag.
    """
    text = _text(path)
    try:
        content = _parse(text, path=path)
        return replace(content, values=deepcopy(content.values))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f" line {mark.line + 1}" if mark else ""
        raise ParameterError(f"{path}{line}: {error.problem or error.context}.") from None
    except yaml.YAMLError:
        raise ParameterError(f"{path} holds control characters; expected plain text.") from None
    except RecursionError:
        raise ParameterError(f"{path} is nested too deeply; expected a flat file.") from None
    except ValueError:
        raise ParameterError(f"{path} holds a number that is too long to read.") from None


def scalar(text: str) -> Any:
    """Read one value as it would be read behind `key: ` in a file; text stays text."""
    node = yaml.ScalarNode("", text)
    loader = _Loader("")
    node.tag = loader.resolve(yaml.ScalarNode, text, (True, False))
    return loader.construct_object(node)


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise ParameterError(f"{path} does not exist.") from None
    except OSError as error:
        raise ParameterError(f"{path} cannot be read: {error.strerror}.") from None
    if len(raw) > SIZE_LIMIT:
        raise ParameterError(
            f"{path} has {len(raw):,} bytes; a parameter file has at most {SIZE_LIMIT:,}."
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ParameterError(f"{path} line {line}: not UTF-8; save the file as UTF-8.") from None


@lru_cache(maxsize=256)  # a run reads the same rules for every stage
def _parse(text: str, *, path: Path) -> YamlFile:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            raise ParameterError(f"{path} is not a mapping; expected lines like `key: value`.")
        repeated = _repeated_keys(node)
        if repeated:
            raise ParameterError(f"{path}: " + "; ".join(repeated) + ".")
        # A list as a key has no name, and is refused below with its line.
        named = [key for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        lines = {key.value: key.start_mark.line + 1 for key in named}
        places = dict(_places(node))
        return YamlFile(values=loader.construct_document(node), lines=lines, places=places)
    finally:
        loader.dispose()


def _places(
    node: yaml.Node, way: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], int]]:
    """The way to each value, and its line; a key's value stands where the key does."""
    if isinstance(node, yaml.MappingNode):
        inner = [((*way, str(key.value)), key, value) for key, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        inner = [((*way, place), value, value) for place, value in enumerate(node.value)]
    else:
        return
    for at, named, value in inner:
        yield at, named.start_mark.line + 1
        yield from _places(value, at)


def _repeated_keys(node: yaml.Node) -> list[str]:
    """List each key that stands twice in one mapping, at any depth."""
    faults: list[str] = []
    children: list[yaml.Node] = []
    if isinstance(node, yaml.SequenceNode):
        children = node.value
    elif isinstance(node, yaml.MappingNode):
        first: dict[tuple[str, str], int] = {}
        for key, value in node.value:
            name = (key.tag, str(key.value))
            line = key.start_mark.line + 1
            if name in first:
                faults.append(f"line {line}: key {key.value!r} is already on line {first[name]}")
            first.setdefault(name, line)
            children.append(value)
    return faults + [fault for child in children for fault in _repeated_keys(child)]
