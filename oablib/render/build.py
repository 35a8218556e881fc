"""Executed notebooks become reports that need no other file, as HTML and as PDF.

One syntax tree, two looks. A page runs no script and loads nothing from outside itself.
"""

import base64
import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import jinja2
import nbformat
from markupsafe import Markup

from oablib.base import language
from oablib.render import checks, pandoc, typst
from oablib.render import notebook as report_notebook
from oablib.render.notebook import drawing
from oablib.render.pandoc import ASSETS
from oablib.render.provenance import Provenance
from oablib.report.texts import Texts

_ = Texts(ASSETS / "pages")

CONTENTS = "contents.json"
CONTENTS_SCHEMA = 1
_FORMULA = "<math"


@dataclass(frozen=True, slots=True)
class Executed:
    """A notebook with its outputs, the values that it was given, and how it came to be there.

    status: "complete" when it was executed in this run, "cached" when its result was kept.
    """

    stem: str
    notebook: nbformat.NotebookNode
    values: Mapping[str, str | int | float]
    status: str = "complete"


@dataclass(frozen=True, slots=True)
class Report:
    """One report in both its forms; Markup is HTML that has passed the check.

    exhibits: payloads of its figures and tables, see exhibit.Exhibit. outline: as render_pandoc's.
    notebook: the executed one, for its readers.
    """

    stem: str
    title: str
    status: str
    question: Markup
    answer: Markup
    contents: Markup
    body: Markup
    pdf: bytes
    exhibits: Sequence[Mapping[str, Any]]
    outline: Mapping[str, Any]
    notebook: str

    @property
    def has_formula(self) -> bool:
        """Whether the page needs the font of formulas."""
        return any(_FORMULA in part for part in (self.question, self.answer, self.body))


@dataclass(frozen=True, slots=True)
class Download:
    """A results table that is offered: name without suffix, title, rows and bytes of its CSV."""

    name: str
    title: str
    rows: int
    size: int


def reports(
    executed: Sequence[Executed], *, made_from: Provenance, code: str = language.SOURCE
) -> list[Report]:
    """Render the notebooks of a run in a language, side by side, in the order of their stems.

    Raises RenderError when a notebook lacks its head, shows something that a report may not hold,
    or refers to what is not there.
    """
    with language.use(code):
        notebooks = {
            item.stem: report_notebook.in_language(item.notebook, stem=item.stem)
            for item in executed
        }
    ready = [replace(item, notebook=notebooks[item.stem]) for item in executed]
    titles = {stem: report_notebook.title_of(notebook) for stem, notebook in notebooks.items()}

    def made(item: Executed) -> Report:
        with language.use(code):  # each thread has its own
            return _report(item, titles, made_from)

    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        return list(threads.map(made, sorted(ready, key=lambda item: item.stem)))


def pages(
    made: Sequence[Report], *, made_from: Provenance, downloads: Sequence[Download] = ()
) -> dict[str, str]:
    """HTML of the reports and of their index: file name -> text."""
    shared = {
        "style": Markup((ASSETS / "report.css").read_text(encoding="utf-8")),
        "made_from": made_from,
        "synthetic": made_from.synthetic,
        "pages": made,
    }
    font = base64.b64encode((ASSETS / "math.woff2").read_bytes()).decode("ascii")
    report, index = (_template(name) for name in ("report.html", "index.html"))
    texts = {
        f"{page.stem}.html": report.render(page=page, math=font * page.has_formula, **shared)
        for page in made
    }
    return {**texts, "index.html": index.render(downloads=downloads, **shared)}


def contents(made: Sequence[Report], *, made_from: Provenance) -> str:
    """contents.json: what the front page over all runs lists and searches; plain text in JSON."""
    content = {
        "schema": CONTENTS_SCHEMA,
        "run": made_from.run,
        "title": made_from.parameters["title"],
        "synthetic": made_from.synthetic,
        "made_from": {"commit": made_from.commit, "data": made_from.parameters["data"]},
        "reports": [
            {
                "stem": page.stem,
                "title": page.title,
                "status": page.status,
                "pdf": f"{page.stem}.pdf",
                "notebook": f"notebooks/{page.stem}.ipynb",
                **page.outline,
            }
            for page in made
        ],
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _report(item: Executed, titles: Mapping[str, str], made_from: Provenance) -> Report:
    ready = report_notebook.prepare(item.notebook, stem=item.stem, values=item.values, pages=titles)
    tree = pandoc.tree(nbformat.writes(ready.body), stem=item.stem)
    list_, question, answer, body = (
        _checked(part, ready.exhibits, item.stem) for part in pandoc.html(tree)
    )
    handed_on = report_notebook.handed_on(item.notebook, stem=item.stem, values=item.values)
    return Report(
        stem=item.stem,
        title=ready.title,
        status=item.status,
        question=question,
        answer=answer,
        contents=list_,
        body=body,
        pdf=_pdf(tree, ready, made_from),
        exhibits=ready.exhibits,
        outline=tree.outline,
        notebook=nbformat.writes(handed_on),
    )


def _pdf(tree: pandoc.Tree, ready: report_notebook.ReportNotebook, made_from: Provenance) -> bytes:
    parts = _template("parts.html").module
    provenance = parts.provenance(made_from, ready.stem)  # type: ignore[attr-defined]
    _, question, answer, body = pandoc.typst(tree)
    run = str(made_from.parameters["title"])
    return typst.pdf(
        settings={"title": ready.title, "run": run, "synthetic": made_from.synthetic},
        question=question,
        answer=answer,
        body=body,
        provenance=pandoc.typst_of_html(provenance, stem=ready.stem),
        drawings={drawing(figure): figure["svg"] for figure in _figures(ready.exhibits)},
        date=made_from.timestamp,
        stem=ready.stem,
    )


def _figures(exhibits: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [exhibit for exhibit in exhibits if "svg" in exhibit]


def _checked(html: str, exhibits: Sequence[Mapping[str, Any]], stem: str) -> Markup:
    """Put the drawings into the page, and check what it holds."""
    for figure in _figures(exhibits):
        data = base64.b64encode(figure["svg"].encode()).decode("ascii")
        html = html.replace(f'src="{drawing(figure)}"', f'src="data:image/svg+xml;base64,{data}"')
    checks.fail_if_unsafe(html, stem=stem)
    return Markup(html)


def _template(name: str) -> jinja2.Template:
    templates = jinja2.Environment(loader=jinja2.FileSystemLoader(ASSETS), autoescape=True)
    templates.filters["references_of"] = _references_of
    code = language.current()
    templates.globals |= {
        "_": _,
        "language": code,
        "up": "" if code == language.SOURCE else "../",  # to files that all languages share
    }
    return templates.get_template(name)


def _references_of(html: Markup, stem: str) -> Markup:
    """Part of a report for another page: what it refers to is in the report."""
    return Markup(str(html).replace('href="#', f'href="{stem}.html#'))
