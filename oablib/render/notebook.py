"""Turn an executed notebook into what its report shows: head, answer, text, exhibits."""

import copy
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import nbformat
from nbformat.v4 import new_markdown_cell

from oablib import params
from oablib.base import language
from oablib.base.errors import RenderError
from oablib.base.wording import inert
from oablib.params import cell as parameter_cell
from oablib.render import markdown, outputs, sections
from oablib.report import exhibit, texts
from oablib.report.translated import TEXT_MIME

ANSWER_TAG = "answer"
_LOOK, _TEXT = "text/html", "text/markdown"
_NUMBER = re.compile(r"^\d+ ")
_LABEL = re.compile(r"(?:fig|tbl)-[a-z0-9-]{1,60}")

Values = Mapping[str, str | int | float]


@dataclass(frozen=True, slots=True)
class ReportNotebook:
    """A notebook made ready for pandoc.

    body: question and answer in cells of their own, then all that is shown; figures at
    `<label>.svg`. exhibits: payloads (see exhibit.Exhibit) in their order.
    """

    stem: str
    title: str
    body: nbformat.NotebookNode
    exhibits: Sequence[Mapping[str, Any]]


def title_of(notebook: nbformat.NotebookNode) -> str:
    """The title in the first cell; empty where it does not begin with one."""
    source = notebook.cells[0].source if notebook.cells else ""
    first = source.strip().partition("\n")[0]
    return first[2:].strip() if first.startswith("# ") else ""


def in_language(notebook: nbformat.NotebookNode, *, stem: str) -> nbformat.NotebookNode:
    """The notebook in the language in use: its Markdown, and what its cells show.

    An exhibit has its HTML and its payload, a text its Markdown. Raises DisclosureError as
    outputs.release.
    """
    ready = copy.deepcopy(notebook)
    outputs.release(ready, stem=stem)
    path = params.root() / "notebooks" / f"{stem}.ipynb"
    catalogue = texts.catalogue_of(path, code=language.current())
    translate = texts.translations(catalogue).gettext
    for cell in ready.cells:
        if cell.cell_type == "markdown" and language.current() != language.SOURCE:
            cell.source = markdown.translated(cell.source, translate=translate)
        for output in cell.get("outputs", []):
            output.data = _in_use(output.data)
    return ready


def titles_beside(stems: Collection[str]) -> dict[str, str]:
    """Stem -> title without its number, of the project's notebooks that are none of these."""
    titles = {}
    for path in sorted((params.root() / "notebooks").glob("*.ipynb")):
        if path.stem not in stems:
            read = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
            read.cells = [cell for cell in read.cells[:1] if cell.cell_type == "markdown"]
            title = title_of(in_language(read, stem=path.stem))
            titles[path.stem] = _NUMBER.sub("", title)
    return titles


def _in_use(data: Mapping[str, Any]) -> dict[str, Any]:
    """An exhibit or text in the language in use."""
    code = language.current()
    if TEXT_MIME in data:
        return {_TEXT: data[TEXT_MIME][code]}
    payload = dict(data[exhibit.MIME][code])
    look = payload.pop("html", "") or exhibit.figure_with_drawing(payload)
    return {_LOOK: look, exhibit.MIME: payload}


def prepare(
    notebook: nbformat.NotebookNode,
    *,
    stem: str,
    values: Values,
    pages: Mapping[str, str],
    absent: Mapping[str, str],
    words: Mapping[str, object],
    anchors: Sequence[str] = (),
) -> ReportNotebook:
    """Split off the head, move the answer there, and clean the cells.

    notebook: as `in_language` gives it.
    values: were injected. pages: stem -> title of all reports of the run; absent: of those that it
    lacks. words: of the filters, see Edition.words. anchors: names of headings, if they are given.
    Raises RenderError when the first cell lacks title or question, nothing answers, or the label of
    an exhibit is unfit.
    """
    body = copy.deepcopy(notebook)
    question, stated, rest = _head(body.cells[0].source if body.cells else "", stem=stem)
    found = [text for cell in body.cells for text in _answers(cell)]
    answer = "\n\n".join(text for text in (stated, *found) if text)
    if not answer:
        raise RenderError(
            f"{stem} gives no answer; show a text of oablib.report in a cell tagged "
            f"`{ANSWER_TAG}`, or write a paragraph that starts with **Answer.** in its first cell."
        )
    body.cells[0].source = rest
    exhibits: list[dict[str, Any]] = []
    cells = [
        new_markdown_cell(text, metadata={"tags": [tag]})
        for text, tag in ((question, "question"), (answer, "answer-text"))
    ]
    for cell in filter(_is_shown, sections.with_results(body.cells)):
        cells += _cleaned(cell, stem, values, exhibits)
    for cell in cells:
        if cell.cell_type == "markdown":
            cell.source = "\n".join(map(inert, cell.source.split("\n")))
    body.cells = cells
    body.metadata = {
        "kernelspec": {"language": "python", "name": "python3", "display_name": ""},
        "oab": {
            "stem": stem,
            "pages": dict(pages),
            "absent": dict(absent),
            "words": dict(words),
            "anchors": list(anchors),
        },
    }
    return ReportNotebook(stem, title_of(notebook), body, exhibits)


