"""What a notebook shows, in every language of reports at once."""

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from oablib.base import language
from oablib.report.exhibit import MIME, Exhibit
from oablib.report.texts import in_markdown

TEXT_MIME = "application/vnd.oablib.text+json"
"""Type of the output beside the Markdown of a text: language -> Markdown."""

TEXTS = (str, str | None)
"""What functions return whose result is Markdown."""

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class InLanguages:
    """The same exhibit, or text in Markdown, in each language; a notebook shows the first."""

    versions: Mapping[str, Any]

    @property
    def first(self) -> Any:
        """The version in the language of the source."""
        return next(iter(self.versions.values()))

    def labelled(self, name: str) -> "InLanguages":
        """The same exhibit under another name, for a notebook that shows two of a kind."""
        return InLanguages({code: item.labelled(name) for code, item in self.versions.items()})

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        if isinstance(self.first, Exhibit):
            payloads = {code: self._with_html(code) for code in self.versions}
            return {"text/html": self.first._repr_html_(), MIME: payloads}
        return {"text/markdown": str(self.first), TEXT_MIME: dict(self.versions)}

    def _with_html(self, code: str) -> dict[str, Any]:
        """Payload of one version, and its look but for a drawing, which is in the payload."""
        with language.use(code):
            item = self.versions[code]
            payload: dict[str, Any] = item.payload()
            return payload if "svg" in payload else payload | {"html": item._repr_html_()}


def in_languages(function: Function) -> Function:
    """Make what a function returns, an exhibit or a text, in every language.

    Where a language was chosen (`language.use`), as in a function that is called by another one of
    these, it is made in that language alone.
    """
    is_text = inspect.signature(function).return_annotation in TEXTS

    @functools.wraps(function)
    def made(*args: Any, **options: Any) -> Any:
        with in_markdown(is_text):
            if language.is_chosen():
                return function(*args, **options)
            versions = {}
            for code in language.LANGUAGES:
                with language.use(code):
                    versions[code] = function(*args, **options)
            return InLanguages(versions)

    return cast("Function", made)


@in_languages
def paragraphs(*texts: str | InLanguages) -> str:
    """Several texts as paragraphs of one; empty ones are left out."""
    parts = [_here(text) for text in texts]
    return "\n\n".join(part for part in parts if part)


def _here(text: str | InLanguages) -> str:
    """A text in the language in use. Raises TypeError for anything else, such as a frame."""
    here = text.versions[language.current()] if isinstance(text, InLanguages) else text
    if not isinstance(here, str):
        raise TypeError("paragraphs joins texts")
    return here
