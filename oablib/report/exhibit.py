"""What a report shows: a figure or a table with title, unit and source, and its numbers."""

import base64
import datetime
import html
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import pandas as pd

from oablib.base.language import Words
from oablib.base.wording import inert
from oablib.report.texts import Later, texts_beside

_ = texts_beside(__file__)

STEM = re.compile(r"\d\d_[a-z_]+")
"""Of a cell that names a report: a page makes a link of it."""

MIME = "application/vnd.oablib.exhibit+json"
"""Type of the output beside the HTML: all of an exhibit except its look, see `payload`."""

_BOTH = {"label", "title", "unit", "note", "about", "population", "source", "data", "keys", "cells"}
PARTS_OF_FIGURE = frozenset({*_BOTH, "columns", "rows", "svg", "alt"})
PARTS_OF_TABLE = frozenset({*_BOTH, "columns", "rows", "html"})
"""Of the payload that a notebook shows, in each language."""


@dataclass(frozen=True, slots=True)
class About:
    """Who the numbers are about: population with its n, and where they come from.

    drawn: whether these are children that a program has made up; None where there are no children,
    as in a table of rules, or some of both kinds. both: whether they are of both kinds. Texts may
    be of any language (Later, Words); they are shown in the one in use.
    """

    population: str | Later | Words
    source: str | Later | Words = ""
    drawn: bool | None = None
    both: bool = False

    def __str__(self) -> str:
        if not str(self.source):
            return str(self.population)
        return _("{population}; source: {source}", population=self.population, source=self.source)

    @property
    def data(self) -> str:
        """What kind of data it is, in words."""
        if self.both:
            return _("synthetic and delivered data")
        if self.drawn is None:
            return _("no data on children")
        return _("synthetic data") if self.drawn else _("delivered data")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit(ABC):
    """What figures and tables have in common.

    label: `fig-` or `tbl-` and a name, once in a notebook; the text refers to it as `@fig-name`.
    title: what it shows. unit: of its numbers. note: how to read it. numbers: those behind it,
    rounded as results tables are (base.rounding), under the headings that a reader sees. keys: of
    their columns, the same in every language. cells: what the columns are, as the YAML file of the
    module declares it (oablib.disclosure.declared); None where it does not.
    """

    label: str
    title: str
    unit: str
    about: About
    numbers: pd.DataFrame
    keys: Sequence[str] = ()
    cells: Any = None
    note: str = ""

    def labelled(self, name: str) -> Self:
        """The same exhibit under another name, for a notebook that shows two of a kind."""
        kind = self.label.partition("-")[0]
        return replace(self, label=f"{kind}-{name}")

    @property
    def about_line(self) -> str:
        """Unit, note, population, source and kind of data in one line of text."""
        about = (str(self.about), self.about.data)
        parts = (_("Unit: {unit}", unit=self.unit), self.note, *about)
        return " ".join(f"{_begun(part).rstrip('.')}." for part in parts if part)

    def payload(self) -> dict[str, Any]:
        """Everything except the look, as JSON: texts, and the numbers as columns and rows."""
        columns, rows = plain(self.numbers)
        return {
            **{name: getattr(self, name) for name in ("label", "title", "unit", "note")},
            "about": self.about_line,
            "population": str(self.about.population),
            "source": str(self.about.source),
            "data": self.about.data,
            "columns": columns,
            "rows": rows,
            "keys": list(self.keys),
            "cells": self.cells,
        }

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {"text/html": self._repr_html_(), MIME: self.payload()}

    @abstractmethod
    def _repr_html_(self) -> str: ...

    def _about_html(self) -> str:
        return f'<div class="about">{escaped(self.about_line)}</div>'


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure(Exhibit):
    """A drawing (SVG), and a text that describes it for readers who cannot see it."""

    svg: str
    alt: str

    def payload(self) -> dict[str, Any]:
        """As for every exhibit, with the drawing."""
        return {**Exhibit.payload(self), "svg": self.svg, "alt": self.alt}

    def _repr_html_(self) -> str:
        return figure_with_drawing(self.payload())


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Exhibit):
    """Headings, and rows of text in groups.

    headings: text, and whether its column is aligned right, as numbers are. groups: heading of a
    group (empty in a table without groups) and its rows; the first cell of a row names it.
    """

    headings: Sequence[tuple[str, bool]]
    groups: Sequence[tuple[str, Sequence[Sequence[str]]]]

    def _repr_html_(self) -> str:
        head = "".join(_cell("th", text, right, 'scope="col"') for text, right in self.headings)
        bodies = "".join(self._body(name, rows) for name, rows in self.groups)
        return (
            f'<table id="{self.label}"><caption>{escaped(self.title)}</caption>'
            f"<thead><tr>{head}</tr></thead>{bodies}</table>{self._about_html()}"
        )

    def _body(self, name: str, rows: Sequence[Sequence[str]]) -> str:
        span = f'colspan="{len(self.headings)}" scope="rowgroup"'
        title = f"<tr>{_cell('th', name, False, span)}</tr>" if name else ""
        return f"<tbody>{title}{''.join(self._row(row) for row in rows)}</tbody>"

    def _row(self, row: Sequence[str]) -> str:
        first = _cell("th", row[0], self.headings[0][1], 'scope="row"')
        pairs = zip(row[1:], self.headings[1:], strict=True)
        return f"<tr>{first}{''.join(_cell('td', text, right) for text, (_, right) in pairs)}</tr>"


