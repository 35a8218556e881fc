"""What a notebook shows is made in every language at once, and in one where one was chosen."""

from collections.abc import Callable
from contextvars import Context
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from oablib.base import language
from oablib.base.language import Words
from oablib.protocol import codebook
from oablib.report import drawing, exhibit
from oablib.report.exhibit import About
from oablib.report.labels import Labels
from oablib.report.table import show
from oablib.report.translated import TEXT_MIME, InLanguages, in_languages, paragraphs

GREETING = Words(en="Good day.", nl="Goedendag.")
ABOUT = About(Words(en="3 children", nl="3 kinderen"), drawn=True)


def as_in_notebook(made: Callable[..., Any], *arguments: Any) -> Any:
    """Call where no language was chosen, as in the kernel of a notebook."""
    return Context().run(made, *arguments)


@in_languages
def greeting() -> str:
    """A sentence in the language in use."""
    return str(GREETING)


@in_languages
def letter(name: str) -> str:
    """A text that uses another one."""
    return f"{greeting()} {name}"


@in_languages
def ages_table() -> exhibit.Table:
    title = str(Words(en="Ages", nl="Leeftijden"))
    return show(pd.DataFrame({"age": [4.5]}), "ages", title=title, about=ABOUT)


@in_languages
@drawing.styled
def ages_figure() -> exhibit.Figure:
    figure, axes = drawing.canvas(height=1)
    axes.plot([0, 1])
    title = str(Words(en="Ages", nl="Leeftijden"))
    return drawing.exhibited(
        figure, "ages", title=title, unit="", alt=title, about=ABOUT,
        numbers=pd.DataFrame({"age": [4.5]}),
    )  # fmt: skip


def test_a_text_comes_in_every_language_and_a_notebook_shows_the_first() -> None:
    bundle = as_in_notebook(greeting)._repr_mimebundle_()
    assert bundle["text/markdown"] == "Good day."
    assert bundle[TEXT_MIME] == {"en": "Good day.", "nl": "Goedendag."}


def test_in_a_chosen_language_it_is_that_text_alone() -> None:
    assert greeting() == "Good day."  # the tests choose English
    with language.use("nl"):
        assert greeting() == "Goedendag."


def test_what_is_called_inside_is_made_in_the_language_of_the_whole() -> None:
    made = as_in_notebook(letter, "Ada")
    assert made.versions == {"en": "Good day. Ada", "nl": "Goedendag. Ada"}


def test_no_language_is_left_chosen() -> None:
    def made() -> tuple[Any, bool]:
        return letter("Ada"), language.is_chosen()

    assert not as_in_notebook(made)[1]


def test_it_keeps_the_name_and_the_docstring_of_the_function() -> None:
    assert (letter.__name__, letter.__doc__) == ("letter", "A text that uses another one.")


def test_a_table_comes_with_its_look_in_every_language() -> None:
    bundle = as_in_notebook(ages_table)._repr_mimebundle_()
    payloads = bundle[exhibit.MIME]
    assert {code: payload["title"] for code, payload in payloads.items()} == {
        "en": "Ages", "nl": "Leeftijden"
    }  # fmt: skip
    assert "4.50" in payloads["en"]["html"] and "4,50" in payloads["nl"]["html"]
    assert payloads["nl"]["population"] == "3 kinderen"
    assert "<caption>Ages</caption>" in bundle["text/html"]
    assert payloads["en"]["label"] == payloads["nl"]["label"] == "tbl-ages"


def test_a_figure_comes_with_a_drawing_in_every_language() -> None:
    bundle = as_in_notebook(ages_figure)._repr_mimebundle_()
    payloads = bundle[exhibit.MIME]
    assert all(payload["svg"].lstrip().startswith("<") for payload in payloads.values())
    assert [payload["alt"] for payload in payloads.values()] == ["Ages", "Leeftijden"]
    assert "html" not in payloads["en"]  # the drawing is in the payload, and makes the look


def test_another_name_is_given_to_all_versions() -> None:
    made = as_in_notebook(ages_table).labelled("ages-of-girls")
    assert {item.label for item in made.versions.values()} == {"tbl-ages-of-girls"}


def test_paragraphs_join_texts_language_by_language_and_leave_out_what_is_empty() -> None:
    def made() -> InLanguages:
        return paragraphs(greeting(), "", "Ada")

    joined = as_in_notebook(made)
    assert joined.versions == {"en": "Good day.\n\nAda", "nl": "Goedendag.\n\nAda"}
    assert paragraphs(greeting(), "Ada") == "Good day.\n\nAda"


@pytest.mark.parametrize("value", [pd.DataFrame({"child": [4.5]}), pd.Series([4.5]), 4.5, None])
def test_paragraphs_join_texts_and_nothing_else(value: Any) -> None:
    with pytest.raises(TypeError, match=r"^paragraphs joins texts$"):
        paragraphs("Ada", value)


def test_a_label_acts_in_no_text_of_markdown() -> None:
    hostile = "[x](javascript:alert(1)) $y$ *z*"
    column = replace(codebook.load().table("cohort").column("origin"), short_en=hostile)
    labels = Labels({"origin": column}, models={})

    @in_languages
    def said() -> str:
        return labels("origin")

    assert said() == "\\[x\\](javascript\\:alert(1)) \\$y\\$ \\*z\\*"
    assert labels("origin") == hostile
