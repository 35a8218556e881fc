"""Whatever way an exception takes out of the kernel, its message stays inside."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from oablib.base.errors import IncompleteRunError, OabError, SchemaError
from oablib.running.kernels import execute as kernel

SENTINEL = "999111999"
PERSON = f"person = int('{SENTINEL}')\n"

STOPPED = {
    "lookup": (PERSON + "{}[person]", "KeyError: line 2 of the cell"),
    "chained": (
        PERSON + "try:\n    {}[person]\nexcept KeyError as error:\n"
        "    raise RuntimeError('row') from error",
        "RuntimeError: line 5",
    ),
    "group": (PERSON + "raise ExceptionGroup('two', [ValueError(person)])", "ExceptionGroup"),
    "display": (
        PERSON + "class Row:\n    def _repr_html_(self):\n        raise ValueError(person)\nRow()",
        "ValueError",
    ),
    "exit": (PERSON + "raise SystemExit(str(person))", "SystemExit"),
    "magic": (PERSON + "%no_such_magic $person", "UsageError"),
    "in oablib": (
        PERSON + "from oablib.params import strict_yaml\nstrict_yaml.scalar(person)",
        "line 3 of the cell; oablib/params/strict_yaml.py:",
    ),
}
SURVIVED = {
    "kernel": "get_ipython().kernel.log.error(f'no {person}')",
    "library": "import logging\nlogging.getLogger('some.library').error(f'no {person}')",
    "warning": "import warnings\nwarnings.warn(str(person))",
    "thread": "import threading\n"
    "def fail():\n    raise ValueError(person)\n"
    "thread = threading.Thread(target=fail)\nthread.start()\nthread.join()",
    "finalizer": "class Row:\n"
    "    def __del__(self):\n        raise ValueError(person)\n"
    "Row() and None",
    "task": "import asyncio, gc\n"
    "async def fail():\n    raise ValueError(person)\n"
    "task = asyncio.create_task(fail())\nawait asyncio.sleep(0.05)\ndel task\ngc.collect();",
}


def execute(*sources: str, folder: Path) -> nbformat.NotebookNode:
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    return kernel.execute(notebook, stem="01_intake", values={}, environment={}, folder=folder)


@pytest.mark.parametrize("case", STOPPED)
def test_an_exception_is_shown_by_class_and_line_only(
    case: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source, expected = STOPPED[case]
    with pytest.raises(IncompleteRunError) as stopped:
        execute(source, folder=tmp_path)
    assert expected in str(stopped.value)
    assert SENTINEL not in str(stopped.value) + "".join(capfd.readouterr())


def test_what_fails_beside_the_cells_is_not_quoted_in_the_notebook(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    done = execute(PERSON, *SURVIVED.values(), folder=tmp_path)
    outputs = "".join(str(cell.outputs) for cell in done.cells)
    for part in ("ValueError outside the main", "ERROR in the log of some.", "UserWarning in line"):
        assert part in outputs
    assert SENTINEL not in outputs + "".join(capfd.readouterr())


def test_an_error_of_ours_is_shown_without_what_caused_it(tmp_path: Path) -> None:
    source = (
        PERSON + "from oablib.base.errors import SchemaError\n"
        "class OwnError(SchemaError):\n    pass\n"
        "try:\n    {}[person]\nexcept KeyError:\n    raise OwnError('3 rows')"
    )
    with pytest.raises(OabError) as stopped:
        execute(source, folder=tmp_path)
    assert type(stopped.value) is SchemaError
    assert str(stopped.value) == "3 rows"


def test_a_kernel_that_is_killed_ends_the_run(tmp_path: Path) -> None:
    with pytest.raises(IncompleteRunError, match="memory"):
        execute("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", folder=tmp_path)