def handed_on(notebook: nbformat.NotebookNode, *, values: Values) -> nbformat.NotebookNode:
    """The executed notebook for its readers, with the values of the run in its parameters cell.

    Of each output it holds what a reader sees.
    """
    ready = copy.deepcopy(notebook)
    ready.cells = [cell for cell in ready.cells if _is_shown(cell)]
    for cell in ready.cells:
        if cell.cell_type == "code":
            _merge(cell, values)
            for output in cell.outputs:
                output.data.pop(exhibit.MIME, None)
    return ready


def _head(source: str, *, stem: str) -> tuple[str, str, str]:
    """Split the first cell into question, answer and the rest without its title."""
    first, _, text = source.strip().partition("\n")
    parts = {"**Question.**": "", "**Answer.**": ""}
    rest = []
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        start = next((mark for mark in parts if paragraph.startswith(mark)), None)
        if start:
            parts[start] = paragraph.removeprefix(start).strip()
        else:
            rest.append(paragraph)
    if not first.startswith("# ") or not parts["**Question.**"]:
        raise RenderError(
            f"The first cell of {stem} should begin with a line `# Title` and hold a paragraph "
            "that starts with **Question.**"
        )
    return parts["**Question.**"], parts["**Answer.**"], "\n\n".join(rest)


def _answers(cell: Any) -> Iterator[str]:
    """Take the texts out of the outputs of a cell tagged `answer`."""
    if cell.cell_type == "code" and ANSWER_TAG in cell.metadata.get("tags", []):
        for text in _texts_taken_out(cell):
            yield text.strip().removeprefix("**Answer.**").strip()


def _texts_taken_out(cell: Any) -> list[str]:
    """The texts among the outputs of a cell, which then are exhibits alone."""
    texts = [output.data[_TEXT] for output in cell.outputs if _TEXT in output.data]
    cell.outputs = [output for output in cell.outputs if _TEXT not in output.data]
    return texts


def _is_shown(cell: Any) -> bool:
    injected = parameter_cell.INJECTED_TAG in cell.metadata.get("tags", [])
    return bool(cell.source.strip()) and not injected


def _cleaned(cell: Any, stem: str, values: Values, exhibits: list[dict[str, Any]]) -> Iterator[Any]:
    """The cell, and after it a cell of text for each Markdown that it shows; fills `exhibits`."""
    tags = cell.metadata.get("tags", [])
    cell.metadata = {"tags": tags} if tags else {}
    if cell.cell_type != "code":
        yield cell
        return
    _merge(cell, values)
    texts = _texts_taken_out(cell)
    for output in cell.outputs:
        payload = output.data.pop(exhibit.MIME)
        _fail_if_label_is_unfit(payload["label"], stem=stem)
        exhibits.append(payload)
        if "svg" in payload:
            output.data[_LOOK] = exhibit.figure_html(payload, source=drawing(payload))
    yield cell
    yield from map(new_markdown_cell, texts)


def _fail_if_label_is_unfit(label: str, *, stem: str) -> None:
    """A label becomes the name of files and of an anchor in the page."""
    if not _LABEL.fullmatch(label):
        raise RenderError(
            f"{stem} shows a figure or table labelled {label[:40]!r}; expected fig- or tbl- and "
            "then small letters, digits and hyphens."
        )


def drawing(payload: Mapping[str, Any]) -> str:
    """Name of the file that holds the drawing of a figure."""
    return f"{payload['label']}.svg"


def _merge(cell: Any, values: Values) -> None:
    if parameter_cell.TAG in cell.metadata.get("tags", []):
        cell.source = parameter_cell.merged(cell.source, values)
