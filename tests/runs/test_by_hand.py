"""Notebooks opened in JupyterLab after a run work on that run, as they are."""

import os
from pathlib import Path

import nbclient
import nbformat
import pandas as pd
import pytest

from oablib import synthetic
from tests.runs.conftest import PROJECT, RunOab

# One reads the delivered file, the other private tables.
STEMS = ("01_intake", "04_scale_values")
RUN = "herijking-2021"  # not the one whose name the notebooks hold


def by_hand(stem: str, *, root: Path) -> str:
    """Execute a notebook as JupyterLab does; what it printed."""
    notebook = nbformat.read(PROJECT / "notebooks" / f"{stem}.ipynb", as_version=4)
    there = os.environ | {"OAB_ROOT": str(root), "PYTHONPATH": str(PROJECT)}
    client = nbclient.NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(root)}}
    )
    client.execute(env=there)
    outputs = [each for cell in notebook.cells for each in cell.get("outputs", [])]
    return "".join(each.text for each in outputs if each.output_type == "stream")


def tables(root: Path) -> dict[str, pd.DataFrame]:
    paths = (root / ".work" / RUN).glob("[pr]*/*.parquet")
    return {path.stem: pd.read_parquet(path) for path in paths}


@pytest.mark.slow
def test_a_notebook_opened_by_hand_gives_the_tables_of_the_last_run(
    oab: RunOab, root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    delivered = synthetic.deliver(tmp_path_factory.mktemp("delivery"), n=1200, seed=4)
    small = ("--set=country=", "--set=imputations=2", "--set=iterations=1", "--only=04", "--quiet")
    done = oab("run", RUN, "--data", str(delivered), *small)
    assert done.returncode == 0, done.stderr
    made = tables(root)
    assert {"cohort", "imputed", "scale_values", "population"} <= made.keys()
    for stem in STEMS:
        printed = by_hand(stem, root=root)
        assert f"Parameters of run {RUN}, made " in printed
        assert f"run = '{RUN}'" in printed
    again = tables(root)
    assert made.keys() == again.keys()
    for name, table in made.items():
        pd.testing.assert_frame_equal(again[name], table, obj=name)
    assert not (root / ".work" / "demo").exists()
