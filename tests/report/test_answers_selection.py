"""The answers on literature, selection and prediction agree with their tables."""

import pandas as pd
import pytest

from oablib.analysis.selection import Stability
from oablib.base.wording import percent
from oablib.report import prediction, selection


def trail(*rows: tuple[int, str, str, str]) -> pd.DataFrame:
    """Rows of round, predictor, decision, reason."""
    columns = ["round", "rhs", "decision", "reason"]
    return pd.DataFrame(rows, columns=columns).assign(lhs="nscct")


WEAK = (1, "debt_restructuring", "turned down: not significant, literature insufficient", "thin")
UNFOUNDED = (1, "origin", "turned down: literature insufficient", "no theory")


@pytest.mark.parametrize(
    ("rows", "expected", "absent"),
    [
        ((UNFOUNDED, WEAK), ["model base stands", "down: 2 of", "origin: no theory"], "thin"),
        ((WEAK,), ["model base stands", "down: 1 of"], "The data spoke"),
        (((1, "origin", "added", ""), WEAK, (2, *WEAK[1:])),
         ["Added to base: origin → nscct", "down: 1 of"], "stands"),
        ((), ["names no candidates"], "turned down"),
    ],
)  # fmt: skip
def test_the_model_that_is_kept_is_named_with_the_reasons(
    rows: tuple[tuple[int, str, str, str], ...], expected: list[str], absent: str
) -> None:
    text = selection.kept_model(trail(*rows), reference="base")
    assert all(part in text for part in expected)
    assert absent not in text


def test_how_sure_a_choice_is_comes_from_the_draws() -> None:
    models = pd.DataFrame(
        {"added": ["no addition", "nscct ~ origin"], "with_literature": [1.0, 0.0],
         "data_alone": [0.25, 0.75]}
    )  # fmt: skip
    empty = pd.DataFrame()
    text = selection.answer(
        trail(UNFOUNDED),
        variants=pd.DataFrame({"model": ["ocw_2", "base"]}),
        stability=Stability(empty, empty, models, draws=40, asked=50),
        reference="base",
    )
    assert "ocw 2 is first" in text
    assert f"nothing in {percent(1)} of 40 draws" in text
    assert f"without the literature, in {percent(0.25)}" in text


def test_a_model_without_rivals_answers_without_them() -> None:
    row = {"method": "all characteristics", "r2": 0.4, "r2_sd": 0.01, "ppv": 0.3, "slope": 0.9}
    populations = ("known", "register", "all")
    summary = pd.DataFrame([{**row, "population": name} for name in populations])
    text = prediction.answer(summary, splits=9)
    assert f"**{percent(0.4, 1)}**" in text and "9 splits" in text
    assert "Education alone" not in text
