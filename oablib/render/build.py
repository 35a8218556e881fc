"""Executed notebooks become reports that need no other file, as HTML and as PDF.

One syntax tree, two looks. A page runs no script and loads nothing from outside itself.
"""

import base64
import html
import os
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import nbformat
from markupsafe import Markup

from oablib.base import language
from oablib.base.language import SOURCE
from oablib.render import checks, kinds, pandoc, templates, typst
from oablib.render import notebook as report_notebook
from oablib.render.edition import Edition, _
from oablib.render.notebook import ReportNotebook, drawing
from oablib.render.pandoc import ASSETS
from oablib.render.provenance import Provenance

Made = TypeVar("Made")
_FORMULA = "<math"
_HEADING = re.compile(r'<(h[2-6]) [^>]*?id="([^"]+)".*?</\1>', re.DOTALL)


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
    executed: Sequence[Executed],
    *,
    made_from: Provenance,
    edition: Edition | None = None,
    anchors: Mapping[str, Sequence[str]] | None = None,
) -> list[Report]:
    """Render the notebooks of a run in a language, side by side, in the order of their stems.

    edition: of the first language of the run if it is not given. anchors: stem -> names of its
    headings, as `anchors_of` gives them; without it headings are named by their words.
    Raises RenderError when a notebook lacks its head, shows something that a report may not hold,
    or refers to what is not there.
    """
    edition = edition or made_from.editions[0]
    ready, around = _in_language(executed, edition, anchors or {}, made_from)
    return _side_by_side(_report, ready, around)


def editions(executed: Sequence[Executed], *, made_from: Provenance) -> dict[Edition, list[Report]]:
    """The reports in each language of the run; headings have the names of the source's language.

    Raises RenderError as `reports` does.
    """
    wanted = {edition.code: edition for edition in made_from.editions}
    source = wanted.get(SOURCE, Edition(SOURCE, (SOURCE,)))
    ready, around = _in_language(executed, source, {}, made_from)
    trees = {tree.stem: (shown, tree) for shown, tree in _side_by_side(_tree, ready, around)}
    anchors = {
        stem: [part["id"] for part in tree.outline["sections"] if part["number"]]
        for stem, (_shown, tree) in trees.items()
    }
    return {
        edition: _side_by_side(_report, ready, replace(around, trees=trees))
        if edition == source
        else reports(executed, made_from=made_from, edition=edition, anchors=anchors)
        for edition in made_from.editions
    }


def pages(
    made: Sequence[Report],
    *,
    made_from: Provenance,
    downloads: Sequence[Download] = (),
    edition: Edition | None = None,
    cells: Mapping[str, int] | None = None,
) -> dict[str, str]:
    """HTML of the reports, of their index and of their making: file name -> text.

    cells: how many were looked at before they were published, and how many of these are hidden.
    """
    edition = edition or made_from.editions[0]
    with language.use(edition.code):
        shared = {
            "style": Markup((ASSETS / "report.css").read_text(encoding="utf-8")),
            "made_from": made_from,
            "pages": made,
            "cells": cells or {},
        }
        font = base64.b64encode((ASSETS / "math.woff2").read_bytes()).decode("ascii")
        names = ("report.html", "index.html", "provenance.html")
        report, index, provenance = (
            templates.template(name, edition, drawn=made_from.drawn) for name in names
        )
        texts = {
            f"{page.stem}.html": report.render(page=page, math=font * page.has_formula, **shared)
            for page in made
        }
        texts["index.html"] = index.render(downloads=downloads, **shared)
        texts["provenance.html"] = provenance.render(**shared)
    return texts


@dataclass(frozen=True, slots=True)
class _Around:
    """What a report shares with the others of its language.

    titles: stem -> title of each. absent: the same of reports that this run does not have. trees:
    stem -> what was made already.
    """

    edition: Edition
    titles: Mapping[str, str]
    absent: Mapping[str, str]
    anchors: Mapping[str, Sequence[str]]
    made_from: Provenance
    trees: Mapping[str, tuple[ReportNotebook, pandoc.Tree]] = field(default_factory=dict)


