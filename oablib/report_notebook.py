"""Turn an executed notebook into what its report shows: head, answer, text, figures, tables."""

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import nbformat

from oablib import parameter_cell
from oablib.errors import RenderError

ANSWER_TAG = "answer"
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_GT_STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)
_GT_BOX = re.compile(r'<div id="\w+" style="[^"]*">')
_REFERENCE = re.compile(r'\b(id|headers|aria-labelledby|aria-describedby)="([^"]*)"')
# Where a warning came from, without the folders of the machine that it was raised on.
_PLACES = (
    (re.compile(r"\S*[/\\]ipykernel_\d+[/\\]\d+\.py"), "cell"),
    (re.compile(r"\S*[/\\]site-packages[/\\]"), ""),
    (re.compile(r"\S*[/\\](?=oablib[/\\]\S+\.py)"), ""),
)
_PREFERRED = ("text/html", "text/markdown", "text/plain")


@dataclass(frozen=True, slots=True)
class ReportNotebook:
    """A notebook made ready: its head as Markdown, the rest as a notebook for pandoc."""

    title: str
    question: str
    answer: str
    body: nbformat.NotebookNode


def prepare(
    notebook: nbformat.NotebookNode, *, stem: str, values: Mapping[str, str | int | float]
) -> ReportNotebook:
    """Split off the head, move the answer there, and clean the cells; `values` were injected.

    Raises RenderError when the first cell lacks title or question, nothing answers, a cell shows
    an error, or an output is a bare image, which has no alternative text.
    """
    body = copy.deepcopy(notebook)
    title, question, stated, rest = _head(body.cells[0].source if body.cells else "", stem=stem)
    printed = [text for cell in body.cells for text in _answers(cell)]
    answer = "\n\n".join(text for text in (stated, *printed) if text)
    if not answer:
        raise RenderError(
            f"{stem} gives no answer; print it in a cell tagged `{ANSWER_TAG}`, or write a "
            "paragraph that starts with **Answer.** in its first cell."
        )
    body.cells[0].source = rest
    body.metadata = {"kernelspec": {"language": "python", "name": "python3", "display_name": ""}}
    tables = _Counter()
    body.cells = [_clean(cell, stem, values, tables) for cell in body.cells if _is_shown(cell)]
    return ReportNotebook(title=title, question=question, answer=answer, body=body)


def _head(source: str, *, stem: str) -> tuple[str, str, str, str]:
    """Split the first cell into title, question, answer and the rest."""
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
    return first[2:].strip(), parts["**Question.**"], parts["**Answer.**"], "\n\n".join(rest)


def _answers(cell: Any) -> Iterator[str]:
    """Take the Markdown that a cell tagged `answer` printed or displayed out of its outputs."""
    if cell.cell_type != "code" or ANSWER_TAG not in cell.metadata.get("tags", []):
        return
    kept = []
    for output in cell.outputs:
        shown = output.get("data", {})
        if output.output_type == "stream" and output.name == "stdout":
            yield _joined(output.text).strip().removeprefix("**Answer.**").strip()
        elif "text/markdown" in shown:
            yield _joined(shown["text/markdown"]).strip().removeprefix("**Answer.**").strip()
        else:
            kept.append(output)
    cell.outputs = kept


def _is_shown(cell: Any) -> bool:
    injected = parameter_cell.INJECTED_TAG in cell.metadata.get("tags", [])
    return bool(cell.source.strip()) and not injected


class _Counter:
    """Numbers the tables of one report, so that their ids differ."""

    def __init__(self) -> None:
        self.value = 0

    def next(self) -> int:
        self.value += 1
        return self.value


def _clean(
    cell: Any, stem: str, values: Mapping[str, str | int | float], tables: _Counter
) -> nbformat.NotebookNode:
    tags = cell.metadata.get("tags", [])
    cell.metadata = {"tags": tags} if tags else {}
    if cell.cell_type == "code":
        if parameter_cell.TAG in tags:
            cell.source = parameter_cell.merged(cell.source, values)
        cell.outputs = [_clean_output(output, stem, tables) for output in cell.outputs]
    return cell


def _clean_output(output: Any, stem: str, tables: _Counter) -> Any:
    """Keep one form of an output: HTML before Markdown before plain text."""
    if output.output_type == "stream":
        output.text = _ANSI.sub("", _joined(output.text))
        for place, shown in _PLACES:
            output.text = place.sub(shown, output.text)
        return output
    if output.output_type == "error":
        raise RenderError(f"{stem} shows an error; a report is made of cells that succeeded.")
    kind = next((kind for kind in _PREFERRED if kind in output.data), None)
    images = [name for name in output.data if name.startswith("image/")]
    if kind is None or (images and kind == "text/plain"):
        raise RenderError(
            f"{stem} shows a picture or object without alt text; show figures as HTML "
            "<figure> with an <img alt=...>, as the functions of oablib do."
        )
    text = _joined(output.data[kind])
    if kind == "text/html" and "gt_table" in text:
        text = _plain_table(text, number=tables.next())
    elif kind == "text/html" and "<table" in text:
        text = f'<div class="table" tabindex="0">{text}</div>'
    output.data = {kind: text}
    output.metadata = {}
    return output


def _plain_table(html: str, *, number: int) -> str:
    """Free a great_tables table of its own style sheet and of ids that another table also has.

    Its style sheet names `tr`, `td` and `tbody` without its id and so reaches every other table;
    the report's own sheet knows the classes.
    """
    html = _GT_BOX.sub('<div class="table" tabindex="0">', _GT_STYLE.sub("", html), count=1)

    def prefixed(match: re.Match[str]) -> str:
        names = " ".join(f"t{number}-{name}" for name in match[2].split())
        return f'{match[1]}="{names}"'

    return _REFERENCE.sub(prefixed, html)


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)
