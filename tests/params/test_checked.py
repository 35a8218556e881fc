"""A file of rules is held against what is expected, and all its faults are told at once."""

from pathlib import Path
from typing import Any

import pytest

from oablib.base.errors import ParameterError
from oablib.params import checked
from oablib.params.checked import (
    COUNT,
    POSITIVE,
    SHARE,
    YES_OR_NO,
    Expected,
    one_of,
    some_of,
    whole,
)

EXPECTED = {"name": checked.text("a name"), "part.share": SHARE, "part.count": COUNT}


def test_values_come_as_they_stand(own_rules: Path) -> None:
    (own_rules / "some.yaml").write_text(
        "name: a\npart:\n  share: 0.5\n  count: 3\n", encoding="utf-8"
    )
    values = {"name": "a", "part": {"share": 0.5, "count": 3}}
    assert checked.read("some", EXPECTED) == values


def test_all_faults_are_told_with_their_lines(own_rules: Path) -> None:
    (own_rules / "some.yaml").write_text(
        "name: ''\npart:\n  share: 5\n  cuont: 3\nxyz: {a: 1}\n", encoding="utf-8"
    )
    with pytest.raises(ParameterError) as caught:
        checked.read("some", EXPECTED)
    assert str(caught.value).splitlines() == [
        "params/rules/some.yaml line 4: unknown key 'part.cuont'; did you mean 'part.count'?",
        "params/rules/some.yaml line 5: unknown key 'xyz'; "
        "known are: name, part.share, part.count.",
        "params/rules/some.yaml line 1: name is ''; expected a name.",
        "params/rules/some.yaml line 3: part.share is 5; "
        "expected a number between 0 and 1, with a point.",
        "params/rules/some.yaml line 2: part.count is missing; expected a whole number from 1.",
    ]


@pytest.mark.parametrize(
    ("expected", "fit", "unfit"),
    [
        (one_of("a", "b"), ["a", "b"], ["c", "", None, ["a"], 1]),
        (whole(2, 4), [2, 4], [1, 5, 3.0, True, "3"]),
        (whole(0), [0, 10**9], [-1, False]),
        (some_of(("a", "b"), fewest=1), [["a"], ["b", "a"]], [[], "a", ["c"], [["a"]]]),
        (POSITIVE, [1, 0.1], [0, -1, True, "1", float("nan")]),
        (SHARE, [0.5], [0.0, 1.0, 1, True, float("nan")]),
        (YES_OR_NO, [True, False], ["yes", 1, 0]),
        (checked.text("a name"), ["a"], ["", 1, ["a"]]),
    ],
)
def test_what_fits_is_told_from_what_does_not(
    expected: Expected, fit: list[Any], unfit: list[Any]
) -> None:
    assert all(expected.fits(value) for value in fit)
    assert not any(expected.fits(value) for value in unfit)
