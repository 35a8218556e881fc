"""A run is whole or leaves everything as it was, and its failures name nobody."""

import errno
import json
from pathlib import Path

import nbformat
import pytest
from filelock import FileLock
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from oablib import kernel, params, run
from oablib.errors import EnvironmentFault, IncompleteRunError, InputError, SchemaError

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


def test_an_interrupted_run_says_how_to_go_on(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = everything(execute().parent)

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(kernel, "execute", interrupt)
    with pytest.raises(IncompleteRunError, match="oab run mine") as stopped:
        execute()
    assert stopped.value.exit_code == 4
    assert everything(root / "reports" / "mine") == before
    assert not list((root / ".work" / "mine").glob("attempt-*"))


def test_a_full_disk_is_the_machines_fault(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/secret/place/01_intake.ipynb")

    monkeypatch.setattr(kernel, "execute", fill)
    with pytest.raises(EnvironmentFault, match=r"01_intake\.ipynb: No space left") as stopped:
        execute()
    assert stopped.value.exit_code == 5
    assert "secret" not in str(stopped.value)


def test_what_a_killed_run_left_is_put_right(root: Path) -> None:
    """Killed between its two renames, a run leaves the earlier report in its private folder."""
    work, report = root / ".work" / "mine", root / "reports" / "mine"
    before = everything(execute().parent)
    report.rename(work / "previous")
    (work / "attempt-killed").mkdir()
    stage(root, "01_intake", "raise RuntimeError")
    with pytest.raises(IncompleteRunError):
        execute()
    assert everything(report) == before
    assert not list(work.glob("attempt-*"))


def test_the_terminal_shows_each_stage_once(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run.execute(params.run_parameters("mine"), progress=True)
    lines = capfd.readouterr().err.splitlines()
    assert [line.split()[0] for line in lines] == ["data", "01_intake", "00_summary", "reports"]


def test_a_published_notebook_tells_no_folder_of_the_machine(root: Path) -> None:
    code = "import warnings\nwarnings.warn('look here')\nprint(data)"
    stage(root, "00_summary", code)
    (root / "elsewhere").mkdir()
    (root / "cohort.csv").rename(root / "elsewhere" / "cohort.csv")
    page = (execute(data="elsewhere/cohort.csv").parent / "00_summary.html").read_text("utf-8")
    assert "cell:2: UserWarning: look here" in page
    assert "cohort.csv" in page
    assert str(root) not in page


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
    with (
        FileLock(root / ".work" / "mine.lock"),
        pytest.raises(IncompleteRunError, match="already running") as refused,
    ):
        execute()
    assert refused.value.exit_code == 4


def test_private_tables_are_private(root: Path) -> None:
    stage(root, "01_intake", STORE + "tables.write('cohort', pd.DataFrame({'child': [1]}))\n"
          "tables.write_result('sizes', pd.DataFrame({'n': [3]}))")  # fmt: skip
    execute()
    work = root / ".work" / "mine"
    assert (work / "cohort.parquet").stat().st_mode & 0o077 == 0
    assert work.stat().st_mode & 0o077 == 0
    assert not list((root / "reports").rglob("*.parquet"))