def _in_language(
    executed: Sequence[Executed],
    edition: Edition,
    anchors: Mapping[str, Sequence[str]],
    made_from: Provenance,
) -> tuple[list[Executed], _Around]:
    """The notebooks in the language of an edition, by stem, and what they share."""
    with language.use(edition.code):
        ready = [
            replace(item, notebook=report_notebook.in_language(item.notebook, stem=item.stem))
            for item in sorted(executed, key=lambda item: item.stem)
        ]
        titles = {item.stem: report_notebook.title_of(item.notebook) for item in ready}
        absent = report_notebook.titles_beside(titles)
    return ready, _Around(edition, titles, absent, anchors, made_from)


def _side_by_side(
    make: Callable[[Executed, _Around], Made], ready: Sequence[Executed], around: _Around
) -> list[Made]:
    """What a function makes of each notebook, in the language of the edition."""

    def made(item: Executed) -> Made:
        with language.use(around.edition.code):  # each thread has its own
            return make(item, around)

    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        return list(threads.map(made, ready))


def _tree(item: Executed, around: _Around) -> tuple[ReportNotebook, pandoc.Tree]:
    ready = report_notebook.prepare(
        item.notebook,
        stem=item.stem,
        values=item.values,
        pages=around.titles,
        absent=around.absent,
        words=around.edition.words(),
        anchors=around.anchors.get(item.stem, ()),
    )
    notebook = nbformat.writes(ready.body)
    return ready, pandoc.tree(notebook, stem=item.stem, language=around.edition.code)


def _report(item: Executed, around: _Around) -> Report:
    ready, tree = around.trees.get(item.stem) or _tree(item, around)
    list_, question, answer, body = (
        _checked(part, ready.exhibits, item.stem) for part in pandoc.html(tree)
    )
    handed_on = report_notebook.handed_on(item.notebook, values=item.values)
    return Report(
        stem=item.stem,
        title=ready.title,
        status=item.status,
        question=question,
        answer=answer,
        contents=list_,
        body=_with_ways(body, tree, around.edition),
        pdf=_pdf(tree, ready, around),
        exhibits=ready.exhibits,
        outline=tree.outline,
        notebook=nbformat.writes(handed_on),
    )


def _pdf(tree: pandoc.Tree, ready: ReportNotebook, around: _Around) -> bytes:
    made_from = around.made_from
    parts = templates.template("parts.html", around.edition, drawn=made_from.drawn).module
    provenance = parts.on_paper(made_from, ready.stem, ready.title)  # type: ignore[attr-defined]
    _contents, question, answer, body = pandoc.typst(tree)
    return typst.pdf(
        settings={
            "title": ready.title,
            "run": made_from.title,
            "language": around.edition.code,
            "words": {"question": _("Question"), "answer": _("Answer")},
            "kind": kinds.in_full(made_from.drawn),
            "kind-short": kinds.in_short(made_from.drawn),
            "announced": kinds.is_announced(made_from.drawn),
        },
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


def _with_ways(body: Markup, tree: pandoc.Tree, edition: Edition) -> Markup:
    """Each heading with a link to the same place in the other language, if there is one."""
    elsewhere = edition.elsewhere()
    if not elsewhere:
        return body
    numbers = {section["id"]: section["number"] for section in tree.outline["sections"]}

    def linked(match: re.Match[str]) -> str:
        place = match[2]
        number = numbers.get(place, "")
        label = elsewhere["section"] % number if number else elsewhere["references"]
        code = elsewhere["code"]
        link = (
            f'<a class="elsewhere" href="{elsewhere["way"]}{tree.stem}.html#{place}" '
            f'lang="{code}" hreflang="{code}" aria-label="{html.escape(label)}">{code.upper()}</a>'
        )
        return f'<div class="heading">{match[0]}{link}</div>'

    return Markup(_HEADING.sub(linked, str(body)))
