"""Sections without results are left out where a notebook says that they may be."""

from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from oablib.render.sections import with_results

HEAD = new_markdown_cell("# 03 Title")
LIMITS = new_markdown_cell("## Limits\n\nNone.")
EMPTY = new_output("display_data", data={"text/markdown": "", "text/plain": "''"})
TEXT = new_output("display_data", data={"text/markdown": "Found.", "text/plain": "'Found.'"})


def sources(*outputs: Any, tags: list[str]) -> list[str]:
    section = [
        new_markdown_cell("## Found?", metadata={"tags": tags}),
        new_code_cell("look()", outputs=list(outputs)),
        new_markdown_cell("What it means."),
    ]
    return [cell.source for cell in with_results([HEAD, *section, LIMITS])]


@pytest.mark.parametrize("outputs", [[], [EMPTY]])
def test_an_optional_section_without_results_is_left_out(outputs: list[Any]) -> None:
    assert sources(*outputs, tags=["optional"]) == [HEAD.source, LIMITS.source]


def test_all_other_sections_stay() -> None:
    assert len(sources(TEXT, tags=["optional"])) == 5
    assert len(sources(tags=[])) == 5
