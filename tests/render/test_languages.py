"""A report in two languages: the same places, each with a way to the other."""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest
from nbformat.v4 import new_markdown_cell

from oablib.base import language
from oablib.base.errors import ParameterError, RenderError
from oablib.params import run
from oablib.render import build, catalogues, checks, contents
from oablib.render.edition import Edition, of
from tests.render.cases import STEM, both, figure, made_from, notebook, shown, table

ENGLISH, DUTCH = Edition("en", ("en", "nl")), Edition("nl", ("en", "nl"))
CELLS = (
    new_markdown_cell("## One thing\n\n### Inner\n\nSee @fig-dots and @sec-inner."),
    shown(both(figure(title="Dots"), figure(title="Stippen"))),
    shown(both(table(), table())),
    shown(both("**42** points.", "**42** punten.")),
)


@cache
def made(text: str = "", languages: str = "en nl") -> Mapping[str, str]:
    """Way of a page from the folder of the report -> HTML; of CELLS, or of a text."""
    provenance = made_from(languages=languages)
    cells = (new_markdown_cell(text),) if text else CELLS
    item = build.Executed(STEM, notebook(*cells), {})
    found = build.editions([item], made_from=provenance)
    return {
        f"{edition.folder}/{name}".removeprefix("/"): text
        for edition, reports in found.items()
        for name, text in build.pages(reports, made_from=provenance, edition=edition).items()
    }


def headings(html: str) -> list[str]:
    return re.findall(r'<h[2-4] [^>]*id="([^"]+)"', html)


def test_the_first_language_is_at_the_top_and_the_second_in_a_folder() -> None:
    names = {f"{STEM}.html", "index.html", "provenance.html"}
    assert made().keys() == names | {f"nl/{name}" for name in names}
    assert made(languages="nl en").keys() == names | {f"en/{name}" for name in names}
    assert made(languages="nl").keys() == names


@pytest.mark.parametrize(("languages", "top"), [("en nl", "en"), ("nl en", "nl"), ("nl", "nl")])
def test_each_page_says_its_language(languages: str, top: str) -> None:
    pages = made(languages=languages)
    for name, text in pages.items():
        code = name.partition("/")[0] if "/" in name else top
        assert f'<html lang="{code}">' in text
        assert ("<strong>42</strong> punten" in text) == (code == "nl" and STEM in name)


def test_words_of_pages_are_in_their_language() -> None:
    pages = made()
    words = {
        f"{STEM}.html": ("Question", "Answer", "Contents", "Figure 1.", "section 1.1", "Code"),
        f"nl/{STEM}.html": ("Vraag", "Antwoord", "Inhoud", "Figuur 1.", "paragraaf 1.1", "Code"),
        "index.html": ("Figures and tables", "Overview", "complete"),
        "nl/index.html": ("Figuren en tabellen", "Overzicht", "uitgevoerd"),
        "provenance.html": ("How this was made", "Packages"),
        "nl/provenance.html": ("Hoe dit is gemaakt", "Pakketten"),
    }
    for name, expected in words.items():
        assert [word for word in expected if word not in pages[name]] == []


def test_places_have_one_name_in_both_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "oablib.render.markdown.translated",
        lambda source, translate: source.replace("One thing", "Eén ding").replace(
            "## Inner", "## In"
        ),
    )
    for languages in ("en nl", "nl"):
        pages = made.__wrapped__(languages=languages)
        dutch = pages["nl/" * (languages == "en nl") + f"{STEM}.html"]
        assert "Eén ding" in dutch
        assert headings(dutch) == ["one-thing", "inner", "provenance"]
        assert '<a href="#inner">paragraaf 1.1</a>' in dutch


def test_other_headings_than_those_of_the_source_stop_the_render(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "oablib.render.markdown.translated", lambda source, translate: f"{source}\n\n## More"
    )
    with pytest.raises(RenderError, match="there are 4 headings, and 2 in the language"):
        made.__wrapped__()


def test_each_heading_and_exhibit_leads_to_the_same_place_in_the_other_language() -> None:
    pages = made()
    english, dutch = pages[f"{STEM}.html"], pages[f"nl/{STEM}.html"]
    for place in ("one-thing", "inner", "fig-dots", "tbl-values"):
        assert f'href="nl/{STEM}.html#{place}" lang="nl" hreflang="nl"' in english
        assert f'href="../{STEM}.html#{place}" lang="en" hreflang="en"' in dutch
    assert 'aria-label="Paragraaf 1.1 in het Nederlands">NL</a>' in english
    assert 'aria-label="Figure 1 in English">EN</a>' in dutch
    assert f'<a class="language" href="nl/{STEM}.html" lang="nl"' in english
    assert 'href="../provenance.html" lang="en"' in pages["nl/provenance.html"]


