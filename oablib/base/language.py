"""Languages of reports, and which of them is in use at the moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

LANGUAGES = ("en", "nl")
"""The first is that of the source, in which every text is written."""
SOURCE = LANGUAGES[0]
_chosen: ContextVar[str | None] = ContextVar("language", default=None)


def current() -> str:
    """The language in use; that of the source where none was chosen."""
    return _chosen.get() or SOURCE


def is_chosen() -> bool:
    """Whether a language was chosen, so that one is wanted and not all."""
    return _chosen.get() is not None


@contextmanager
def use(language: str) -> Iterator[None]:
    """Use a language within a block. Raises ValueError for one that reports are not made in."""
    if language not in LANGUAGES:
        raise ValueError(f"no language {language!r}; reports are made in {', '.join(LANGUAGES)}.")
    token = _chosen.set(language)
    try:
        yield
    finally:
        _chosen.reset(token)


@dataclass(frozen=True, slots=True)
class Words:
    """A text that was written in both languages, such as a label of the codebook."""

    en: str
    nl: str

    def __str__(self) -> str:
        return self.nl if current() == "nl" and self.nl else self.en
