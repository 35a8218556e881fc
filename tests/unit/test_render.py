"""Pages carry their answer first, stand alone, and refuse what a report may not hold."""

import dataclasses
import re
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from great_tables import GT
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from oablib import params_run, render
from oablib.delivery import Delivery
from oablib.errors import RenderError
from oablib.provenance import Provenance
from oablib.publication import Publication

HEAD = "# 05 Base model\n\n**Question.** How much?\n\n**Answer.** By that much.\n\nText."
PICTURE = "data:image/png;base64,iVBORw0KGgo="


def shown(data: dict[str, str], source: str = "show()", tags: tuple[str, ...] = ()):
    cell = new_code_cell(source, execution_count=1)
    cell.outputs = [new_output("display_data", data=data)]
    cell.metadata["tags"] = list(tags)
    return cell


def made_from(**overrides: str) -> Provenance:
    """Provenance of a run without stages."""
    told = params_run.run_parameters("demo", overrides)
    return Publication(told, (), {}, Delivery(told.data)).made_from()


def page(*cells, head: str = HEAD) -> str:
    notebook = new_notebook(cells=[new_markdown_cell(head), *cells])
    item = render.Executed(stem="05_base_model", notebook=notebook, values={})
    return render.pages([item], provenance=made_from(), tables=[])["05_base_model.html"]


def test_the_answer_stands_before_everything_else() -> None:
    html = page(
        new_markdown_cell("## First section"),
        shown({"text/markdown": "**42 points**"}, tags=("answer",)),
    )
    assert html.index("By that much") < html.index("42 points") < html.index("First section</h2>")
    assert "<strong>42 points</strong>" in html


def test_headings_in_the_middle_of_a_cell_reach_the_contents() -> None:
    html = page(new_markdown_cell("Text before.\n\n## Later section\n\nText."))
    assert html.count("Later section") == 2


def test_code_is_folded_and_markdown_that_a_cell_shows_is_text() -> None:
    html = page(shown({"text/markdown": "Nothing was *hidden*."}))
    assert "<details" in html
    assert "Nothing was <em>hidden</em>." in html


def test_all_paragraphs_that_a_cell_shows_are_there() -> None:
    html = page(shown({"text/markdown": "One.\n\n**Two.**\n\n* Three."}))
    assert "<p>One.</p>" in html
    assert "<strong>Two.</strong>" in html
    assert "Three." in html


def test_a_page_loads_nothing_and_runs_nothing() -> None:
    html = page(shown({"text/html": f'<figure><img alt="dots" src="{PICTURE}"></figure>'}))
    assert "<script" not in html
    assert "default-src 'none'" in html
    assert 'alt="dots"' in html


@pytest.mark.parametrize(
    "html",
    [
        f'<img src="{PICTURE}">',
        f'<img alt=" " src="{PICTURE}">',
        '<img alt="x" src="https://example.org/x.png">',
        "<script>alert(1)</script>",
        '<b onclick="alert(1)">x</b>',
        '<a href="javascript:alert(1)">x</a>',
        "<style>@import 'https://example.org/x.css'</style>",
        '<iframe src="x.html"></iframe>',
    ],
)
def test_what_a_report_may_not_hold_stops_the_render(html: str) -> None:
    with pytest.raises(RenderError):
        page(shown({"text/html": html}))


def test_a_bare_picture_has_no_alt_text_and_is_refused() -> None:
    with pytest.raises(RenderError, match="alt text"):
        page(shown({"image/png": "iVBORw0KGgo=", "text/plain": "<Figure>"}))


def test_tables_share_no_ids_and_bring_no_style_of_their_own() -> None:
    tables = [GT(pd.DataFrame({"a": [1]})).tab_header("T").as_raw_html() for _ in range(2)]
    html = page(*(shown({"text/html": table}) for table in tables))
    ids = re.findall(r'\bid="([^"]*)"', html)
    assert len(ids) == len(set(ids))
    assert html.count("<style>") == 1
    assert html.count("gt_title") > 2


def test_labels_that_look_like_code_come_out_inert() -> None:
    """A title of a run file is text, whatever it holds."""
    item = render.Executed("05_base_model", new_notebook(cells=[new_markdown_cell(HEAD)]), {})
    told = made_from(title="<script>alert(1)</script>")
    pages = render.pages([item], provenance=told, tables=[])
    assert all("<script" not in html and "&lt;script&gt;" in html for html in pages.values())


def test_a_cell_that_failed_is_refused() -> None:
    cell = new_code_cell("1/0", execution_count=1)
    cell.outputs = [new_output("error", ename="E", evalue="e", traceback=[])]
    with pytest.raises(RenderError, match="error"):
        page(cell)


@pytest.mark.parametrize("head", ["No title", "# Title without question"])
def test_a_notebook_without_its_head_is_refused(head: str) -> None:
    with pytest.raises(RenderError, match="Question"):
        page(head=head)


def test_synthetic_data_are_announced_and_real_data_are_not(tmp_path: Path) -> None:
    assert "no real child" in page()
    notebook = new_notebook(cells=[new_markdown_cell(HEAD)])
    item = render.Executed(stem="05_base_model", notebook=notebook, values={})
    told = made_from(data=str(tmp_path / "cohort.sav"))
    pages = render.pages([item], provenance=told, tables=[])
    assert all("no real child" not in html for html in pages.values())


def test_a_version_beside_the_lock_stands_beside_the_one_in_use() -> None:
    item = render.Executed("05_base_model", new_notebook(cells=[new_markdown_cell(HEAD)]), {})
    told = dataclasses.replace(made_from(), packages={"a": "2"}, beside_lock={"a": "1"})
    html = render.pages([item], provenance=told, tables=[])["05_base_model.html"]
    assert "<dt>a</dt><dd>2, lock file 1</dd>" in html


def test_the_index_links_each_report_with_question_and_answer(tmp_path: Path) -> None:
    table = tmp_path / "fit.csv"
    table.write_text("a\n1\n")
    notebook = new_notebook(cells=[new_markdown_cell(HEAD)])
    item = render.Executed(stem="05_base_model", notebook=nbformat.from_dict(notebook), values={})
    index = render.pages([item], provenance=made_from(), tables=[table])["index.html"]
    for part in ('href="05_base_model.html"', "How much?", "By that much.", "tables/fit.csv"):
        assert part in index
