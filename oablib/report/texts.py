"""Texts of reports in the language in use: sentences, captions, words for codes, and numbers.

A module of the report writes English. Its captions, headings and words for codes are in the YAML
file beside it, its sentences in its code; the Dutch of both is in the catalogue `nl/<module>.po`,
which `oab texts` keeps up to date. Values in braces are written as the language writes them:
`{n:,} children`, `{share:.1%}`, `{effect:+.2f}`.
"""

import gettext
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from babel import lists
from babel.messages import mofile, pofile

from oablib.base import language
from oablib.base.errors import ParameterError
from oablib.params import strict_yaml
from oablib.report import numbers

LABELS, WORDS = "labels", "words"
_markdown: ContextVar[bool] = ContextVar("markdown", default=False)
_ACTIVE = re.compile(r"([\\`*_\[\]$#<>@^~|:])")
TEXTS = ("title", "unit", "note")


class _Formatter(Formatter):
    """As str.format, with numbers as the language writes them."""

    def format_field(self, value: Any, format_spec: str) -> Any:
        return numbers.formatted(value, format_spec)


_FORMATTER = _Formatter()


def catalogue_of(path: Path, *, code: str) -> Path:
    """The catalogue of a module, notebook or template in a language other than the source's."""
    return path.parent / code / f"{path.stem}.po"


@cache
def translations(catalogue: Path) -> gettext.NullTranslations:
    """A catalogue, compiled as it is read; texts stay as they are where there is none."""
    if not catalogue.is_file():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    mofile.write_mo(compiled, pofile.read_po(io.BytesIO(catalogue.read_bytes())))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one module; called with one, it gives it in the language in use."""

    module: Path

    @property
    def yaml(self) -> Path:
        """The file beside the module with its captions, headings and words for codes."""
        return self.module.with_suffix(".yaml")

    def __call__(self, text: str, /, **values: Any) -> str:
        """A sentence or words, with values in the place of their names."""
        return _FORMATTER.format(self._translations().gettext(text), **values) if text else ""

    def plural(self, one: str, many: str, /, n: int, **values: Any) -> str:
        """A text in the form that a count asks for; n is one of its values."""
        text = self._translations().ngettext(one, many, n)
        return _FORMATTER.format(text, n=n, **values)

    def later(self, text: str, /, **values: Any) -> "Later":
        """A text that is put into a language when it is shown."""
        return Later(self, text, values)

    def captions(self, label: str, /, **values: Any) -> dict[str, Any]:
        """Arguments of `show` or `exhibited` for one exhibit, from the YAML file of the module.

        label: with `tbl-` or `fig-`. values: those that title, unit and note of the entry name.

        Raises ParameterError for a label without an entry, and for a value that is not given.
        """
        entries = self._written()
        entry = entries.get(label)
        if entry is None or label in (LABELS, WORDS):
            raise ParameterError(
                f"{self.yaml} has no caption of {label!r}; add an entry of this label."
            )
        kind, _, name = label.partition("-")
        given = {text: entry[text] for text in TEXTS if text in entry}
        try:
            written: dict[str, Any] = {t: self(text, **values) for t, text in given.items()}
            written["label"] = name.format(**values)
        except KeyError as error:
            raise ParameterError(
                f"{self.yaml}: {label} names {error}, which is not given."
            ) from None
        if kind != "tbl":
            return entry | written
        headings = {**entries.get(LABELS, {}), **entry.get(LABELS, {})}
        translated = {column: self(text, **values) for column, text in headings.items()}
        return entry | written | ({LABELS: translated} if translated else {})

    def words(self, group: str, /) -> Mapping[Any, str]:
        """Code -> words, of a group under `words` in the YAML file of the module."""
        written = self._written().get(WORDS, {})
        if group not in written:
            raise ParameterError(f"{self.yaml} has no words for {group!r}; add them under {WORDS}.")
        return {code: self(text) for code, text in written[group].items()}

    def _written(self) -> Mapping[str, Any]:
        return strict_yaml.read(self.yaml).values

    def _translations(self) -> gettext.NullTranslations:
        if language.current() == language.SOURCE:
            return gettext.NullTranslations()
        return translations(catalogue_of(self.module, code=language.current()))


@dataclass(frozen=True, slots=True)
class Later:
    """A text with its values, in whatever language it is shown."""

    texts: Texts
    text: str
    values: Mapping[str, Any]

    def __str__(self) -> str:
        return self.texts(self.text, **self.values)


def named(text: str) -> str:
    """The text itself: a mark by which it is found for the catalogue, where it is shown later."""
    return text


def texts_beside(module: str) -> Texts:
    """The texts of a module, given by its `__file__`; files are read when first needed."""
    return Texts(Path(module))


def listed(items: Iterable[Any], *, style: str = "standard") -> str:
    """Items in words: "a, b and c". style: of Babel, such as "or"."""
    texts = [str(item) for item in items]
    return lists.format_list(texts, style=style, locale=language.current())  # type: ignore[arg-type]


@contextmanager
def in_markdown(active: bool) -> Iterator[None]:
    """Whether what is written within a block becomes Markdown, in which labels must not act."""
    token = _markdown.set(active)
    try:
        yield
    finally:
        _markdown.reset(token)


def literal(text: str) -> str:
    """A text of others, such as a label: within Markdown, no character of it has a meaning."""
    return _ACTIVE.sub(r"\\\1", text) if _markdown.get() else text


def sentence(text: str) -> str:
    """A text with a capital at its beginning."""
    return text[:1].upper() + text[1:]
