"""The concordance names sections, figures and tables of notebooks, and files, that are there."""

import json
import re
from functools import cache

import pytest

from tests.places import ROOT

PAGE = ROOT / "docs" / "concordance.md"
STATES = ({"same", "more", "other"}, {"here", "partly", "not possible"})
REASONED = ("other", "partly", "not possible")
PLACE = re.compile(r"`(\d\d_[a-z_]+)(?:#([\w-]+))?`")
CALL = re.compile(r"([a-z_]+)_(figure|table)\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)")
PATH = re.compile(r"`((?:params|docs|oablib|reports|tests)/[\w/.-]+)`")


@cache
def anchors(stem: str) -> frozenset[str]:
    """Sections of a notebook, and the labels of the figures and tables that it makes."""
    text = (ROOT / "notebooks" / f"{stem}.ipynb").read_text(encoding="utf-8")
    cells = [(cell["cell_type"], "".join(cell["source"])) for cell in json.loads(text)["cells"]]
    prose = "\n\n".join(source for kind, source in cells if kind == "markdown")
    code = "\n".join(source for kind, source in cells if kind == "code")
    headings = re.findall(r"^#+ (.*)$", prose, flags=re.MULTILINE)
    slugs = {re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings}
    made, given = set(), set()
    for name, kind, arguments in CALL.findall(code):
        label = f"{'fig' if kind == 'figure' else 'tbl'}-{name.replace('_', '-')}"
        made.add(label)
        given |= {f"{label}-{word}" for word in re.findall(r'what="([\w-]+)"', arguments)}
    labelled = {
        f"{kind}-{name}"
        for name in re.findall(r'labelled\("([\w-]+)"\)', code)
        for kind in ("fig", "tbl")
    }
    return frozenset(slugs | made | given | labelled)


def rows(number: int) -> list[list[str]]:
    """Cells of a table of the page, without its heading."""
    text = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE)
    lines = blocks[number].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def places() -> list[tuple[str, str]]:
    return sorted(set(PLACE.findall(PAGE.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("place", places(), ids="#".join)
def test_a_place_that_is_named_is_there(place: tuple[str, str]) -> None:
    stem, anchor = place
    assert (ROOT / "notebooks" / f"{stem}.ipynb").is_file()
    assert not anchor or anchor in anchors(stem)


def test_files_that_are_named_are_there() -> None:
    for name in PATH.findall(PAGE.read_text(encoding="utf-8")):
        assert (ROOT / name).exists(), name


@pytest.mark.parametrize("number", [0, 1])
def test_every_row_has_a_state_and_a_reason_where_it_needs_one(number: int) -> None:
    for row in rows(number):
        state, _, reason = row[-1].partition(": ")
        assert state in STATES[number], row
        assert bool(reason) == (state in REASONED), row


def test_no_row_of_the_capabilities_is_left_out() -> None:
    assert [int(row[0]) for row in rows(1)] == list(range(38, 86))
