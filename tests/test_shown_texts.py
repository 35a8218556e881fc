"""The helpers that look at pages: messages are found, and foreign words and numbers noticed."""

from pathlib import Path

import pytest

from tests import markdown_numbers, page_texts, shown_texts

PAGE = """<!DOCTYPE html><html lang="nl"><head><title>05 Basismodel</title>
<style>and the of which</style></head><body>
<nav aria-label="Inhoud"><a href="#x">Inhoud</a>
<a lang="en" aria-label="All of the pages that are in English">English</a></nav>
<table><tr><td>The mean and the other (demo.yaml line 3)</td></tr></table>
<p>Van de 12 effecten is <strong>één</strong> niet nul <a href="y">volgens het basismodel</a>,
zie <code>and the with</code> en <span class="citation">(And the Which 2020)</span>.</p>
<p>Dit heet <i lang="en">the mean and the other</i>, of “all and which”.</p>
<p>All effects that differ from zero are in the table.</p>
<div class="references"><div class="csl-entry">The Mean and the Tail.</div></div>
<img alt="Points with intervals that are the widest" src="z">
</body></html>"""


@pytest.fixture
def page(tmp_path: Path) -> page_texts.Page:
    path = tmp_path / "page.html"
    path.write_text(PAGE, encoding="utf-8")
    return page_texts.read(path)


def test_a_page_comes_block_by_block_with_what_stands_in_a_sentence(page: page_texts.Page) -> None:
    texts = [block.text for block in page.blocks]
    assert page.language == "nl"
    assert texts[:2] == ["05 Basismodel", "Inhoud"]
    mark = page_texts.CODE
    assert (
        f"Van de 12 effecten is één niet nul volgens het basismodel, zie {mark} en "
        "(And the Which 2020)." in texts
    )
    assert not [text for text in texts if "and the of" in text or "and the with" in text]


def test_sentences_of_the_other_language_are_found_and_no_others(page: page_texts.Page) -> None:
    found = {block.text: words for block, words in page_texts.in_other_language(page)}
    assert found == {
        "All effects that differ from zero are in the table.": {"that", "from", "are", "the"},
        "Points with intervals that are the widest": {"with", "that", "are", "the"},
    }


@pytest.mark.parametrize("text", ["De Mooij et al. (2015) and Van Buuren", "Of is the mean on"])
def test_names_of_people_and_words_of_both_languages_are_no_dutch(text: str) -> None:
    assert not page_texts.foreign_words(text, language="en")


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("{n:,} of {m:,} effects differ from zero.", "As 1,200 of 7 effects differ from zero."),
        ("the **slope** of `{name}` is [too low](05.html#x)", "The slope of □ is too low."),
        ("pooled as usual [@rubin1987, p. 76], see @fig-a", "pooled as usual (Rubin 1987), see Fi"),
        ("the model's “fit” is not close", "the model’s \"fit\" is  not close"),
    ],
)  # fmt: skip
def test_a_message_is_found_with_its_values_in_place(message: str, text: str) -> None:
    assert shown_texts.shown([message], texts=shown_texts.plain(text))


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("{x} is larger than the published {y}", "It is not larger than the published one"),
        ("the slope {a} is beyond the limit", "the slope 1. The mean is beyond the limit"),
        ("the slope {a} is beyond the limit", "the slope 1\nis beyond the limit"),
        ("{a} of {b}", "1 of 2"),  # too little of its own to be looked for
    ],
)
def test_a_message_is_not_found_in_another(message: str, text: str) -> None:
    assert not shown_texts.shown([message], texts=text)


@pytest.mark.parametrize(
    "text",
    [
        "# 05 Base model", "1. First the mean.", "95% intervals and 99 % ones",
        "As in section 3.1.2 and tables 3.1.2 to 3.1.4 of the source",
        "A model fits when RMSEA is at most 0.06 [@hu_bentler1999]. It need not.",
        "Walhout & Scholtus (2021) use $x = 3.5$ and `ocw_2`; R2, chi2, D4 and COOL5-18",
        "a slope of 1, a value of 0, -1 or 100%", "[12](x3.html#y4) @fig-12", "grades 5 and 8",
    ],
)  # fmt: skip
def test_constants_of_method_may_be_typed(text: str) -> None:
    assert set(markdown_numbers.in_text(text)) <= {"12"}


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("nearly 80 % of them", ["80"]),
        ("on 1 October of the year", ["1"]),
        ("ten times as large, and 0.5 points", ["0.5", "ten times"]),
        ("the seven sub-models", ["seven sub"]),
        ("49 parameters, 5 df", ["49", "5"]),
    ],
)
def test_findings_are_noticed_where_they_are_typed(text: str, numbers: list[str]) -> None:
    assert markdown_numbers.in_text(text) == numbers
