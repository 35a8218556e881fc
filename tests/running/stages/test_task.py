"""A stage runs with what it declares, loads what its key knows, and says how long it took."""

import time
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from oablib.base.errors import DisclosureError
from oablib.running.kernels.execute import Kernels
from oablib.running.stages import declared, key, task
from oablib.running.stages.declared import Stage
from oablib.running.stages.task import StageTask
from tests.places import ROOT

# What the guard is in and what it loads, before the first cell: no result depends on it.
GUARD = {"oablib.running", "oablib.running.kernels", "oablib.base.withheld"}
NOTE_LOADED = (
    "import os, pathlib, sys\n"
    "loaded = sorted(name for name in sys.modules if name.startswith('oablib'))\n"
    "pathlib.Path(os.environ['OAB_RESULTS'], 'loaded.parquet').write_text(' '.join(loaded));"
)
VALUES = {"run": "demo", "codebook": "codebook", "model": "base"}


def small(source: str, **options: object) -> StageTask:
    notebook = nbformat.writes(new_notebook(cells=[new_code_cell(source)]))
    empty: frozenset[str] = frozenset()
    made = StageTask("01_small", notebook, {}, {}, writes=empty, may_write=empty)
    return replace(made, **options)  # type: ignore[arg-type]


@pytest.fixture
def literature(monkeypatch: pytest.MonkeyPatch) -> Stage:
    """The stage that reads no table."""
    monkeypatch.setenv("OAB_ROOT", str(ROOT))
    return next(stage for stage in declared.load() if stage.stem == "02_literature")


def test_every_module_that_a_stage_loads_is_part_of_its_key(
    literature: Stage, tmp_path: Path
) -> None:
    """Executed as a run does it, so that modules count which a function imports when called."""
    notebook = nbformat.reads(literature.text, as_version=4)
    notebook.cells.append(new_code_cell(NOTE_LOADED))
    task.execute(
        StageTask(
            literature.stem,
            nbformat.writes(notebook),
            key.values_of(literature, VALUES),
            key.files(literature, VALUES),
            writes=frozenset(literature.writes),
            may_write=frozenset({*literature.may_write, "loaded"}),
            kernels="plain",
        ),
        tmp_path / "stage",
    )
    loaded = set((tmp_path / "stage" / "results" / "loaded.parquet").read_text().split())
    parts = key.components(literature, VALUES, tables={}, delivery={})
    known = {name.removeprefix("module ") for name in parts if name.startswith("module ")}
    assert len(loaded) > 20
    assert loaded - known == GUARD


@pytest.mark.parametrize("kernels", ["forked", "plain"])
def test_seconds_are_those_of_the_work(kernels: Kernels, tmp_path: Path) -> None:
    began = time.perf_counter()
    times = task.execute(small("import time\ntime.sleep(0.5)", kernels=kernels), tmp_path / "a")
    assert 0.5 <= times.in_cells < times.seconds < time.perf_counter() - began


def test_a_packed_task_brings_its_files_and_sends_what_it_made(tmp_path: Path) -> None:
    rules = tmp_path / "mine.yaml"
    rules.write_text("a: 1", encoding="utf-8")
    source = (
        "import json, os, pathlib\n"
        "text = pathlib.Path('params/rules/mine.yaml').read_text()\n"
        "text += f', {os.environ.get(\"OAB_ROLES_ONLY\")}'\n"
        "pathlib.Path(os.environ['OAB_RESULTS'], 'made.parquet').write_text(text);"
    )
    given = small(
        source, files={"params/rules/mine.yaml": rules}, writes=frozenset({"made"}), roles_only=True
    )
    packed = task.packed(given)
    rules.unlink()
    assert task.packed(packed) == packed
    contents, times = task.execute_packed(packed)
    assert contents.keys() == {"results/made.parquet", task.EXECUTED}
    assert 0 < times.in_cells < times.seconds
    task.unpack(contents, tmp_path / "made")
    assert (tmp_path / "made" / "results" / "made.parquet").read_text() == "a: 1, yes"
    packed = task.packed(small("1"))
    with pytest.raises(DisclosureError, match="01_small: cell 1 shows"):
        task.execute_packed(packed)
    task._keep_kernels_open("forked").close()  # a worker keeps them until it ends
    task._keep_kernels_open.cache_clear()
