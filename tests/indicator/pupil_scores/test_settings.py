"""What params/rules/pupil_scores.yaml may say; every fault has its line."""

from pathlib import Path

import pytest

from oablib import pupil_scores
from oablib.base.errors import ParameterError


@pytest.fixture
def file(own_rules: Path) -> Path:
    return own_rules / "pupil_scores.yaml"


def test_settings_are_shown_one_by_one(file: Path) -> None:
    shown = pupil_scores.rules().shown
    assert shown["average"] == "child"
    assert shown["matching: donors"] == 5
    assert len(shown) == 14


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("average: child", "average: both", "average is 'both'; expected one of child, school"),
        ("average: child", "averages: child", "unknown key 'averages'; did you mean 'average'"),
        ('day: "10-01"', 'day: "13-01"', "reference_days.0.day: '13-01' is no day of a year"),
        ("  per: brin_in", "  pre: brin_in", "school_mean.per is missing"),
        ("donors: 5", "donors: 0", "matching.donors is 0; expected a whole number from 1"),
        ("donors: 5", "donors: 5.0", "matching.donors is 5.0"),
        ("cells: [child_group]", "cells: [shoe_size]", "matching.cells.0 is"),
        ("cells: [child_group]", "cells: [[a]]", "matching.cells.0 is"),
        ("target_share: 0.15", "target_share: 15", "asylum.target_share is 15; expected a number"),
        ("mean_over: others", "mean_over: no", "asylum.mean_over is 'no'; expected one of others"),
        ("months_late: 0", "months_late: 13", "asylum.months_late is 13"),
        ("block: 40000", "block: 40", "education.block is 40; expected a whole number from 1,000"),
    ],
)
def test_a_fault_has_its_line(file: Path, old: str, new: str, said: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ParameterError) as caught:
        pupil_scores.rules()
    assert said in str(caught.value)
    line = next(i for i, row in enumerate(text.splitlines(), 1) if old in row)
    assert f"params/rules/pupil_scores.yaml line {line}" in str(caught.value) or "missing" in said


def test_a_part_that_holds_no_pairs_is_refused(file: Path) -> None:
    text = file.read_text(encoding="utf-8").replace("school_mean:\n", "school_mean: 3\nother:\n")
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ParameterError, match=r"school_mean is 3; expected per, toddlers under it"):
        pupil_scores.rules()
