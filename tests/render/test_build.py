"""Reports carry their answer first, stand alone, and refuse what a report may not hold."""

import dataclasses
import json
import re
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from oablib import params
from oablib.base.errors import RenderError
from oablib.params import run
from oablib.render import build
from oablib.render.provenance import Origin, Provenance
from oablib.report.exhibit import About, Exhibit, Figure
from oablib.report.table import show
from oablib.running.delivery import Delivery
from oablib.running.publication import Publication

STEM = "05_base_model"
HEAD = "# 05 Base model\n\n**Question.** How much?\n\n**Answer.** By that much.\n\nText."
PICTURE = "data:image/png;base64,iVBORw0KGgo="
ABOUT = About("3 children in 1 school", "made up")
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40pt" height="20pt" viewBox="0 0 40 20">'
    '<circle cx="5" cy="5" r="2"/></svg>'
)
HOSTILE = "<script>alert(1)</script> =cmd|'/C calc'!A0 \"q\" \N{RIGHT-TO-LEFT OVERRIDE}$x$ #link"


def figure(name: str = "dots", **changes: str) -> Figure:
    texts = {"title": "Dots", "unit": "points", "alt": "one dot"} | changes
    return Figure(
        label=f"fig-{name}", about=ABOUT, svg=SVG, numbers=pd.DataFrame({"x": [1.5]}), **texts
    )


def table(name: str = "values", text: str = "a"):
    frame = pd.DataFrame({"variable": [text], "value": [-1.25]})
    return show(frame, name, title=f"Values {text}", unit="points", about=ABOUT)


def shown(data: "dict[str, str] | Exhibit", source: str = "show()", tags: tuple[str, ...] = ()):
    cell = new_code_cell(source, execution_count=1)
    bundle = data._repr_mimebundle_() if isinstance(data, Exhibit) else data
    cell.outputs = [new_output("display_data", data=bundle)]
    cell.metadata["tags"] = list(tags)
    return cell


def made_from(**overrides: str) -> Provenance:
    """Provenance of a run of one stage."""
    parameters = run.run_parameters("demo", overrides)
    bare = Publication(parameters, (), {}, Delivery(parameters.data)).made_from()
    origin = Origin("9f" * 32, {"seed": 2021}, {"cohort": "1a" * 32}, {"fit": "2b" * 32}, 1.0, 1.0)
    return dataclasses.replace(bare, stages={STEM: origin})


def notebook(*cells, head: str = HEAD) -> nbformat.NotebookNode:
    return new_notebook(cells=[new_markdown_cell(head), *cells])


def report(*cells, head: str = HEAD, **overrides: str) -> build.Report:
    item = build.Executed(stem=STEM, notebook=notebook(*cells, head=head), values={})
    return build.reports([item], made_from=made_from(**overrides))[0]


def page(*cells, head: str = HEAD, **overrides: str) -> str:
    provenance = made_from(**overrides)
    made = [report(*cells, head=head, **overrides)]
    return build.pages(made, made_from=provenance)[f"{STEM}.html"]


def test_the_answer_stands_before_everything_else() -> None:
    html = page(
        new_markdown_cell("## First section"),
        shown({"text/markdown": "**42 points**"}, tags=("answer",)),
    )
    first = html.index("First section</h2>")
    assert html.index("By that much") < html.index("42 points") < first
    assert "<strong>42 points</strong>" in html


def test_headings_are_numbered_and_reach_the_contents() -> None:
    html = page(
        new_markdown_cell("Text.\n\n## One\n\n### Inner\n\nText."), new_markdown_cell("## Two")
    )
    assert re.findall(r'<span class="number">([\d.]+) </span>(\w+)</a>', html) == [
        ("1", "One"), ("1.1", "Inner"), ("2", "Two"),
    ]  # fmt: skip
    assert html.count("Inner") == 2


def test_figures_and_tables_are_numbered_apart_and_referred_to() -> None:
    text = new_markdown_cell("## Fit\n\nSee @tbl-b, [@fig-dots] and @sec-fit.")
    html = page(shown(table("a")), shown(figure()), shown(table("b")), text)
    captions = re.findall(r'class="number">(\w+ \d)\.</span>', html)
    assert captions == ["Table 1", "Figure 1", "Table 2"]
    assert '<a href="#tbl-b">Table 2</a>, <a href="#fig-dots">Figure 1</a>' in html
    assert '<a href="#fit">section 1</a>' in html


