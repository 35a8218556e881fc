"""A file is held against its declaration, and all its faults are named at once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from oablib.base.errors import ModelError, ParameterError
from oablib.params import checked, dated, strict_yaml
from oablib.params.kinds import (
    IF_GIVEN,
    MANY,
    NAMED,
    Count,
    Declaration,
    ExactShare,
    Fault,
    Number,
    OwnName,
    Positive,
    Share,
    Text,
    between,
    like,
    shaped,
)


@dataclass(frozen=True, slots=True)
class Part(Declaration):
    share: Share
    count: Count
    size: Annotated[Positive | None, IF_GIVEN] = None

    def faults(self) -> Iterator[Fault]:
        if self.size and self.size > self.count:
            yield ("size",), "is larger than count"


@dataclass(frozen=True, slots=True)
class Whole(Declaration):
    name: Text
    part: Part


@dataclass(frozen=True, slots=True)
class Entry(Declaration):
    name: OwnName
    kind: Literal["large", "small"]


@pytest.fixture
def some(own_rules: Path) -> Path:
    return own_rules / "some.yaml"


def read(path: Path, text: str, declared: Any) -> Any:
    path.write_text(text, encoding="utf-8")
    return checked.read("rules", "some", declared)


def faults(path: Path, text: str, declared: Any) -> list[str]:
    with pytest.raises(ParameterError) as caught:
        read(path, text, declared)
    return [line.removeprefix("params/rules/some.yaml ") for line in str(caught.value).split("\n")]


def test_values_come_as_they_are_declared(some: Path) -> None:
    text = "name: a\npart:\n  share: 0.5\n  count: 3\n"
    assert read(some, text, Whole) == Whole("a", Part(0.5, 3))
    values = {"name": "a", "part": {"share": 0.5, "count": 3}}
    assert checked.values("rules", "some", Whole) == values


def test_all_faults_are_named_with_their_lines(some: Path) -> None:
    text = "name: ''\npart:\n  share: 5\n  cuont: 3\nxyz: {a: 1}\n"
    assert faults(some, text, Whole) == [
        "line 1: name is ''; expected text that is not empty.",
        "line 2: part.count is missing; expected a whole number from 1.",
        "line 3: part.share is 5; expected a number between 0 and 1, with a decimal point.",
        "line 4: unknown key 'part.cuont'; did you mean 'count'?",
        "line 5: unknown key 'xyz'; known are: name, part.",
    ]


def test_what_fields_say_about_each_other_is_named_where_it_is(some: Path) -> None:
    text = "name: a\npart:\n  share: 0.5\n  count: 3\n  size: 4\n"
    assert faults(some, text, Whole) == ["line 5: part.size: is larger than count"]


def test_a_room_may_raise_an_error_of_its_own(some: Path) -> None:
    some.write_text("name: 1\n", encoding="utf-8")
    with pytest.raises(ModelError, match=r"name is 1; expected text"):
        checked.read("rules", "some", Whole, error=ModelError)


def test_long_values_are_not_repeated(some: Path) -> None:
    text = f"name: [{', '.join(50 * ['word'])}]\npart: {'y' * 500}\n"
    first, second = faults(some, text, Whole)
    assert first == "line 1: name is a list of 50; expected text that is not empty."
    assert second.startswith("line 2: part is 'yyyy") and len(second) < 120
    assert second.endswith("…; expected share, count, size under it.")
    assert "name is a mapping; expected" in faults(some, "name: {a: 1}\npart: 1\n", Whole)[0]


@pytest.mark.parametrize(
    ("kind", "fit", "unfit", "expected"),
    [
        (Literal["a", "b"], ["a", "b"], ["c", "", None, ["a"], 1], "one of a, b"),
        (Annotated[int, between(2, 4)], [2, 4], [1, 5, 3.0, True, "3"], "a whole number from 2 to"),
        (Annotated[int, between(0)], [0, 10**9], [-1, False], "a whole number from 0"),
        (Positive, [1, 0.1], [0, -1, True, "1", float("inf"), float("nan")], "a number above 0"),
        (Share, [0.5], [0.0, 1.0, 1, True], "a number between 0 and 1, with a decimal point"),
        (bool, [True, False], ["yes", 1, 0], "true or false"),
        (Text, ["a"], ["", " ", 1, ["a"]], "text that is not empty"),
        (str, ["a", ""], [1, None], "text in quotes"),
        (tuple[Literal["a", "b"], ...], [[], ["b", "a"]], ["a", 1], "a list of words out of a, b"),
        (Annotated[tuple[int, ...], MANY], [[1]], [[], 1], "a list of one or more whole numbers"),
        (tuple[Number, Number], [[1, 2.5]], [[1], [1, 2, 3], 1], "a list of 2 numbers"),
        (Mapping[str, int], [{"a": 1}, {}], [[1], "a"], "lines `name: value` under it"),
        (Number | Text, [1, "a"], [[1], True], "a number or text that is not empty"),
        (dated.Day, ["2019-01-01"], ["1-1-2019", 2019], "a day such as 2019-01-01"),
    ],
)
def test_what_fits_and_what_does_not(
    kind: Any, fit: list[Any], unfit: list[Any], expected: str
) -> None:
    declared = shaped("Declared", {"key": kind})
    for value in fit:
        assert checked.faults_of({"key": value}, declared, locate=lambda _: ("file", 0)) == []
    for value in unfit:
        [fault] = checked.faults_of({"key": value}, declared, locate=lambda _: ("file", 0))
        assert fault.startswith("file: key is ") and f"; expected {expected}" in fault


def test_numbers_stay_as_they_are_written(some: Path) -> None:
    declared = shaped("Numbers", {"a": Number, "b": Number, "c": ExactShare})
    made = read(some, "a: 1\nb: 1.5\nc: 0.12\n", declared)
    assert (type(made.a), type(made.b)) == (int, float)
    assert (made.c.numerator, made.c.denominator) == (3, 25)


def test_entries_know_their_names_and_cannot_say_them(some: Path) -> None:
    declared = shaped("Entries", {"entries": Annotated[tuple[Entry, ...], NAMED]})
    assert read(some, "entries: {x: {kind: small}}\n", declared).entries == (Entry("x", "small"),)
    [fault] = faults(some, "entries: {x: {kind: small, name: y}}\n", declared)
    assert fault == "line 1: unknown key 'entries.x.name'; known are: kind."
    [fault] = faults(some, "entries: {x: {kind: smal}}\n", declared)
    assert fault.endswith("kind is 'smal'; expected one of large, small; did you mean 'small'?")
    [fault] = faults(some, "entries: {3: {kind: small}}\n", declared)
    assert fault == "line 1: the key of entries.3 is 3; expected text in quotes."


def test_a_fault_within_one_of_two_types_is_named_alone(some: Path) -> None:
    declared = shaped("Whole", {"key": Text | Part})
    [fault] = faults(some, "key: {share: 0.5, count: 0}\n", declared)
    assert fault == "line 1: key.count is 0; expected a whole number from 1."


def test_a_mapping_may_stay_one_and_is_checked(some: Path) -> None:
    part = shaped("Part", {"size": Count, "more": Text}, may_lack=True)
    declared = shaped("Whole", {"key": Annotated[Mapping[str, Any], like(part)]})
    assert read(some, "key: {size: 2}\n", declared).key == {"size": 2}
    [fault] = faults(some, "key: {sise: 2}\n", declared)
    assert fault == "line 1: unknown key 'key.sise'; did you mean 'size'?"


def test_dated_entries_are_declared_once_for_every_key(some: Path) -> None:
    declared = dated.declared(shaped("Rules", {"share": Share}))
    entry = "{{from: {day}, value: 0.5, unit: a share, source: a law}}"
    made = read(some, f"share: [{entry.format(day='2019-01-01')}]\n", declared)
    assert made.share[0].value == 0.5 and made.share[0].start.year == 2019
    days = [entry.format(day=day) for day in ("2020-01-01", "2019-01-01")]
    [fault] = faults(some, f"share: [{', '.join(days)}]\n", declared)
    assert fault.startswith("line 1: share: entries are out of order")


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (folder := tmp_path / "some.yaml").mkdir()
    with pytest.raises(ParameterError, match=r"some\.yaml cannot be read: Is a directory"):
        strict_yaml.read(folder)


def test_a_file_that_may_not_be_read_is_refused(
    some: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    some.write_text("name: a\n", encoding="utf-8")
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(ParameterError, match=r"some\.yaml cannot be read: Permission denied"):
        checked.read("rules", "some", Whole)
