"""Catalogues of translated texts (gettext): which texts there are, and what translations lack.

Each file with texts has its catalogue, `nl/<stem>.po` beside it: modules of the report with their
captions (YAML), notebooks, templates. `oab texts` brings them up to date.
"""

import io
import json
import string
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from babel.messages import pofile
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract

from oablib import params
from oablib.base import files, language
from oablib.params import strict_yaml
from oablib.render import markdown
from oablib.render.pandoc import ASSETS
from oablib.report import texts
from oablib.workers.modules import PACKAGE

KEYWORDS = {"_": None, "later": None, "named": None, "plural": (1, 2)}
WIDTH = 98  # characters of a line in a catalogue
Text = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """Texts of all catalogues in one language, and those that want work."""

    language: str
    texts: int
    untranslated: int
    fuzzy: int

    def __str__(self) -> str:
        return (
            f"{self.language}: {self.texts} texts, {self.untranslated} untranslated, "
            f"{self.fuzzy} fuzzy"
        )


def update() -> str:
    """Bring every catalogue up to date with its source; returns the counts as lines of text.

    New texts come without a translation; one like an older text gets that one's, marked fuzzy.
    """
    for code in language.LANGUAGES[1:]:
        for source, found in _sources():
            path = texts.catalogue_of(source, code=code)
            catalogue = read(path, code=code)
            catalogue.update(_template(found), update_header_comment=True)
            catalogue.obsolete.clear()
            if found:
                path.parent.mkdir(exist_ok=True)
                files.write(path, written(catalogue))
            else:
                path.unlink(missing_ok=True)
    return "\n".join(str(counts(code)) for code in language.LANGUAGES[1:])


def counts(code: str) -> Counts:
    """Count the texts of a language as its catalogues are now."""
    messages = [message for _path, message in wanted(code)]
    return Counts(
        code,
        texts=len(messages),
        untranslated=sum(not _is_translated(message) for message in messages),
        fuzzy=sum(message.fuzzy for message in messages),
    )


def wanted(code: str) -> Iterator[tuple[Path, Message]]:
    """Every text of every source, as its catalogue has it, which may be without translation."""
    for source, found in _sources():
        path = texts.catalogue_of(source, code=code)
        catalogue = read(path, code=code)
        for text in found:
            yield path, catalogue.get(text) or Message(text)


def faults(code: str) -> list[str]:
    """What is wrong with translations: missing, fuzzy, or with other values than their source."""
    lines = []
    for path, message in wanted(code):
        name = f"{path.name}: {_first(message.id)[:60]!r}"
        if not _is_translated(message):
            lines.append(f"{name} has no translation")
        elif message.fuzzy:
            lines.append(f"{name} is fuzzy")
        else:
            pairs = zip_longest(_forms(message.id), _versions(message), fillvalue="")
            if any(_values(text, path=path) != _values(made, path=path) for text, made in pairs):
                lines.append(f"{name} has other values than its translation")
    return lines


def read(path: Path, *, code: str) -> Catalog:
    """A catalogue; an empty one where there is no file."""
    content = path.read_bytes() if path.is_file() else b""
    return pofile.read_po(io.BytesIO(content), locale=code)


def written(catalogue: Catalog) -> str:
    """A catalogue as text: without dates and lines, so that it changes only with its texts."""
    buffer = io.BytesIO()
    pofile.write_po(buffer, catalogue, width=WIDTH, omit_header=True, no_location=True)
    head = (
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        f'"Language: {catalogue.locale}\\n"\n"Plural-Forms: {catalogue.plural_forms}\\n"\n\n'
    )
    return head + buffer.getvalue().decode()


def _template(found: list[Text]) -> Catalog:
    template = Catalog(fuzzy=False)
    for text in found:
        message = template.add(text)
        message.flags.clear()  # Babel guesses a format from the text, and takes "95%" for one
    return template


def _sources() -> Iterator[tuple[Path, list[Text]]]:
    """Every file that may have texts, with its texts in their order."""
    for path in sorted((params.root() / "notebooks").glob("*.ipynb")):
        yield path, list(dict.fromkeys(_of_notebook(path)))
    for path in sorted((PACKAGE / "report").rglob("*.py")):
        captions = (text for text in _of_captions(path.with_suffix(".yaml")) if text)
        found = [*_of_code(path), *captions]
        yield path, list(dict.fromkeys(found))
    yield ASSETS / "pages", list(dict.fromkeys(_of_templates()))


def _of_notebook(path: Path) -> Iterator[Text]:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            yield from markdown.blocks("".join(cell["source"]))


def _of_code(path: Path) -> Iterator[Text]:
    with path.open("rb") as file:
        for _line, text, _comments, _context in extract("python", file, KEYWORDS):
            yield text


def _of_captions(path: Path) -> Iterator[Text]:
    """Titles, units, notes, headings of columns and words for codes."""
    entries: dict[str, Any] = dict(strict_yaml.read(path).values) if path.is_file() else {}
    for name, entry in entries.items():
        if name == texts.WORDS:
            for group in entry.values():
                yield from group.values()
        elif name == texts.LABELS:
            yield from entry.values()
        else:
            yield from (entry[part] for part in texts.TEXTS if part in entry)
            yield from entry.get(texts.LABELS, {}).values()


def _of_templates() -> Iterator[Text]:
    for path in sorted(ASSETS.glob("*.html")):
        with path.open("rb") as file:
            for _line, text, *_rest in extract("jinja2.ext:babel_extract", file, KEYWORDS):
                yield text


def _is_translated(message: Message) -> bool:
    versions = _versions(message)
    return bool(versions) and all(versions)


def _versions(message: Message) -> list[str]:
    """A translation, in each of its forms where a count decides."""
    string = message.string or ""
    return [string] if isinstance(string, str) else list(string)


def _forms(text: Any) -> list[str]:
    """A text, in each of its forms where a count decides."""
    return [text] if isinstance(text, str) else list(text)


def _first(text: Any) -> str:
    return _forms(text)[0]


def _values(text: str, *, path: Path) -> set[str]:
    """Names of values in braces; of a notebook what its text refers to."""
    if (path.parents[1] / f"{path.stem}.ipynb").is_file():
        return markdown.references(text)
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name}