def test_a_name_of_another_report_leads_there() -> None:
    items = [
        build.Executed(STEM, notebook(new_markdown_cell("See `01_intake`, not `09_x`.")), {}),
        build.Executed("01_intake", notebook(head=HEAD.replace("05 Base model", "01 Intake")), {}),
    ]
    provenance = made_from()
    both = dataclasses.replace(
        provenance, stages={**provenance.stages, "01_intake": provenance.stages[STEM]}
    )
    body = build.reports(items, made_from=both)[1].body
    assert '<a href="01_intake.html">01 Intake</a>' in body
    assert "<code>09_x</code>" in body


def test_sources_are_cited_and_listed() -> None:
    html = page(new_markdown_cell("As ever [@rubin1987, p. 76]."))
    assert '(<a href="#ref-rubin1987" role="doc-biblioref">Rubin 1987, 76</a>)' in html
    assert '<h2 id="references">References</h2>' in html
    assert "Multiple Imputation for Nonresponse" in html


def test_without_citations_there_is_no_list_of_them() -> None:
    assert "References" not in page()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("See @fig-absent.", "@fig-absent"),
        ("See @sec-absent and @tbl-lost.", "@sec-absent.*@tbl-lost"),
        ("As before [@nobody1999].", "@nobody1999, which params/references.bib"),
        ("# A second title", "first level"),
    ],
)
def test_what_leads_nowhere_stops_the_render(text: str, found: str) -> None:
    with pytest.raises(RenderError, match=f"{STEM}.*{found}"):
        page(new_markdown_cell(text))


def test_a_label_that_is_used_twice_stops_the_render() -> None:
    with pytest.raises(RenderError, match="tbl-values is used twice"):
        page(shown(table()), shown(table()))
    assert page(shown(table()), shown(table().labelled("more"))).count("<table id=") == 2


def test_a_label_that_could_be_a_path_is_refused() -> None:
    with pytest.raises(RenderError, match="expected fig- or tbl-"):
        page(shown(table("../../evil")))


def test_a_figure_without_alt_text_stops_the_render() -> None:
    for alt in ("", "  "):
        with pytest.raises(RenderError, match="alt text"):
            page(shown(figure(alt=alt)))


def test_code_is_folded_and_markdown_that_a_cell_shows_is_text() -> None:
    html = page(shown({"text/markdown": "Nothing was *hidden*.\n\n* Three."}))
    assert "<details" in html
    assert "<p>Nothing was <em>hidden</em>.</p>" in html
    assert "<li>Three.</li>" in html


def test_a_formula_is_mathml_with_the_font_in_the_page() -> None:
    html = page(new_markdown_cell(r"$$ y = \frac{1}{2} $$"))
    assert "<mfrac>" in html
    assert 'src: url("data:font/woff2;base64,d09G' in html
    assert "data:font" not in page()


def test_a_page_loads_nothing_and_runs_nothing() -> None:
    html = page(shown(figure()))
    assert "<script" not in html
    assert "default-src 'none'" in html
    assert re.findall(r'<img src="([^"]{0,25})', html) == ["data:image/svg+xml;base64"]


@pytest.mark.parametrize(
    "html",
    [
        f'<img src="{PICTURE}">',
        f'<img alt=" " src="{PICTURE}">',
        '<img alt="x" src="https://example.org/x.png">',
        '<b onclick="alert(1)">x</b>',
        '<a href="javascript:alert(1)">x</a>',
        '<p style="background: url(https://example.org/x.png)">x</p>',
        "<script>alert(1)</script>",
        "<style>@import 'https://example.org/x.css'</style>",
        '<iframe src="x.html"></iframe>',
    ],
)
def test_what_a_report_may_not_hold_stops_the_render_or_is_gone(html: str) -> None:
    try:
        made = report(shown({"text/html": f"<p>before</p>{html}"})).body
    except RenderError:
        return
    assert "before" in made
    for act in ("<script", "alert", "onclick", "javascript:", "example.org", "<iframe", "<img"):
        assert act not in made


def test_hostile_labels_come_out_inert() -> None:
    """In text, captions, cells and alternative texts alike; the letters themselves are shown."""
    cells = [shown(table(text=HOSTILE)), shown(figure(title=HOSTILE, alt=HOSTILE))]
    title = HOSTILE.replace("\N{RIGHT-TO-LEFT OVERRIDE}", "")  # refused in a run file already
    made = report(*cells, new_markdown_cell(f"Text {HOSTILE}"), title=title)
    html = build.pages([made], made_from=made_from(title=title))
    for text in html.values():
        assert "<script" not in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in made.body
    assert made.pdf.startswith(b"%PDF")


def test_a_bare_picture_has_no_alt_text_and_is_refused() -> None:
    with pytest.raises(RenderError, match="alt text"):
        page(shown({"image/png": "iVBORw0KGgo=", "text/plain": "<Figure>"}))


