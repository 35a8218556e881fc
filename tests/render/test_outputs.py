"""Exhibits and texts leave a notebook in one form; nothing else does, and nothing is quoted."""

import copy
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_output

from oablib.base.errors import DisclosureError
from oablib.render import outputs
from oablib.report.exhibit import MIME
from oablib.report.translated import TEXT_MIME
from tests.render.cases import STEM, both, figure, notebook, shown, table

PERSON = "999111999"
EXHIBIT = both(figure(), figure())._repr_mimebundle_()
TABLE = both(table(), table())._repr_mimebundle_()
TEXT = both("Found.", "Gevonden.")._repr_mimebundle_()


def other(bundle: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """The English payload of an exhibit with other parts."""
    payloads = copy.deepcopy(bundle[MIME])
    payloads["en"] |= parts
    return {MIME: payloads}


def stream(name: str) -> nbformat.NotebookNode:
    return new_output("stream", name=name, text=PERSON)


REFUSED: dict[str, tuple[Any, str]] = {
    "print": (stream("stdout"), "printed text"),
    "warning or log line": (stream("stderr"), "a warning or a line of a log"),
    "traceback": (new_output("error", ename=PERSON, evalue=PERSON, traceback=[]), "a traceback"),
    "frame": ({"text/html": PERSON, "text/plain": PERSON}, "a frame or another object"),
    "html": ({"text/html": PERSON}, "a frame or another object"),
    "markdown": ({"text/markdown": PERSON}, "a frame or another object"),
    "nothing": ({}, "a frame or another object"),
    "picture": ({"image/png": PERSON, "text/plain": PERSON}, "a picture"),
    "widget": ({"application/vnd.jupyter.widget-view+json": {"model_id": PERSON}}, "a widget"),
    "program": ({"application/javascript": PERSON, "text/plain": PERSON}, "a program"),
    "exhibit with another type": (EXHIBIT | {"application/json": PERSON}, "unknown parts"),
    "exhibit and Markdown": (EXHIBIT | {"text/markdown": PERSON}, "unknown parts"),
    "exhibit and text": (EXHIBIT | {TEXT_MIME: TEXT[TEXT_MIME]}, "unknown parts"),
    "text and HTML": (TEXT | {"text/html": PERSON}, "unknown parts"),
    "figure with another part": (other(EXHIBIT, child=PERSON), "unknown parts"),
    "table with another part": (other(TABLE, child=PERSON), "unknown parts"),
    "exhibit without languages": (figure()._repr_mimebundle_(), "in all languages"),
    "exhibit in one language": ({MIME: {"en": EXHIBIT[MIME]["en"]}}, "in all languages"),
    "exhibit in a third": ({MIME: EXHIBIT[MIME] | {PERSON: EXHIBIT[MIME]["en"]}}, "in all lang"),
    "text in one language": ({TEXT_MIME: {"en": PERSON}}, "in all languages"),
    "text that is no text": ({TEXT_MIME: {"en": [PERSON], "nl": "a"}}, "unknown parts"),
    "list of texts": ({TEXT_MIME: ["en", "nl"]}, "in all languages"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_any_other_output_is_named_by_cell_and_kind_and_never_quoted(case: str) -> None:
    output, kind = REFUSED[case]
    fine = shown(figure())
    cell = shown({})
    if isinstance(output, nbformat.NotebookNode):
        cell.outputs = [output]
    else:
        cell.outputs = [fine.outputs[0], new_output("execute_result", data=output)]
    injected = new_code_cell("n = 1", metadata={"tags": ["injected-parameters"]})
    with pytest.raises(DisclosureError) as stopped:
        outputs.release(notebook(injected, fine, cell), stem=STEM)
    message = str(stopped.value)
    assert message.startswith(f"{STEM}: cell 3 shows ") and kind in message
    assert "cell 2" not in message and PERSON not in message
    assert stopped.value.exit_code == 3


def test_all_cells_are_named_once() -> None:
    cell = shown({})
    cell.outputs = [stream("stdout"), stream("stderr"), stream("stdout")]
    with pytest.raises(DisclosureError, match="cell 2 shows printed text; cell 2 shows a warning"):
        outputs.release(notebook(cell), stem=STEM)


def test_an_exhibit_or_text_leaves_in_one_form_without_what_stands_beside_it() -> None:
    cells = []
    for bundle in (EXHIBIT, TABLE, TEXT):
        cell = shown({})
        beside = {name: PERSON for name in bundle if name.startswith("text/")}
        data = bundle | beside | {"text/plain": PERSON}
        cell.outputs = [new_output("execute_result", data=data, metadata={PERSON: PERSON})]
        cells.append(cell)
    made = notebook(*cells)
    made.metadata = {"oab": {"reads": []}, "widgets": {PERSON: PERSON}, "papermill": {}}
    outputs.release(made, stem=STEM)
    left = [each.outputs[0].data for each in made.cells[1:]]
    assert left == [{MIME: EXHIBIT[MIME]}, {MIME: TABLE[MIME]}, {TEXT_MIME: TEXT[TEXT_MIME]}]
    assert PERSON not in nbformat.writes(made)
    assert made.metadata == {"oab": {"reads": []}}
    again = copy.deepcopy(made)
    outputs.release(again, stem=STEM)
    assert again == made