def test_the_ways_are_no_part_of_headings_or_of_the_contents_list() -> None:
    english = made()[f"{STEM}.html"]
    assert re.search(r"</h2><a class=\"elsewhere\"[^>]*>NL</a></div>", english)
    assert "NL" not in english.partition('<nav class="contents"')[2].partition("</nav>")[0]


def test_with_one_language_there_is_no_way_to_another() -> None:
    for languages in ("en", "nl"):
        assert not any("hreflang" in text for text in made(languages=languages).values())


def test_links_between_the_languages_lead_somewhere(tmp_path: Path) -> None:
    for name, text in made().items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    broken = checks.broken(tmp_path)
    files = ("downloads/", "params/", ".pdf", ".ipynb", "manifest.json")  # of no page
    assert [line for line in broken if not any(part in line for part in files)] == []


def test_files_that_both_share_are_at_the_top() -> None:
    assert 'href="manifest.json"' in made()["provenance.html"]
    assert 'href="../manifest.json"' in made()["nl/provenance.html"]
    downloads = [build.Download("fit", "Fit", 2, 9)]
    for edition, way in ((ENGLISH, "tables"), (DUTCH, "../tables")):
        index = build.pages([], made_from=made_from(), downloads=downloads, edition=edition)
        assert f'href="{way}/fit.csv"' in index["index.html"]


def test_contents_list_the_reports_of_each_language_as_plain_text() -> None:
    provenance = made_from(title_nl="Proef")
    item = build.Executed(STEM, notebook(*CELLS), {})
    found = json.loads(
        contents.written(build.editions([item], made_from=provenance), made_from=provenance)
    )
    assert found["title"] == {"en": provenance.parameters["title"], "nl": "Proef"}
    english, dutch = found["languages"]
    assert [(part["language"], part["folder"]) for part in (english, dutch)] == [
        ("en", ""), ("nl", "nl"),
    ]  # fmt: skip
    assert english["reports"][0]["answer"] == "By that much."
    assert english["reports"][0]["exhibits"][0] == {
        "label": "fig-dots", "name": "Figure 1", "title": "Dots",
    }  # fmt: skip
    assert dutch["reports"][0]["exhibits"][0]["title"] == "Stippen"
    assert [part["id"] for part in dutch["reports"][0]["sections"]] == ["one-thing", "inner"]


def test_a_pdf_is_in_its_language() -> None:
    item = build.Executed(STEM, notebook(*CELLS), {})
    for edition, (report,) in build.editions([item], made_from=made_from()).items():
        assert f"<dc:language><rdf:Bag><rdf:li>{edition.code}<".encode() in report.pdf


def test_sources_are_cited_as_the_language_does() -> None:
    pages = made("As in [@newey_mcfadden1994, p. 3].")
    assert "Newey and McFadden 1994" in pages[f"{STEM}.html"]
    assert "Newey en McFadden 1994" in pages[f"nl/{STEM}.html"]
    assert '<h2 id="references">Literatuur</h2>' in pages[f"nl/{STEM}.html"]


@pytest.mark.parametrize("value", ["de", "", "en en", "nl,en", "EN"])
def test_other_languages_are_refused(value: str) -> None:
    with pytest.raises(ParameterError, match=r'languages is .*expected "en", "nl", or both'):
        run.run_parameters("demo", {"languages": value})


def test_the_languages_are_part_of_what_a_report_shows() -> None:
    identities = {
        made_from(languages=languages).identity(made_by={})
        for languages in ("en nl", "nl en", "nl")
    }
    assert len(identities) == 3


def test_the_dutch_title_is_that_of_the_title_beside_it() -> None:
    provenance = made_from(title="Another", title_nl="Een andere")
    with language.use("nl"):
        assert provenance.title == "Een andere"
        assert made_from(title="Another").title == "Another"  # not the Dutch of the file's title


def test_ways_between_editions() -> None:
    assert [edition.way for edition in of("en nl")] == ["nl/", "../"]
    assert [edition.folder for edition in of("nl en")] == ["", "en"]
    assert of("nl")[0].other is None


def test_every_word_of_pages_has_a_translation() -> None:
    mine = [line for line in catalogues.faults("nl") if line.startswith("pages.po")]
    assert mine == []