def test_a_cell_that_failed_is_refused() -> None:
    cell = new_code_cell("1/0", execution_count=1)
    cell.outputs = [new_output("error", ename="E", evalue="e", traceback=[])]
    with pytest.raises(RenderError, match="error"):
        page(cell)


@pytest.mark.parametrize("head", ["No title", "# Title without question"])
def test_a_notebook_without_its_head_is_refused(head: str) -> None:
    with pytest.raises(RenderError, match="Question"):
        page(head=head)


def test_tables_have_captions_and_say_what_each_heading_heads() -> None:
    html = page(shown(table()), new_markdown_cell("| a |\n|---|\n| 1 |"))
    assert '<caption><span class="number">Table 1.</span> Values a</caption>' in html
    assert html.count('scope="col"') == 3
    assert '<th style="text-align: left;" scope="row">a</th>' in html
    assert "Unit: points. 3 children in 1 school; source: made up." in html


def test_synthetic_data_are_announced_and_real_data_are_not(tmp_path: Path) -> None:
    assert "no real child" in page()
    path = str(tmp_path / "cohort.sav")
    assert "no real child" not in page(data=path)
    assert "no real child" not in page(country=str(tmp_path))  # a drawn cohort beside real children
    assert "no real child" in page(country="")
    assert report().pdf != report(data=path).pdf


def test_a_pdf_is_tagged_archivable_and_the_same_twice() -> None:
    cells = (shown(table()), shown(figure()), new_markdown_cell("## Fit\n\nSee $x$, @tbl-values."))
    first, second = report(*cells).pdf, report(*cells).pdf
    assert first == second
    assert b"<pdfuaid:part>1</pdfuaid:part>" in first
    assert b"<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in first


def test_a_report_ends_with_what_it_was_made_from() -> None:
    html = page()
    made = html[html.index("How this was made</h2>") :]
    for part in ("9f" * 32, "1a" * 32, "2b" * 32, "master", "pandas", "lock file"):
        assert part in made


def test_a_version_beside_the_lock_stands_beside_the_one_in_use() -> None:
    provenance = dataclasses.replace(made_from(), packages={"a": "2"}, beside_lock={"a": "1"})
    html = build.pages([report()], made_from=provenance)[f"{STEM}.html"]
    assert '<th scope="row">a</th><td>2, lock file 1</td>' in html


def test_the_index_links_each_report_with_question_answer_and_status() -> None:
    made = report(shown(figure()), head=HEAD.replace("that much", "@fig-dots"))
    offered = [build.Download("fit", "Fit of the model", 1, 9)]
    index = build.pages([made], made_from=made_from(), downloads=offered)["index.html"]
    for part in (
        f'href="{STEM}.html"', f'href="{STEM}.pdf"', f'href="notebooks/{STEM}.ipynb"', "How much?",
        f'By <a href="{STEM}.html#fig-dots">Figure 1</a>', 'class="status complete"',
        f'href="{STEM}.html#fig-dots">Figure 1. Dots</a>', f"downloads/{STEM}/fig-dots.png",
        "Fit of the model", 'href="tables/fit.xlsx"',
    ):  # fmt: skip
        assert part in index


def test_contents_hold_plain_text_for_the_front_page() -> None:
    contents = json.loads(build.contents([report(shown(figure()))], made_from=made_from()))
    (one,) = contents["reports"]
    assert one["answer"] == "By that much."
    assert one["exhibits"] == [{"label": "fig-dots", "name": "Figure 1", "title": "Dots"}]


def test_the_executed_notebook_has_the_values_of_the_run_and_no_folder_of_the_machine() -> None:
    cell = new_code_cell("seed: int = 1  # seed", execution_count=1)
    cell.metadata["tags"] = ["parameters"]
    warning = new_code_cell("warn()", execution_count=2)
    place = "/home/me/site-packages/x.py:1: UserWarning"
    warning.outputs = [new_output("stream", name="stderr", text=place)]
    item = build.Executed(STEM, notebook(cell, warning), {"seed": 7})
    made = nbformat.reads(build.reports([item], made_from=made_from())[0].notebook, as_version=4)
    assert made.cells[1].source == "seed: int = 7  # seed"
    assert made.cells[2].outputs[0].text == "x.py:1: UserWarning"


def test_every_source_has_what_a_citation_needs() -> None:
    text = (params.root() / "params" / "references.bib").read_text(encoding="utf-8")
    entries = re.split(r"^@", text, flags=re.MULTILINE)[1:]
    assert len(entries) >= 8
    for entry in entries:
        assert (
            "author = " in entry and "title = " in entry and re.search(r"year = \{\d{4}\}", entry)
        )
