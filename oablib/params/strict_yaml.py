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
    """The values of a file, and the line of each.

    name: of the file, with the two folders around it. lines: line of a value by the keys, and
    indices in lists, that lead to it: ("direct", 2).
    """

    name: str
    values: dict[str, Any]
    lines: dict[tuple[str | int, ...], int]

    def line(self, *keys: str | int) -> int:
        """Line of a value, or of the nearest one around it; 1 for the file."""
        known = (keys[:length] for length in range(len(keys), 0, -1))
        return next((self.lines[path] for path in known if path in self.lines), 1)

    def locate(self, keys: tuple[str | int, ...]) -> tuple[str, int]:
        """Name of the file, and the line of a value."""
        return self.name, self.line(*keys)


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
        lines: dict[tuple[str | int, ...], int] = {}
        repeated = []
        for keys, line in _lines(node, loader):
            if keys in lines:
                repeated.append(f"line {line}: key {keys[-1]!r} is already on line {lines[keys]}")
            lines.setdefault(keys, line)
        if repeated:
            raise ParameterError(f"{path}: " + "; ".join(repeated) + ".")
        return YamlFile("/".join(path.parts[-3:]), loader.construct_document(node), lines)
    finally:
        loader.dispose()


def _lines(
    node: yaml.Node, loader: _Loader, around: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], int]]:
    """Keys that lead to each value, and the line of its key."""
    if isinstance(node, yaml.MappingNode):
        # A list as a key has no name, and is refused with its line when values are made.
        named = [pair for pair in node.value if isinstance(pair[0], yaml.ScalarNode)]
        inner = [(loader.construct_object(key), key, value) for key, value in named]
    elif isinstance(node, yaml.SequenceNode):
        inner = [(index, value, value) for index, value in enumerate(node.value)]
    else:
        return
    for name, start, value in inner:
        yield (*around, name), start.start_mark.line + 1
        yield from _lines(value, loader, (*around, name))
