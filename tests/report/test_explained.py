"""What is said of two indicators on the same children, and of imputing or leaving out."""

import pandas as pd
import pytest

from oablib import params
from oablib.analysis.prediction import methods
from oablib.analysis.prediction.explained import EVERYBODY, OLDER, OWN
from oablib.base import language
from oablib.protocol import codebook, models
from oablib.report import explained as report
from oablib.report import labels
from oablib.report import prediction_methods as of_methods
from oablib.report.exhibit import About

FIGURES = params.published("herijking2021")
MODEL = models.load("base")
LABELS = labels.labels(codebook.load().table("cohort"), [MODEL])
IN_USE = {"current": "indicator_2019", "figures": FIGURES}


def explained(*, new: float, old: float, older: bool = True) -> pd.DataFrame:
    rows = [(EVERYBODY, "indicator_2019", old), (EVERYBODY, OWN, new)]
    rows += [(OLDER, "indicator_2019", old + 0.01), (OLDER, OWN, new + 0.01)] if older else []
    frame = pd.DataFrame(rows, columns=["children", "indicator", "r2_adjusted"])
    return frame.assign(n=100, parameters=2, r2=frame["r2_adjusted"])


def test_published_shares_stand_beside_their_own_children() -> None:
    frame = report.with_published(explained(new=0.41, old=0.40), **IN_USE)
    by = frame.set_index(["children", "indicator"])["published"]
    assert (by[OLDER, "indicator_2019"], by[EVERYBODY, OWN]) == (0.418, 0.404)
    assert by.notna().sum() == 2
    table = report.indicators_table(frame, model=MODEL, labels=LABELS, about=About("children"))
    assert [group for group, _ in table.groups] == ["All children", "All waves but the last"]


@pytest.mark.parametrize(("new", "expected"), [(0.41, "explains more**"), (0.39, "no more**")])
def test_the_verdict_is_of_the_same_children(new: float, expected: str) -> None:
    text = str(report.finding_indicators(explained(new=new, old=0.40), **IN_USE))
    assert expected in text
    assert "0.418 and 0.404 cannot be compared" in text and "13,466" in text and "19,247" in text
    assert "changes R2 by −1.0 percentage points" in text


def test_without_waves_or_figures_less_is_said() -> None:
    one = explained(new=0.41, old=0.40, older=False)
    assert "older waves" not in str(report.finding_indicators(one, **IN_USE))
    assert str(report.finding_indicators(one, **IN_USE | {"figures": None})) == ""
    with language.use("nl"):
        assert "niet te vergelijken" in str(report.finding_indicators(one, **IN_USE))


@pytest.mark.parametrize(
    ("gain", "expected"),
    [(0.05, "predicts better than leaving"), (-0.05, "Leaving out"), (0.0, "about equally well")],
)
def test_imputing_is_better_worse_or_the_same(gain: float, expected: str) -> None:
    rows = [
        (split, method, "register", r2)
        for split in range(3)
        for method, r2 in ((methods.ALL, 0.2 + gain + split / 100), (methods.MIXED, 0.2))
    ]
    splits = pd.DataFrame(rows, columns=["split", "method", "population", "r2_score"])
    assert expected in str(of_methods.imputed_or_left_out(splits, clear=2))
    assert (
        str(of_methods.imputed_or_left_out(splits[splits["method"] == methods.ALL], clear=2)) == ""
    )


def test_methods_are_compared_on_the_splits_that_both_have() -> None:
    rows = [
        (split, method, "register", r2)
        for method, shares in ((methods.ALL, [0.3, 0.31, 0.9]), (methods.MIXED, [0.2, 0.21, None]))
        for split, r2 in enumerate(shares)
    ]
    splits = pd.DataFrame(rows, columns=["split", "method", "population", "r2_score"])
    text = str(of_methods.imputed_or_left_out(splits.astype({"r2_score": float}), clear=2))
    assert "30.5% against 20.5% (difference 10.0" in text
