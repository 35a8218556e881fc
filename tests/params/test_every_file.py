"""Each key of every file of params/, at every depth, is declared.

A key is misspelt, dropped, or given a value of another type: the one checker refuses each with file
and line. What may be left out, and which names are data (of predictors, claims, columns), is read
from the declaration; data may have another name unless something refers to it.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from oablib import params
from oablib.base.errors import OabError
from oablib.params import checked, strict_yaml
from oablib.params.expected import at, known_keys
from oablib.params.kinds import Keys
from oablib.params.strict_yaml import YamlFile
from oablib.running import rule_files

KINDS = ("runs", "models", "published", "rules", "results")
FILES = [(kind, name) for kind in KINDS for name in params.names(kind)]
STRANGE: Mapping[str, Any] = {
    "object": {"strange": "x"}, "array": [["strange"]], "string": "strange", "number": 2.5,
    "boolean": True, "null": None,
}  # fmt: skip
"""A value of each type of JSON."""

OTHER_TYPES = 2  # tried for each key
FEWEST = 15_000
FILE_AND_LINE = re.compile(rf"params/({'|'.join(KINDS)})/[\w-]+\.yaml line \d+")
counts: Counter[str] = Counter()


@dataclass(frozen=True)
class Key:
    """A key of a file, or a place in a list, with what its declaration says of it."""

    keys: Keys
    is_name: bool  # and no place in a list
    is_declared: bool
    is_needed: bool
    types: frozenset[str]

    def misspelt(self) -> Keys:
        last = self.keys[-1]
        return (*self.keys[:-1], last + 1000 if isinstance(last, int) else f"{last}x")


@pytest.fixture(scope="module", autouse=True)
def report() -> Iterator[None]:
    yield
    print(f"\n{dict(sorted(counts.items()))} in {len(FILES)} files of params")


def every_key(kind: str, name: str, values: Any) -> Iterator[Key]:
    schema = checked.schema_of(rule_files.declaration(kind, name))
    # What a file leaves out, the file that it extends may have.
    extends = "extends" in values
    waiting: list[tuple[Keys, Any]] = [((), values)]
    while waiting:
        around, content = waiting.pop()
        parts = at(schema, around)
        known = known_keys(parts)
        needed = {key for part in parts for key in part.get("required", ())}
        is_mapping = isinstance(content, dict)
        for key, value in content.items() if is_mapping else enumerate(content):
            keys = (*around, key)
            types = frozenset(each for part in at(schema, keys) for each in types_of(part))
            is_needed = key in needed and not (extends and not around)
            yield Key(keys, is_mapping, key in known, is_needed, types)
            if isinstance(value, dict | list):
                waiting.append((keys, value))


def types_of(part: Mapping[str, Any]) -> set[str]:
    words = part.get("enum", [part["const"]] if "const" in part else [])
    if words:
        return {"string" if isinstance(word, str) else "number" for word in words}
    return {"number" if part["type"] == "integer" else part["type"]}


def changed(values: Any, old: Keys, new: Keys = (), value: Any = None) -> Any:
    """A copy without the value at `old`, and with `value` at `new`; lists keep their length."""
    copy = values.copy()
    if len(old) > 1:
        copy[old[0]] = changed(values[old[0]], old[1:], new[1:], value)
    elif isinstance(copy, list):
        copy[old[0]] = value
    else:
        del copy[old[0]]
        copy |= {new[0]: value} if new else {}
    return copy


class Checker:
    """Says what the one checker says of a file of params with other values."""

    def __init__(self, kind: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.kind, self.name, path = kind, name, params.named_file(kind, name)
        read = strict_yaml.read
        self.file = self.spoilt = read(path)
        monkeypatch.setattr(
            strict_yaml, "read", lambda each: self.spoilt if each == path else read(each)
        )

    def __call__(self, old: Keys, new: Keys = (), value: Any = None) -> str:
        counts["mutations"] += 1
        lines = self.file.lines | ({new: self.file.line(*old)} if new and new != old else {})
        values = changed(self.file.values, old, new, value)
        self.spoilt: YamlFile = replace(self.file, values=values, lines=lines)
        try:
            rule_files.check(self.kind, self.name)
        except OabError as error:
            counts["refused"] += 1
            return str(error)
        return ""


def value_at(values: Any, keys: Keys) -> Any:
    for key in keys:
        values = values[key]
    return values


@pytest.mark.parametrize(("kind", "name"), FILES, ids=["/".join(file) for file in FILES])
def test_every_key_of_the_file_is_declared(
    kind: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = Checker(kind, name, monkeypatch)
    for key in every_key(kind, name, check.file.values):
        value = value_at(check.file.values, key.keys)
        here = f"params/{kind}/{name}.yaml line {check.file.line(*key.keys)}: "
        for other in [each for each in STRANGE if each not in key.types][:OTHER_TYPES]:
            message = check(key.keys, key.keys, STRANGE[other])
            assert here in message, f"{key.keys} with {other}: {message}"
        if not key.is_name:
            continue
        message = check(key.keys)
        if key.is_needed:
            assert f"params/{kind}/{name}.yaml line " in message, key.keys
        else:
            counts["keys that may be dropped"] += not message
            assert not message or FILE_AND_LINE.search(message), key.keys
        message = check(key.keys, key.misspelt(), value)
        if key.is_declared:
            assert f"{here}unknown key {'.'.join(map(str, key.misspelt()))!r}" in message
            assert f"; did you mean {key.keys[-1]!r}?" in message
        else:
            counts["names of data that may be others"] += not message
            assert not message or FILE_AND_LINE.search(message), key.keys


@pytest.mark.parametrize(
    ("file", "keys", "said"),
    [
        ("models/base", ("scaled", "education_father"), "which the file does not define"),
        ("models/indicator_2021", ("fixed_effects", "origin"), "did you mean 'origin'?"),
        ("rules/codebook", ("lists", "residence"), "there is no list 'residence'"),
        ("rules/codebook", ("tables", "schools"), "links to 'schools'"),
        ("rules/codebook", ("tables", "cohort", "columns", "school_id"), "no column 'school_id'"),
        ("rules/imputation", ("engines", "nominal"), "default: no engine 'nominal'"),
        ("rules/literature", ("concepts", "origin"), "concept 'origin', which is not defined"),
        ("rules/validation", ("methods", "complete"), "no method 'complete'"),
        ("rules/validation", ("worlds", "published"), "no world 'published'"),
        ("published/herijking2021", ("margins", "origin_child", 2007), "waves of the sample"),
        ("published/herijking2021", ("direct_effects", "origin"), "no effect in direct_effects"),
    ],
)
def test_a_name_that_something_refers_to_cannot_be_another(
    file: str, keys: Keys, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = Checker(*file.split("/"), monkeypatch)
    new = Key(keys, True, False, False, frozenset()).misspelt()
    assert said in check(keys, new, value_at(check.file.values, keys))


def test_enough_was_tried_and_refused() -> None:
    assert counts["refused"] >= FEWEST
    legal = counts["keys that may be dropped"] + counts["names of data that may be others"]
    # Most are labels in Dutch, in whose place the English ones are shown, or names of columns.
    assert legal < 0.1 * counts["refused"]
