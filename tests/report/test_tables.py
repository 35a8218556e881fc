"""Tables: headings, the look of numbers, and labels that are only text."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from oablib.report import model_fit, published
from oablib.report.exhibit import About, Table
from oablib.report.table import show

ABOUT = About("3 children in 1 school", "made up")
HOSTILE = ["<script>alert(1)</script>", "\"q\" 'x' & <b>", "\N{RIGHT-TO-LEFT OVERRIDE}abc"]


def table(frame: pd.DataFrame, **look: Any) -> Table:
    return show(frame, "t", title="T", unit="points", about=ABOUT, **look)


def cells(frame: pd.DataFrame, **look: Any) -> list[str]:
    return re.findall(r"<td[^>]*>(.*?)</td>", table(frame, **look)._repr_html_())


def test_caption_headings_and_rows_are_marked_up() -> None:
    frame = pd.DataFrame({"variable": ["a_b", "c"], "part": ["x", "y"], "n": [1, 2]})
    html = table(frame, groups="part")._repr_html_()
    assert '<table id="tbl-t"><caption>T</caption>' in html
    assert html.count('scope="col"') == 2
    assert '<th colspan="2" scope="rowgroup" style="text-align: left">x</th>' in html
    assert '<th scope="row" style="text-align: left">a b</th>' in html


def test_unit_population_and_source_are_under_the_table() -> None:
    html = table(pd.DataFrame({"a": [1]}))._repr_html_()
    assert "Unit: points. 3 children in 1 school; source: made up." in html


@pytest.mark.parametrize(
    ("values", "look", "shown"),
    [
        ([-1.5, 0.005], {}, ["−1.50", "0.01"]),
        ([-0.001, np.nan], {}, ["0.00", "–"]),
        ([1234.5678], {"digits": 1}, ["1,234.6"]),
        ([0.25], {"shares": ("v",)}, ["25.0%"]),
        ([0.25], {"shares": ("v",), "digits": {"v": 0}}, ["25%"]),
        ([0.25], {"shares": ("v",), "digits": 0}, ["25.0%"]),
        ([1e-9], {"scientific": ("v",)}, ["1.00e−09"]),
        ([1234.5, 0.5], {"count_rows": [0]}, ["1,234", "0.50"]),
        ([1000, -2], {}, ["1,000", "−2"]),
        ([True], {}, ["True"]),
    ],
)
def test_numbers_have_one_look(values: list, look: dict, shown: list[str]) -> None:
    assert cells(pd.DataFrame({"row": ["a"] * len(values), "v": values}), **look) == shown


def test_rounding_errors_show_no_digit() -> None:
    frame = pd.DataFrame({"row": ["a", "b"], "g": [3.1e-16, 2e-5]})
    assert cells(frame, scientific=("g",)) == ["&lt;1e−12", "2.00e−05"]
    assert table(frame).payload()["rows"][0] == ["a", 0.0]


def test_small_probabilities_are_not_zero() -> None:
    frame = pd.DataFrame({"row": ["a", "b"], "p": [1e-9, 0.0456]})
    assert cells(frame) == ["&lt;0.001", "0.046"]


@pytest.mark.parametrize("text", HOSTILE)
def test_labels_are_text_everywhere(text: str) -> None:
    frame = pd.DataFrame({"row": [text], "group": [text], text: [text]})
    html = show(
        frame, "t", title=text, unit=text, about=About(text, text), groups="group"
    )._repr_html_()
    assert "<script" not in html and "<b>" not in html
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in html
    assert html.count("alert(1)") in (0, 8)  # group, heading, two cells, title, unit, about twice


def test_the_payload_has_numbers_in_ten_digits_and_none_for_missing_values() -> None:
    frame = pd.DataFrame({"name": ["x_y"], "a": [1 / 3], "b": [np.nan], "c": [np.inf]})
    payload = table(frame, labels={"a": "effect"}).payload()
    assert payload["columns"] == ["name", "effect", "b", "c"]
    assert payload["rows"] == [["x y", 0.3333333333, None, "inf"]]


def test_numbers_to_download_are_in_the_order_of_the_page() -> None:
    frame = pd.DataFrame({"group": ["a", "b", "a"], "row": ["1", "2", "3"], "v": [1.0, 2.0, 3.0]})
    shown = table(frame, groups="group")
    assert [row[0] for _, rows in shown.groups for row in rows] == ["1", "3", "2"]
    assert [row[1] for row in shown.payload()["rows"]] == [1, 3, 2]


def test_equal_frames_give_equal_tables() -> None:
    frame = pd.DataFrame({"a": [1.0]})
    assert table(frame)._repr_html_() == table(frame.copy())._repr_html_()


def test_fit_has_the_order_and_the_words_of_lavaan() -> None:
    """The parts of `summary(fit, fit.measures = TRUE)`, lavaan 0.6-14, from top to bottom."""
    names = ["loglik", "aic", "bic", "sabic", "chi2", "chi2_scaled", "cfi", "tli", "rmsea", "srmr"]
    fit = pd.DataFrame({"imputation": [1, 2], **{name: [1.0, 2.0] for name in names}})
    fit["r2_adjusted_cito"] = 0.4
    counts = {"free_parameters": 49, "df": 5, "n": 10}
    rows = published.compare_fit(fit, outcome="cito", counts=counts, figures=None)
    html = model_fit.fit_table(rows, about=ABOUT)._repr_html_()
    order = [
        "Model test, user model", "degrees of freedom", "User model versus baseline model",
        "(CFI)", "(TLI)", "Loglikelihood and information criteria", "(H0)", "(AIC)", "(BIC)",
        "(SABIC)", "RMSEA", "SRMR", "R2 of the outcome",
    ]  # fmt: skip
    assert [html.index(word) for word in order] == sorted(html.index(word) for word in order)
