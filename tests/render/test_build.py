"""Reports carry their answer first, stand alone, and refuse what a report may not hold."""

import dataclasses
import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from oablib import params
from oablib.base.errors import DisclosureError, RenderError
from oablib.render import build
from oablib.report.exhibit import MIME
from tests.render.cases import (
    HEAD,
    HOSTILE,
    PICTURE,
    STEM,
    both,
    figure,
    made_from,
    notebook,
    page,
    report,
    shown,
    table,
)  # fmt: skip


def test_the_answer_stands_before_everything_else() -> None:
    html = page(new_markdown_cell("## First section"), shown("**42 points**", tags=("answer",)))
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


def test_a_report_that_the_run_lacks_is_named_without_a_link() -> None:
    text = "See `09_children` and [the children](09_children.html#fig-x), as [here](#fit)."
    body = report(new_markdown_cell(f"## Fit\n\n{text}")).body
    assert "<p>See Children and the children, as <a" in body
    assert "09_children" not in body


def test_an_exhibit_of_another_report_is_a_link_and_in_the_pdf_to_that_pdf() -> None:
    text = new_markdown_cell("See [the dots](01_intake.html#fig-dots).")
    first = build.Executed(
        "01_intake", notebook(shown(figure()), head=HEAD.replace("05 Base model", "01 Intake")), {}
    )
    provenance = made_from()
    stages = {**provenance.stages, "01_intake": provenance.stages[STEM]}
    made = build.reports(
        [first, build.Executed(STEM, notebook(text), {})],
        made_from=dataclasses.replace(provenance, stages=stages),
    )
    assert '<a href="01_intake.html#fig-dots">the dots</a>' in made[1].body
    assert b"01_intake.pdf" in made[1].pdf
    assert b"01_intake.html" not in made[1].pdf


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
    html = page(shown("Nothing was *hidden*.\n\n* Three."))
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
    bundle = both(table(), table())._repr_mimebundle_()
    bundle[MIME]["en"]["html"] += f"<p>before</p>{html}"
    try:
        made = report(shown(bundle)).body
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


def test_what_may_not_leave_a_notebook_is_not_rendered_either() -> None:
    """As in a result that was kept before this was looked at: see test_outputs."""
    with pytest.raises(DisclosureError, match=f"{STEM}: cell 2 shows a picture"):
        page(shown({"image/png": "iVBORw0KGgo=", "text/plain": "<Figure>"}))


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


def test_a_pdf_is_tagged_archivable_and_the_same_twice() -> None:
    cells = (shown(table()), shown(figure()), new_markdown_cell("## Fit\n\nSee $x$, @tbl-values."))
    first, second = report(*cells).pdf, report(*cells).pdf
    assert first == second
    assert b"<pdfuaid:part>1</pdfuaid:part>" in first
    assert b"<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in first


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


def test_the_executed_notebook_has_the_values_of_the_run_and_what_is_seen_of_each_output() -> None:
    cell = new_code_cell("seed: int = 1  # seed", execution_count=1)
    cell.metadata["tags"] = ["parameters"]
    item = build.Executed(STEM, notebook(cell, shown(figure()), shown("Text.")), {"seed": 7})
    made = nbformat.reads(build.reports([item], made_from=made_from())[0].notebook, as_version=4)
    assert made.cells[1].source == "seed: int = 7  # seed"
    assert [list(each.outputs[0].data) for each in made.cells[2:]] == [
        ["text/html"], ["text/markdown"]
    ]  # fmt: skip


def test_every_source_has_what_a_citation_needs() -> None:
    text = (params.root() / "params" / "references.bib").read_text(encoding="utf-8")
    entries = re.split(r"^@", text, flags=re.MULTILINE)[1:]
    assert len(entries) >= 8
    for entry in entries:
        assert (
            "author = " in entry and "title = " in entry and re.search(r"year = \{\d{4}\}", entry)
        )
