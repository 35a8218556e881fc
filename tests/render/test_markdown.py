"""Blocks of Markdown: the unit of a notebook's catalogue, and what a translation must keep."""

from hypothesis import given
from hypothesis import strategies as st

from oablib.render.markdown import blocks, references, translated

CELL = """## Direct effects

Each effect is given
in points; see @fig-effects.

- one
- two

| Reads | Writes |
|---|---|
| `cohort` | `fit` |

$$ y = a + b x $$
"""


def test_a_paragraph_goes_by_its_words_and_what_has_lines_keeps_them() -> None:
    assert list(blocks(CELL)) == [
        "## Direct effects",
        "Each effect is given in points; see @fig-effects.",
        "- one\n- two",
        "| Reads | Writes |\n|---|---|\n| `cohort` | `fit` |",
    ]


def test_a_paragraph_broken_elsewhere_is_the_same_text() -> None:
    assert list(blocks("one two\nthree")) == list(blocks("one\ntwo three")) == ["one two three"]


def test_every_block_is_translated_but_formulas() -> None:
    asked = []

    def translate(text: str) -> str:
        asked.append(text)
        return text.upper()

    shown = translated(CELL, translate=translate)
    assert asked == list(blocks(CELL))
    assert shown.split("\n\n")[1] == "EACH EFFECT IS GIVEN IN POINTS; SEE @FIG-EFFECTS."
    assert shown.endswith("$$ y = a + b x $$")


@given(st.text("ab |*-\n#.1", max_size=60))
def test_without_translation_the_words_stay(source: str) -> None:
    shown = translated(source, translate=lambda text: text)
    assert shown.split() == source.split()
    assert list(blocks(shown)) == list(blocks(source))


def test_references_are_exhibits_sources_code_and_formulas() -> None:
    text = (
        "As @fig-a and [@rubin1987, p. 76] say, `05_base_model` has $R^2$ of @sec-direct-effects."
    )
    assert references(text) == {
        "@fig-a", "@rubin1987", "`05_base_model`", "$R^2$", "@sec-direct-effects"
    }  # fmt: skip
    assert references("costs 5 euro") == set()
