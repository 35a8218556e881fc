"""Long tables fold with their download at hand, and wide ones stack their rows on a telephone."""

import re

import pandas as pd
import pytest
from nbformat.v4 import new_markdown_cell

from oablib.report.exhibit import Exhibit
from oablib.report.table import show
from tests.render.cases import ABOUT, figure, report, shown

SAID = "Scroll sideways to see all."


def body(*cells) -> str:
    return str(report(*cells).body)


def table(*, rows: int = 3, columns: int = 2, name: str = "value") -> Exhibit:
    values = {f"{name} {index}": [1.25] * rows for index in range(1, columns)}
    frame = pd.DataFrame({"school": [f"s{row}" for row in range(rows)], **values})
    return show(frame, "values", title="Values & more", unit="points", about=ABOUT)


@pytest.mark.parametrize(("rows", "folded"), [(20, False), (21, True)])
def test_a_table_of_more_than_20_rows_is_folded(rows: int, folded: bool) -> None:
    html = body(shown(table(rows=rows)))
    summary = (
        f'<summary>Table 1. Values &amp; more <span class="note">({rows} rows)</span></summary>'
    )
    assert (f'<details class="long">{summary}' in html.replace("\n", "")) == folded


def test_the_download_of_a_folded_table_is_outside_of_the_fold() -> None:
    html = body(shown(table(rows=30)))
    assert html.index("</details>", html.index('class="long"')) < html.index("tbl-values.csv")


def test_rows_stack_where_columns_do_not_fit_beside_each_other() -> None:
    wide = body(shown(table(columns=8)))
    assert 'class="table stacks"' in wide
    assert re.search(r'<td [^>]*data-label="value 3"[^>]*>1.25</td>', wide)
    assert re.search(r'<th (?![^>]*data-label)[^>]*scope="row">s0</th>', wide)
    narrow = body(shown(table(columns=3)))
    assert "stacks" not in narrow
    assert "data-label" not in narrow


def test_a_table_of_many_columns_scrolls_and_says_so() -> None:
    many = body(shown(table(columns=14)))
    assert "stacks" not in many
    assert f'<p class="hint">{SAID}</p>' in many
    assert SAID not in body(shown(table(columns=8)))


def test_a_table_of_the_text_stacks_with_all_its_headings() -> None:
    words = "| Reads | Writes |\n|---|---|\n| `a_rather_long_name` | `another_long_name` |"
    html = body(new_markdown_cell(words))
    assert re.findall(r'data-label="(\w+)"', html) == ["Reads", "Writes"]


def test_a_figure_says_that_it_scrolls() -> None:
    assert "Scroll sideways to see all." in body(shown(figure()))


def test_on_paper_a_folded_table_is_whole() -> None:
    short, long = (report(shown(table(rows=rows))).pdf for rows in (3, 60))
    assert long.count(b"/Type /Page") >= short.count(b"/Type /Page")
    assert len(long) > len(short)
