"""What leaves a notebook: exhibits and texts made by oablib.report, each in all languages.

Anything else that a cell shows, such as a frame, a print or a warning, may hold rows of children,
and nobody looks at a page before it is made. What leaves of an exhibit or text is one form: what
JupyterLab shows beside it (HTML, Markdown, plain text) is made anew when a page is rendered.
"""

from collections.abc import Mapping
from typing import Any

from oablib.base.errors import DisclosureError
from oablib.base.language import LANGUAGES
from oablib.params import cell as parameter_cell
from oablib.report.exhibit import MIME, PARTS_OF_FIGURE, PARTS_OF_TABLE
from oablib.report.translated import TEXT_MIME

METADATA = ("kernelspec", "language_info", "oab")
"""Of a notebook; others, as the state of widgets, hold what a cell has made."""
_BESIDE = {MIME: {"text/html", "text/plain"}, TEXT_MIME: {"text/markdown", "text/plain"}}
_STREAMS = {"stdout": "printed text", "stderr": "a warning or a line of a log"}
# By the beginning of a type, the first that fits.
_OTHERS = {
    "application/vnd.oablib.": (
        "an exhibit or text that has unknown parts or is not in all languages (@in_languages)"
    ),
    "application/vnd.jupyter.widget": "a widget",
    "application/javascript": "a program in JavaScript",
    "image/": "a picture",
}
_OBJECT = "a frame or another object"
_INSTEAD = (
    "Only figures, tables and texts of oablib.report leave a notebook. Take the line out or end it "
    "with a semicolon, or show what it says by a function of oablib.report with @in_languages; "
    "`paragraphs` of oablib.report.translated makes a text of sentences. To see rows or warnings, "
    "open the notebook by hand."
)


def release(notebook: Any, *, stem: str) -> None:
    """Leave in an executed notebook what may be shown of it, in its one form.

    Raises DisclosureError that names every cell with any other output, by its number among those
    of the notebook as it was written and by the kind of output, never by its content.
    """
    faults, number = [], 0
    for cell in notebook.cells:
        number += parameter_cell.INJECTED_TAG not in cell.metadata.get("tags", [])
        outputs = cell.get("outputs", [])
        kinds = [_kind(output) for output in outputs if _form(output) is None]
        faults += [f"cell {number} shows {kind}" for kind in dict.fromkeys(kinds)]
        for output in outputs if not kinds else ():
            form = _form(output)
            output.data, output.metadata = {form: output.data[form]}, {}
    if faults:
        raise DisclosureError(f"{stem}: {'; '.join(faults)}. {_INSTEAD}")
    for name in set(notebook.metadata) - {*METADATA}:
        del notebook.metadata[name]


def _form(output: Any) -> str | None:
    """The type in which an output leaves; None for one that may not."""
    data = output.get("data", {})
    form = next((form for form in _BESIDE if form in data), None)
    if form is None or set(data) - {form, *_BESIDE[form]}:
        return None
    versions, is_fit = data[form], _is_exhibit if form == MIME else _is_text
    in_all = isinstance(versions, Mapping) and set(versions) == set(LANGUAGES)
    return form if in_all and all(map(is_fit, versions.values())) else None


def _is_exhibit(payload: Any) -> bool:
    return isinstance(payload, Mapping) and set(payload) in (PARTS_OF_FIGURE, PARTS_OF_TABLE)


def _is_text(markdown: Any) -> bool:
    return isinstance(markdown, str)


def _kind(output: Any) -> str:
    """What an output is, in words that are ours."""
    if output.output_type == "stream":
        return _STREAMS.get(output.name, _OBJECT)
    if output.output_type == "error":
        return "a traceback"
    types = output.get("data", {})
    for beginning, words in _OTHERS.items():
        if any(name.startswith(beginning) for name in types):
            return words
    return _OBJECT
