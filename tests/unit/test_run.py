"""A run is whole or leaves everything as it was, and its failures name nobody."""

import json
import multiprocessing
from pathlib import Path

import nbformat
import pytest
from filelock import FileLock
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from oablib import params, run
from oablib.errors import IncompleteRunError, InputError, SchemaError

SENTINEL = "999111999"
HEAD = "# {stem}\n\n**Question.** What?\n\n**Answer.** This."
STORE = "from oablib import store\nimport pandas as pd\ntables = store.open('mine')\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project root with two small notebooks as its stages, and a data file."""
    (tmp_path / "notebooks").mkdir()
    real = params.root()
    (tmp_path / "params").mkdir()
    for kind in ("rules", "models", "published"):
        (tmp_path / "params" / kind).symlink_to(real / "params" / kind)
    (tmp_path / "params" / "runs").mkdir()
    (tmp_path / "params" / "runs" / "mine.yaml").write_text("title: Mine\ndata: cohort.csv\n")
    (tmp_path / "cohort.csv").write_text(f"child_id\n{SENTINEL}\n")
    monkeypatch.setenv("OAB_ROOT", str(tmp_path))
    monkeypatch.setattr(run, "STAGES", ("01_intake", "00_summary"))
    stage(tmp_path, "01_intake", STORE + "tables.write_result('sizes', pd.DataFrame({'n': [3]}))")
    stage(tmp_path, "00_summary", STORE + "print(tables.read_result('sizes')['n'].sum(), seed)")
    return tmp_path


def stage(root: Path, stem: str, code: str, *, writes: tuple[str, ...] = ()) -> None:
    parameters = new_code_cell("seed: int = 1  # seed\ndata: str = ''  # file")
    parameters.metadata["tags"] = ["parameters"]
    cells = [new_markdown_cell(HEAD.format(stem=stem)), parameters, new_code_cell(code)]
    notebook = new_notebook(cells=cells, metadata={"oab": {"writes": list(writes)}})
    nbformat.write(notebook, root / "notebooks" / f"{stem}.ipynb")


def execute(**overrides: object) -> Path:
    return run.execute(params.run_parameters("mine", overrides), progress=False)


def everything(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_run_makes_its_pages_tables_and_manifest(root: Path) -> None:
    index = execute(seed=7)
    assert index == root / "reports" / "mine" / "index.html"
    made = {path.name for path in index.parent.iterdir()}
    assert made == {"index.html", "01_intake.html", "00_summary.html", "manifest.json", "tables"}
    manifest = json.loads((index.parent / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["parameters"]["seed"] == 7
    assert "3 7" in (index.parent / "00_summary.html").read_text(encoding="utf-8")


def test_two_runs_of_the_same_give_the_same_tables_and_pages(root: Path) -> None:
    first = everything(execute().parent)
    second = everything(execute().parent)
    assert first.pop("manifest.json") and second.pop("manifest.json")  # they tell the time it took
    assert first["tables/sizes.csv"] == second["tables/sizes.csv"]
    assert first.keys() == second.keys()


@pytest.mark.parametrize("raised", ["KeyError", "ValueError"])
def test_an_unforeseen_error_withholds_its_message_everywhere(
    root: Path, raised: str, capfd: pytest.CaptureFixture[str]
) -> None:
    stage(root, "01_intake", f"raise {raised}(open(data).read())")
    with pytest.raises(IncompleteRunError) as stopped:
        execute()
    printed = "".join(capfd.readouterr()) + str(stopped.value)
    assert raised in printed
    assert SENTINEL not in printed
    kept = {name: data for name, data in everything(root).items() if name != "cohort.csv"}
    assert all(SENTINEL.encode() not in data for data in kept.values())


def test_an_error_of_ours_keeps_its_message_and_its_exit_code(root: Path) -> None:
    stage(root, "01_intake", "from oablib.errors import SchemaError\nraise SchemaError('3 rows')")
    with pytest.raises(SchemaError, match=r"^3 rows$") as refused:
        execute()
    assert refused.value.exit_code == 2


def test_a_failed_run_leaves_the_earlier_report_as_it_was(root: Path) -> None:
    before = everything(execute().parent)
    stage(root, "00_summary", "raise RuntimeError")
    with pytest.raises(IncompleteRunError):
        execute()
    assert everything(root / "reports" / "mine") == before
    assert not list((root / ".work" / "mine").glob("attempt-*"))


def test_a_promised_table_that_is_absent_stops_the_run(root: Path) -> None:
    stage(root, "01_intake", "x = 1", writes=("sizes",))
    with pytest.raises(IncompleteRunError, match="sizes"):
        execute()


def test_an_absent_file_is_refused_before_anything_starts(root: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.sav"):
        execute(data="nowhere.sav")
    assert not (root / ".work").exists()


def test_the_same_run_does_not_start_twice(root: Path) -> None:
    (root / ".work").mkdir()
    context = multiprocessing.get_context("spawn")
    ready, stop = context.Event(), context.Event()
    other = context.Process(target=hold, args=(str(root / ".work" / "mine.lock"), ready, stop))
    other.start()
    try:
        assert ready.wait(30)
        with pytest.raises(IncompleteRunError, match="already running"):
            execute()
    finally:
        stop.set()
        other.join()


def hold(path: str, ready, stop) -> None:
    with FileLock(path):
        ready.set()
        stop.wait(60)


def test_private_tables_are_private(root: Path) -> None:
    stage(root, "01_intake", STORE + "tables.write('cohort', pd.DataFrame({'child': [1]}))\n"
          "tables.write_result('sizes', pd.DataFrame({'n': [3]}))")  # fmt: skip
    execute()
    work = root / ".work" / "mine"
    assert (work / "cohort.parquet").stat().st_mode & 0o077 == 0
    assert work.stat().st_mode & 0o077 == 0
    assert not list((root / "reports").rglob("*.parquet"))
