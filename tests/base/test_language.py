"""The language in use: of a block, of a thread, and of labels written in both."""

from concurrent.futures import ThreadPoolExecutor
from contextvars import Context

import pytest

from oablib.base import language
from oablib.base.language import Words
from oablib.base.origin import UNKNOWN, Origin

HERE = Words(en="here", nl="hier")


def test_without_a_choice_it_is_that_of_the_source() -> None:
    def state() -> tuple[str, bool]:
        return language.current(), language.is_chosen()

    assert Context().run(state) == (language.SOURCE, False)


def test_a_block_has_its_language_and_the_one_around_it_comes_back() -> None:
    with language.use("nl"):
        assert (language.current(), language.is_chosen()) == ("nl", True)
        with language.use("en"):
            assert str(HERE) == "here"
        assert str(HERE) == "hier"
    assert str(HERE) == "here"


def test_it_comes_back_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), language.use("nl"):
        raise ZeroDivisionError
    assert language.current() == "en"


def test_a_language_that_reports_are_not_made_in_is_refused() -> None:
    with pytest.raises(ValueError, match="no language 'fr'; reports are made in en, nl"):
        language.use("fr").__enter__()


def test_each_thread_has_its_own() -> None:
    def shown(code: str) -> str:
        with language.use(code):
            return str(HERE)

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(shown, ["nl", "en"] * 8)) == ["hier", "here"] * 8
    assert language.current() == "en"


def test_a_label_without_dutch_is_shown_in_english() -> None:
    with language.use("nl"):
        assert str(Words(en="wave", nl="")) == "wave"


def test_an_origin_is_what_a_manifest_says() -> None:
    origin = Origin(Words(en="made up, seed 1", nl="verzonnen, seed 1"), drawn=True)
    manifest = {**origin.columns(), "files": []}
    assert manifest["source"] == "made up, seed 1" and manifest["drawn"] is True
    assert Origin.of_manifest(manifest) == origin


@pytest.mark.parametrize("drawn", [None, "yes", 1, False])
def test_data_are_drawn_only_if_their_manifest_says_true(drawn: object) -> None:
    assert not Origin.of_manifest({"source": "a file", "drawn": drawn}).drawn


def test_a_manifest_in_one_language_is_quoted_in_both() -> None:
    assert Origin.of_manifest({"source": "x"}).source == Words(en="x", nl="x")


def test_without_a_word_on_their_source_data_are_those_of_a_data_holder() -> None:
    assert Origin.of_manifest({}) == Origin(UNKNOWN)
    assert Origin.of_manifest({"source": ""}, otherwise=HERE) == Origin(HERE)
    with language.use("nl"):
        assert str(Origin.of_manifest({}).source) == "bestanden van de datahouder"
