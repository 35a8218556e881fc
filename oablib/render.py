"""Executed notebooks become pages that stand on their own: no script, nothing from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2
import nbformat
from markupsafe import Markup

from oablib import html_check, render_pandoc, report_notebook
from oablib.errors import RenderError
from oablib.provenance import Provenance
from oablib.render_pandoc import ASSETS

_CONTENTS_END = "<!-- end of contents -->"


@dataclass(frozen=True, slots=True)
class Executed:
    """A notebook with its outputs, and the values that it was given."""

    stem: str
    notebook: nbformat.NotebookNode
    values: Mapping[str, str | int | float]


@dataclass(frozen=True, slots=True)
class _Page:
    """The parts of a report; Markup is HTML that has passed the check."""

    stem: str
    title: str
    question: Markup
    answer: Markup
    contents: Markup
    body: Markup


def pages(
    executed: Sequence[Executed], *, provenance: Provenance, tables: Sequence[Path]
) -> dict[str, str]:
    """Render the reports of a run and their index: file name to HTML.

    `tables` are the results tables offered for download, in the folder tables beside the pages.
    Raises RenderError when a notebook lacks its head or shows something a report may not hold.
    """
    parts = sorted((_page(item) for item in executed), key=lambda page: page.stem)
    templates = jinja2.Environment(loader=jinja2.FileSystemLoader(ASSETS), autoescape=True)
    shared = {
        "style": Markup((ASSETS / "report.css").read_text(encoding="utf-8")),
        "made_from": provenance,
        "synthetic": provenance.parameters["data"] == "synthetic",
        "pages": parts,
    }
    report = templates.get_template("report.html")
    made = {f"{page.stem}.html": report.render(page=page, **shared) for page in parts}
    downloads = [(path.name, path.stat().st_size) for path in tables]
    index = templates.get_template("index.html").render(downloads=downloads, **shared)
    return {**made, "index.html": index}


def _page(item: Executed) -> _Page:
    ready = report_notebook.prepare(item.notebook, stem=item.stem, values=item.values)
    text = nbformat.writes(ready.body)
    whole = render_pandoc.from_notebook(text, stem=item.stem)
    contents, end, body = whole.partition(_CONTENTS_END)
    if not end:
        raise RenderError(f"Report {item.stem} came out of pandoc without its parts.")
    return _Page(
        stem=item.stem,
        title=ready.title,
        question=_markdown(ready.question, item.stem),
        answer=_markdown(ready.answer, item.stem),
        contents=_checked(contents, item.stem),
        body=_checked(body, item.stem),
    )


def _markdown(text: str, stem: str) -> Markup:
    return _checked(render_pandoc.from_markdown(text, stem=stem), stem)


def _checked(html: str, stem: str) -> Markup:
    html_check.fail_if_unsafe(html, stem=stem)
    return Markup(html.strip())
