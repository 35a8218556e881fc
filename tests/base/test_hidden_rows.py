"""A frame shows what it is and no row, until one asks for rows."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

from oablib.base import hidden_rows

CHILD = "x999111999"
FRAME = pd.DataFrame({"score": [501.25], CHILD: [CHILD]}, index=[CHILD])
OUTLINES = {
    "DataFrame: 1 rows x 2 columns: score, 1 with unusual names": FRAME,
    "Series: 1 rows": FRAME[CHILD],
    "ndarray of shape (1, 2)": FRAME.to_numpy(),
    "recarray of shape (1,)": FRAME.to_records(),
    "MaskedArray of shape (1, 1)": np.ma.masked_array([[501.25]]),
    "StringArray: 1 rows": FRAME[CHILD].unique(),
    "Categorical: 1 rows": FRAME[CHILD].astype("category").array,
}


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """A shell as that of a kernel, in which nobody has asked for rows."""
    monkeypatch.setattr(hidden_rows, "_asked_for", False)
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def shown(shell: InteractiveShell, value: Any) -> dict[str, str]:
    """Type of output -> content."""
    return shell.display_formatter.format(value)[0]


@pytest.mark.parametrize("outline", OUTLINES)
def test_a_frame_shows_its_outline_and_how_to_see_more(
    shell: InteractiveShell, outline: str
) -> None:
    hidden_rows.hide()
    with pd.option_context("styler.render.repr", "latex"):
        looks = shown(shell, OUTLINES[outline])
    assert looks.keys() == {"text/plain", "text/html"}
    for look in looks.values():
        assert outline in look and "stage.show_rows()" in look
        assert CHILD not in look and "501" not in look
    listed = shown(shell, [OUTLINES[outline]])["text/plain"]
    assert outline in listed and CHILD not in listed


def test_rows_that_were_asked_for_are_shown_until_the_session_ends(shell: InteractiveShell) -> None:
    before = shown(shell, FRAME)
    assert CHILD in before["text/html"]
    for step in (hidden_rows.hide, hidden_rows.show, hidden_rows.hide):
        step()
    assert shown(shell, FRAME) == before


def test_other_objects_look_as_before(shell: InteractiveShell) -> None:
    values = (4.5, "text", [1, 2], np.float64(2.5), {"a": 1})
    before = [shown(shell, value) for value in values]
    hidden_rows.hide()
    assert [shown(shell, value) for value in values] == before


def test_without_a_shell_nothing_happens() -> None:
    InteractiveShell.clear_instance()
    hidden_rows.hide()
    assert CHILD in FRAME.to_html()
