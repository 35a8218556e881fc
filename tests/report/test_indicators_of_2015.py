"""The page of 36 indicators in both languages, and what is found on it."""

import pandas as pd

from oablib.base import language
from oablib.protocol import codebook, indicators, models
from oablib.report import labels
from oablib.report import literature as report
from oablib.report.exhibit import About

LISTED = indicators.load().indicators
TABLE = codebook.load().table("cohort")
LABELS = labels.labels(TABLE, [models.load("base")])
SHOWN = {"indicators": LISTED, "labels": LABELS}


def held(**here: tuple[str, str, int, float]) -> pd.DataFrame:
    rows = [(each.number, *here.get(f"n{each.number}", ("", "", 0, None))) for each in LISTED]
    names = ["number", "columns", "role", "models", "unknown_here"]
    frame = pd.DataFrame(rows, columns=names).astype({"unknown_here": float})
    return frame.assign(n=pd.Series(900.0, index=frame.index).where(frame["columns"] != ""))


SOME = held(
    n3=("cito", "outcome", 2, 0.0),
    n4=("education_father education_mother", "predictor", 2, 0.6),
    n5=("household_income", "auxiliary", 0, None),
    n1=("cito_2", "unused", 0, 0.1),
)


def test_the_table_has_all_indicators_and_a_dash_where_there_is_no_column() -> None:
    table = report.indicators_table(SOME, **SHOWN, about=About("children"))
    rows = {row[0]: row for _, part in table.groups for row in part}
    assert len(rows) == 36
    assert rows["6"][-2:] == ("–", "–") and rows["4"][-1] == "60.0%" and rows["5"][-1] == "·"
    with language.use("nl"):
        dutch = report.indicators_table(SOME, **SHOWN, about=About("kinderen"))
    assert "Opleidingsniveau (vader, moeder)" in str(dutch.groups)
    assert "mothers" not in str(dutch.groups)


def test_what_is_found_counts_columns_uses_and_unknown_values() -> None:
    text = str(report.finding_indicators(SOME, models=2, **SHOWN))
    assert "**There is a column for 4 of 36 indicators**" in text
    assert "predictor in some model: 2, in each of 2 models: 2" in text
    assert "only helping to impute: 1; in no model: 1" in text
    assert "Unknown for some children here: 2, most of all education of the father" in text
    known = held(n3=("cito", "outcome", 1, 0.0))
    assert "known for all children here" in str(report.finding_indicators(known, models=1, **SHOWN))
