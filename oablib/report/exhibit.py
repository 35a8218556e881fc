"""What a report exhibits: a figure or a table with title, unit and source, and its numbers."""

import base64
import html
import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import pandas as pd

from oablib.base.wording import inert

MIME = "application/vnd.oablib.exhibit+json"
"""Beside the HTML of an output: all of the exhibit that is not its look, see `payload`."""


@dataclass(frozen=True, slots=True)
class About:
    """Who the numbers are about: population with its n, and where they come from."""

    population: str
    source: str = ""

    def __str__(self) -> str:
        return f"{self.population}; source: {self.source}" if self.source else self.population


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit(ABC):
    """What figures and tables have in common.

    label: `fig-` or `tbl-` and a name, once in a notebook; the text refers to it as `@fig-name`.
    title: what it shows. unit: of its numbers. note: how to read it. numbers: those behind it,
    rounded as results tables are (store.rounded), with headings as a reader knows them.
    """

    label: str
    title: str
    unit: str
    about: About
    numbers: pd.DataFrame
    note: str = ""

    def labelled(self, name: str) -> Self:
        """The same under another name, for a notebook that shows two of a kind."""
        kind = self.label.partition("-")[0]
        return replace(self, label=f"{kind}-{name}")

    @property
    def about_line(self) -> str:
        """Unit, note, population and source in one line of text."""
        parts = (f"Unit: {self.unit}", self.note, str(self.about))
        return " ".join(f"{_begun(part).rstrip('.')}." for part in parts if part)

    def payload(self) -> dict[str, Any]:
        """Everything but the look, as JSON: texts, and the numbers as columns and rows."""
        texts = {name: getattr(self, name) for name in ("label", "title", "unit", "note")}
        columns, rows = plain(self.numbers)
        return {
            **texts,
            "about": self.about_line,
            "population": self.about.population,
            "source": self.about.source,
            "columns": columns,
            "rows": rows,
        }

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {"text/html": self._repr_html_(), MIME: self.payload()}

    @abstractmethod
    def _repr_html_(self) -> str: ...

    def _about_html(self) -> str:
        return f'<div class="about">{escaped(self.about_line)}</div>'


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure(Exhibit):
    """A drawing (SVG) and a text that says what it shows to who cannot see it."""

    svg: str
    alt: str

    def payload(self) -> dict[str, Any]:
        """As of every exhibit, with the drawing."""
        return {**Exhibit.payload(self), "svg": self.svg, "alt": self.alt}

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.svg.encode()).decode("ascii")
        return figure_html(self.payload(), source=f"data:image/svg+xml;base64,{data}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Exhibit):
    """Headings, and rows of text in groups.

    headings: text -> whether its column is set right, as numbers are. groups: heading of a group,
    empty for a table without, and its rows; the first cell of a row names it.
    """

    headings: Sequence[tuple[str, bool]]
    groups: Sequence[tuple[str, Sequence[Sequence[str]]]]

    def _repr_html_(self) -> str:
        head = "".join(_cell("th", text, right, scope="col") for text, right in self.headings)
        bodies = "".join(self._body(name, rows) for name, rows in self.groups)
        return (
            f'<table id="{self.label}"><caption>{escaped(self.title)}</caption>'
            f"<thead><tr>{head}</tr></thead>{bodies}</table>{self._about_html()}"
        )

    def _body(self, name: str, rows: Sequence[Sequence[str]]) -> str:
        width = len(self.headings)
        title = (
            f'<tr><th colspan="{width}" scope="rowgroup" style="text-align: left">'
            f"{escaped(name)}</th></tr>"
        )
        lines = "".join(self._row(row) for row in rows)
        return f"<tbody>{title if name else ''}{lines}</tbody>"

    def _row(self, row: Sequence[str]) -> str:
        first = _cell("th", row[0], self.headings[0][1], scope="row")
        pairs = zip(row[1:], self.headings[1:], strict=True)
        return f"<tr>{first}{''.join(_cell('td', text, right) for text, (_, right) in pairs)}</tr>"


def plain(frame: pd.DataFrame) -> tuple[list[str], list[list[Any]]]:
    """A frame as columns and rows of what JSON can hold: None where nothing is."""
    rows = [[_plain(each) for each in row] for row in frame.to_numpy(object)]
    return [str(name) for name in frame], rows


def _begun(sentence: str) -> str:
    """A sentence with a capital, unless it begins with a column's name and what that means."""
    first = sentence.partition(" ")[0]
    return sentence if first.endswith((":", ",")) else sentence[0].upper() + sentence[1:]


def figure_html(told: dict[str, Any], *, source: str) -> str:
    """A figure as HTML out of its payload, with the drawing at `source`."""
    return (
        f'<figure id="{told["label"]}"><img src="{source}" alt="{escaped(told["alt"])}">'
        f"<figcaption>{escaped(told['title'])}</figcaption></figure>"
        f'<div class="about">{escaped(told["about"])}</div>'
    )


def escaped(text: str) -> str:
    """Text for HTML, in which nothing is code and nothing turns the direction of reading."""
    return html.escape(inert(text))


def _cell(kind: str, text: str, right: bool, *, scope: str = "") -> str:
    scoped = f' scope="{scope}"' if scope else ""
    side = "right" if right else "left"  # said of both: JupyterLab sets everything right
    return f'<{kind}{scoped} style="text-align: {side}">{escaped(text)}</{kind}>'


def _plain(value: Any) -> Any:
    """A value as JSON has it: None for what is not there, inf in words."""
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, float) and math.isinf(value):
        return str(value)
    return float(value) if isinstance(value, float) else str(value)


def about(population: pd.DataFrame) -> About:
    """Population, n and source of a run, for captions: from its results table `population`."""
    row = population.iloc[0]
    who = f"{row['children']:,} children in {row['schools']:,} schools"
    return About(who, str(row["source"]))


def about_country(country: pd.DataFrame) -> About:
    """Population, n and source for captions, out of the results table `country`."""
    row = country.iloc[0]
    who = (
        f"{row['children']:,} children on 1 October {row['year']}: {row['pupils']:,} pupils at "
        f"{row['sites']:,} school sites and {row['toddlers']:,} toddlers"
    )
    return About(who, str(row["source"]))
