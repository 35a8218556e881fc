"""What a run was made from is told once, on a page of its own, and each page leads there."""

import dataclasses

from oablib.render import build
from tests.render.cases import STEM, made_from, notebook, page, report

DIGESTS = ("9f" * 32, "1a" * 32, "2b" * 32)  # key of the stage, its table read, its table written


def provenance_page(**changes: object) -> str:
    provenance = dataclasses.replace(made_from(), **changes)
    return build.pages([report()], made_from=provenance)["provenance.html"]


def test_the_page_has_all_and_a_section_of_each_stage() -> None:
    html = provenance_page()
    for part in (*DIGESTS, "master", "pandas", "lock file", "manifest.json"):
        assert part in html
    assert f'<h3 id="{STEM}"><a href="{STEM}.html">05 Base model</a></h3>' in html
    assert html.index(f'id="{STEM}"') < html.index("9f" * 32)


def test_a_page_says_it_in_a_line_and_leads_to_its_section() -> None:
    html = page()
    made = html[html.index("How this was made</h2>") :]
    commit = made_from().commit
    assert f"Run <code>demo</code>; commit <code>{commit}</code>" in made
    assert f'<a href="provenance.html#{STEM}">' in made
    assert not any(digest in html for digest in DIGESTS)
    assert '<a href="provenance.html">How this was made</a>' in html


def test_a_page_says_how_to_cite_it() -> None:
    provenance = dataclasses.replace(
        made_from(), committed="2026-12-01T04:00:00+00:00", packages={"oablib": "0.1.0"}
    )
    html = build.pages([report()], made_from=provenance)[f"{STEM}.html"]
    cited = html[html.index("Cite as:") :].partition("</p>")[0]
    assert "The oablib contributors (2026). <em>05 Base model</em>. " in cited
    assert cited.endswith(" data. oablib 0.1.0, 1 December 2026.")


def test_the_index_leads_there_too() -> None:
    assert (
        '<a href="provenance.html">' in build.pages([report()], made_from=made_from())["index.html"]
    )


def test_a_pdf_has_the_key_of_its_stage() -> None:
    item = build.Executed(STEM, notebook(), {})
    origin = dataclasses.replace(made_from().stages[STEM], key="00" * 32)
    other = dataclasses.replace(made_from(), stages={STEM: origin})
    first, second = (
        build.reports([item], made_from=provenance)[0].pdf for provenance in (made_from(), other)
    )
    assert first != second


def test_a_version_beside_the_lock_stands_beside_the_one_in_use() -> None:
    html = provenance_page(packages={"a": "2"}, beside_lock={"a": "1"})
    assert '<th scope="row">a</th><td>2, lock file 1</td>' in html


def test_a_value_says_where_it_came_from() -> None:
    html = provenance_page(origins={"seed": "command line"})
    assert '<th scope="row">seed</th><td>2021 <span class="note">(command line)</span>' in html
