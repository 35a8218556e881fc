"""Sections of a notebook that a run may have nothing for.

A section begins with a Markdown cell whose first line is a heading of the second level, and ends
before the next one. With the tag `optional` it is left out of the report when its cells show
nothing, as in a run in which nothing was unknown.
"""

from collections.abc import Iterator, Sequence
from typing import Any

OPTIONAL = "optional"


def with_results(cells: Sequence[Any]) -> list[Any]:
    """The cells without those of optional sections that show nothing."""
    return [
        cell
        for section in _sections(cells)
        if not _is_optional(section[0]) or any(map(_shows_something, section))
        for cell in section
    ]


def _sections(cells: Sequence[Any]) -> Iterator[list[Any]]:
    section: list[Any] = []
    for cell in cells:
        if section and cell.cell_type == "markdown" and cell.source.lstrip().startswith("## "):
            yield section
            section = []
        section.append(cell)
    if section:
        yield section


def _is_optional(cell: Any) -> bool:
    return OPTIONAL in cell.metadata.get("tags", [])


def _shows_something(cell: Any) -> bool:
    """Whether a cell has an output other than an empty text."""
    return cell.cell_type == "code" and any(
        output.get("data", {}).get("text/markdown") != "" for output in cell.outputs
    )