def plain(frame: pd.DataFrame) -> tuple[list[str], list[list[Any]]]:
    """A frame as columns and rows of what JSON can hold: None for a missing value."""
    rows = [[_plain(value) for value in row] for row in frame.to_numpy(object)]
    return [str(name) for name in frame], rows


def _begun(sentence: str) -> str:
    """A sentence with a capital, unless it begins with the name of a column and its meaning."""
    first = sentence.partition(" ")[0]
    return sentence if first.endswith((":", ",")) else sentence[0].upper() + sentence[1:]


def figure_html(payload: dict[str, Any], *, source: str) -> str:
    """A figure as HTML, from its payload; source: URL of the drawing."""
    return (
        f'<figure id="{payload["label"]}"><img src="{source}" alt="{escaped(payload["alt"])}">'
        f"<figcaption>{escaped(payload['title'])}</figcaption></figure>"
        f'<div class="about">{escaped(payload["about"])}</div>'
    )


def figure_with_drawing(payload: dict[str, Any]) -> str:
    """A figure as HTML that holds its drawing, from its payload."""
    data = base64.b64encode(payload["svg"].encode()).decode("ascii")
    return figure_html(payload, source=f"data:image/svg+xml;base64,{data}")


def escaped(text: str) -> str:
    """Text for HTML, in which nothing is code and nothing changes the direction of reading."""
    return html.escape(inert(text))


def _cell(kind: str, text: str, right: bool, attributes: str = "") -> str:
    side = "right" if right else "left"  # always given: JupyterLab aligns everything right
    opening = " ".join(filter(None, (kind, attributes, f'style="text-align: {side}"')))
    content = f"<code>{text}</code>" if STEM.fullmatch(text) else escaped(text)
    return f"<{opening}>{content}</{kind}>"


def _plain(value: Any) -> Any:
    """A value as JSON has it: None for a missing value, text for an infinite one."""
    if isinstance(value, float):
        return None if math.isnan(value) else str(value) if math.isinf(value) else float(value)
    if value is None or value is pd.NA:
        return None
    return value if isinstance(value, bool | int | str) else str(value)


def about(population: pd.DataFrame) -> About:
    """Population, n and source for captions, from the results table `population` of a run."""
    row = population.iloc[0]
    text = _.later(
        "{children:,} children in {schools:,} schools",
        children=int(row["children"]),
        schools=int(row["schools"]),
    )
    return About(text, _source(row), bool(row["drawn"]))


def about_country(country: pd.DataFrame) -> About:
    """Population, n and source for captions, from the results table `country_facts`."""
    row = country.iloc[0]
    counts = {name: int(row[name]) for name in ("children", "pupils", "sites", "toddlers")}
    text = _.later(
        "{children:,} children on {date}: {pupils:,} pupils at {sites:,} school sites and "
        "{toddlers:,} toddlers",
        date=datetime.date.fromisoformat(row["reference_date"]),
        **counts,
    )
    return About(text, _source(row), bool(row["drawn"]))


def _source(row: pd.Series) -> Words:
    return Words(en=str(row["source"]), nl=str(row["source_nl"]))
