"""The study of tests of categories in small, and its page, which follows from the stored rows."""

import numpy as np
import pandas as pd
import pytest

from tests.measured import categories as study


def rows(rejected: int, of: int, world: str = "origin") -> pd.DataFrame:
    p = np.where(np.arange(of) < rejected, 0.01, 0.5)
    return pd.DataFrame({"world": world, **dict.fromkeys(study.TESTS, p)})


def test_rejections_are_counted_and_real_effects_come_last() -> None:
    both = pd.concat([rows(9, 10, "real effect of x"), rows(1, 10).assign(d2=np.nan)])
    table = study.rates(both)
    assert list(table.index) == ["origin", "real effect of x"]
    assert table["joint"].tolist() == [1, 9] and np.isnan(table.loc["origin", "d2"])


@pytest.mark.parametrize(
    ("rejected", "said"),
    [
        (15, "So it is."),
        (24, "Outside: origin (8.0 %, by chance, perhaps)."),
        (60, "Outside: origin (20.0 %, surely)."),
    ],
)
def test_the_page_says_whether_it_is_as_expected(rejected: int, said: str) -> None:
    found = pd.concat([rows(rejected, 300), rows(300, 300, "real effect of x")])
    assert study.verdict(found) == said


def test_the_page_follows_from_the_stored_rows() -> None:
    stored = pd.read_csv(study.FOLDER / "rows.csv")
    text = (study.FOLDER / "README.md").read_text(encoding="utf-8")
    assert study.lines(stored) in text and study.verdict(stored) in text


def test_a_cohort_is_tested_in_both_equations_where_the_model_has_both() -> None:
    found = study.cohort(0, variable="education_father", n=1_200, m=1)
    assert [row["world"] for row in found] == [
        f"education_father → {lhs}, complete" for lhs in ("cito", "nscct")
    ]
    assert all(0 <= row[name] <= 1 for row in found for name in ("joint", "slope", "wald"))
