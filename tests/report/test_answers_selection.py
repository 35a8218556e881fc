"""The answers on literature and prediction agree with their tables."""

import pandas as pd

from oablib.report import literature, prediction
from oablib.report.numbers import percent


def test_the_literature_is_counted() -> None:
    rows = pd.DataFrame(
        {
            "rhs": ["a", "b", "origin", "c"],
            "candidate_of": [0, 0, 2, 0],
            "grounding": ["accepted", "insufficient", "accepted", "no entry"],
        }
    )
    text = literature.answer(rows, claims=7)
    for part in ("7 claims", "2 of 4 paths", "among the 1 candidates: origin", "For 1 possible"):
        assert part in text


def test_a_model_without_rivals_answers_without_them() -> None:
    row = {"method": "all characteristics", "r2": 0.4, "r2_sd": 0.01, "ppv": 0.3, "slope": 0.9}
    populations = ("known", "register", "all")
    summary = pd.DataFrame([{**row, "population": name} for name in populations])
    text = prediction.answer(summary, splits=9)
    assert f"**{percent(0.4, 1)}**" in text and "9 splits" in text
    assert "Education alone" not in text
