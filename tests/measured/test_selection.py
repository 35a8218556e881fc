"""The study of the forward search in small, and its page, which follows from the stored rows."""

import pandas as pd
import pytest

from tests.measured import forward_selection as study


def rows(*outcomes: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(outcomes, columns=["world", "added"])


def test_a_world_counts_what_was_found_and_what_was_added_in_error() -> None:
    found = study.rates(
        rows(
            ("none", ""),
            ("none", "nscct ~ origin"),
            ("as published", "nscct ~ origin"),
            ("as published", "nscct ~ origin; nscct ~ debt_restructuring"),
            ("as published", "nscct ~ debt_restructuring"),
        )
    )
    assert found.loc["none"].tolist() == [2, 0, 1]
    assert found.loc["as published"].tolist() == [3, 2, 2]


def test_the_page_follows_from_the_stored_rows() -> None:
    stored = pd.read_csv(study.FOLDER / "rows.csv")
    assert (study.FOLDER / "README.md").read_text(encoding="utf-8") == study.page(stored)
    assert stored.groupby("world").size().tolist() == [100] * len(study.WORLDS)


@pytest.mark.parametrize(("found", "said"), [(100, "So it is."), (90, "Not so: as published")])
def test_the_page_says_whether_it_is_as_asked(found: int, said: str) -> None:
    outcomes = [("none", "")] * 100
    outcomes += [("as published", study.PLANTED if i < found else "") for i in range(100)]
    assert said in study.page(rows(*outcomes))


def test_a_replication_searches_an_imputed_cohort() -> None:
    row = study.one_replication(("twice as strong", 0), n=3_000, imputations=2)
    assert row["world"] == "twice as strong"
    assert row["index_of_origin"] > 0
    again = study.one_replication(("twice as strong", 0), n=3_000, imputations=2)
    assert row == again
