"""A run is whole or leaves everything as it was, and its failures name nobody."""

import errno
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from filelock import FileLock
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from oablib.base.errors import (
    EnvironmentFault,
    IncompleteRunError,
    InputError,
    ParameterError,
    SchemaError,
)
from oablib.base.files import sha256
from oablib.params import run as params_run
from oablib.running import commands, run
from oablib.running.kernels import execute as kernel
from tests.places import ROOT

SENTINEL = "999111999"
BOTH = "en nl"
MINE = "title: Mine\ndata: cohort.csv\nlanguages: en\n"
HEAD = "# {stem}\n\n**Question.** What?\n\n**Answer.** This."
QUIET, SHOWN = run.Options(level="quiet"), run.Options()
# What was executed in a run is "cached" in the next.
TELLS_STATUS = ("index.html", "contents.json", "manifest.json")
STORE = "from oablib.notebook import store\nimport pandas as pd\ntables = store.of_run('mine')\n"


DESCRIBED = """
sizes: {title: Sizes, title_nl: Groottes, unit: n, unit_nl: n, rows: one, rows_nl: een, cells: none}
"""


@pytest.fixture
def root(project: Path) -> Path:
    """A project root with two small notebooks as its stages, and a data file."""
    (project / "params" / "runs" / "mine.yaml").write_text(MINE)
    (project / "cohort.csv").write_text(f"child_id\n{SENTINEL}\n")
    (project / "params" / "results").mkdir()
    (project / "params" / "results" / "intake.yaml").write_text(DESCRIBED)
    stage(project, "01_intake", SIZES, reads=["delivery"], writes=["sizes"])
    stage(project, "00_summary", SUMMARY, reads=["sizes"])
    return project


SIZES = STORE + "tables.write_result('sizes', pd.DataFrame({'n': [3]}))"
TEXT = "from oablib.report.translated import paragraphs\n"
SUMMARY = STORE + TEXT + "paragraphs(f\"{tables.read_result('sizes')['n'].sum()} {seed}\")"
NEXT = "\n# %%\n"
HOSTILE = {
    "person = open(data).read()\nimport pandas as pd\npd.DataFrame({'a': [person]})": "a frame",
    "pd.Series([person])": "a frame",
    "print(person)": "printed text",
    "import warnings\nwarnings.warn(person)": "a warning",
    "import logging\nlogging.getLogger('some').error(person)": "a warning or a line of a log",
    "view = 'application/vnd.jupyter.widget-view+json'\n"
    "display({view: {'model_id': person}, 'text/plain': person}, raw=True)": "a widget",
    "display({'image/svg+xml': person}, raw=True)": "a picture",
    "from IPython.display import HTML\nHTML(person)": "a frame or another object",
    "from oablib.report.exhibit import About, Table\n"
    "from oablib.report.translated import InLanguages\n"
    "table = Table(label='tbl-a', title='A', unit='', about=About('a'), headings=[('a', False)],\n"
    "    groups=[('', [['b']])], numbers=pd.DataFrame())\n"
    "both = InLanguages({'en': table, 'nl': table})\n"
    "display(both._repr_mimebundle_() | {'text/latex': person}, raw=True)": "an exhibit or text",
    "shown = display(both, display_id=True)\nshown.update(person)": "a frame or another object",
    "display(both, metadata={'child': person})\nboth": "",
}


def stage(root: Path, stem: str, code: str, **oab: list[str]) -> None:
    """Write a stage, its code as one cell or more; without metadata it keeps those it has."""
    path = root / "notebooks" / f"{stem}.ipynb"
    if not oab and path.exists():
        oab = nbformat.read(path, as_version=4).metadata["oab"]
    parameters = new_code_cell("seed: int = 1  # seed\ndata: str = ''  # file")
    parameters.metadata["tags"] = ["parameters"]
    cells = [new_markdown_cell(HEAD.format(stem=stem)), parameters]
    cells += map(new_code_cell, code.split(NEXT))
    nbformat.write(new_notebook(cells=cells, metadata={"oab": oab}), path)


def execute(options: run.Options = QUIET, **overrides: object) -> Path:
    return run.execute(run.Job(params_run.run_parameters("mine", overrides)), options)


def everything(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_run_makes_its_pages_tables_and_manifest(root: Path) -> None:
    index = execute(seed=7, languages=BOTH)
    assert index == root / "reports" / "mine" / "index.html"
    made = {path.name for path in index.parent.iterdir()}
    pages = {f"{stem}.{kind}" for stem in ("01_intake", "00_summary") for kind in ("html", "pdf")}
    of_language = {*pages, "notebooks", "downloads", "index.html", "provenance.html"}
    assert made == {*of_language, "nl", "tables", "contents.json", "manifest.json"}
    assert {path.name for path in (index.parent / "nl").iterdir()} == of_language
    notebooks = {path.name for path in (index.parent / "notebooks").iterdir()}
    assert notebooks == {"01_intake.ipynb", "00_summary.ipynb"}
    tables = {path.name for path in (index.parent / "tables").iterdir()}
    assert tables == {"sizes.csv", "sizes.parquet", "sizes.xlsx", "catalogue.json"}
    manifest = json.loads((index.parent / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["parameters"]["seed"] == 7
    assert manifest["cells"] == {"looked_at": 0, "hidden": 0}
    assert {"oablib", "oablib.notebook.store", "oablib.base.rounding"} <= manifest["code"].keys()
    assert "3 7" in (index.parent / "00_summary.html").read_text(encoding="utf-8")


def test_one_language_is_made_at_the_top_and_the_other_choice_is_not_current(root: Path) -> None:
    folder = execute(languages="nl").parent
    assert not (folder / "nl").exists()
    assert '<html lang="nl">' in (folder / "01_intake.html").read_text(encoding="utf-8")
    assert '<html lang="en">' in execute(languages="en").read_text(encoding="utf-8")


def test_two_runs_of_the_same_give_the_same_report(root: Path) -> None:
    """All bytes but those of the manifest, which tells the time it took."""
    first = everything(execute(languages=BOTH).parent)
    second = everything(execute(run.Options(force=True, level="quiet"), languages=BOTH).parent)
    assert first.pop("manifest.json") and second.pop("manifest.json")
    assert first == second


def executed(capfd: pytest.CaptureFixture[str], options: run.Options = SHOWN) -> list[str]:
    """Names of what a run had to do."""
    capfd.readouterr()
    execute(options)
    lines = capfd.readouterr().err.splitlines()
    return [line.split()[0] for line in lines if line.split()[1][:1].isdigit()]


def test_what_has_not_changed_is_not_executed_again(
    root: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert executed(capfd) == ["01_intake", "00_summary", "reports"]
    assert executed(capfd) == []
    stage(root, "00_summary", SUMMARY + "  # now")
    assert executed(capfd) == ["00_summary", "reports"]
    (root / "cohort.csv").write_text("child_id\n1\n")
    assert executed(capfd) == ["01_intake", "reports"]  # its table is the same as before
    assert executed(capfd, run.Options(start="00")) == ["00_summary"]
    assert executed(capfd, run.Options(force=True)) == ["01_intake", "00_summary"]


def test_a_new_version_of_a_linter_runs_nothing(root: Path) -> None:
    """Only the pages are made anew: they print the digest of the lock file."""
    lock = root / "requirements.lock"
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "\nruff==" in text
    lines = []
    for content in (text, text.replace("\nruff==", "\nruff==9")):
        lock.write_text(content, encoding="utf-8")
        command = [sys.executable, "-m", "oablib", "run", "mine"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        lines = [line.split()[:2] for line in done.stderr.splitlines()]
    assert lines[:2] == [["01_intake", "unchanged"], ["00_summary", "unchanged"]]
    assert [line[0] for line in lines[2:]] == ["reports"]
    manifest = json.loads((root / "reports" / "mine" / "manifest.json").read_text("utf-8"))
    assert manifest["lock"] == sha256(lock)


def test_changed_prose_is_rendered_and_nothing_is_executed(
    root: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    execute()
    path = root / "notebooks" / "00_summary.ipynb"
    path.write_text(path.read_text().replace("This.", "That."))
    assert executed(capfd) == ["reports"]
    page = (root / "reports" / "mine" / "00_summary.html").read_text(encoding="utf-8")
    assert "That." in page and "3 2021" in page


def test_a_report_that_was_tampered_with_is_made_anew(
    root: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = everything(execute().parent)
    (root / "reports" / "mine" / "tables" / "sizes.csv").write_text("n\n4\n")
    assert executed(capfd) == ["reports"]
    after = everything(root / "reports" / "mine")
    for name in TELLS_STATUS:
        assert before.pop(name) != after.pop(name)
    assert after == before


def test_one_page_alone_leaves_the_report_as_it_was(
    root: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = everything(execute().parent)
    stage(root, "01_intake", SIZES.replace("3", "5"))
    only = run.Options(only="01", level="quiet")
    assert execute(only) == root / ".work" / "mine" / "only" / "01_intake.html"
    assert everything(root / "reports" / "mine") == before


def test_a_dry_run_tells_what_would_run_and_why(root: Path) -> None:
    job = run.Job(params_run.run_parameters("mine"))

    def planned(options: run.Options = QUIET) -> dict[str, tuple[bool | None, str]]:
        steps = run.plan(job, options)
        return {step.stem: (step.runs, "; ".join(step.reasons)) for step in steps}

    first = planned()
    assert first["01_intake"] == (True, "for the first time")
    assert first["00_summary"] == (None, "if the tables of 01_intake change")
    assert not (root / ".work").exists()
    execute()
    assert {runs for runs, _ in planned().values()} == {False}
    stage(root, "00_summary", SUMMARY + "\n")
    assert planned() == {"01_intake": (False, ""), "00_summary": (True, "code cell 2")}
    assert planned(run.Options(force=True))["01_intake"] == (True, "on request")


def test_stages_that_do_not_wait_for_each_other_run_at_the_same_time(root: Path) -> None:
    """Each waits for a file that the other makes: one after the other they would never end."""
    meet = "import pathlib, time\npathlib.Path({0!r}).touch()\nend = time.time() + 20\n"
    meet += "while not pathlib.Path({1!r}).exists():\n    assert time.time() < end"
    a, b = str(root / "a"), str(root / "b")
    stage(root, "02_a", meet.format(a, b), reads=["sizes"])
    stage(root, "03_b", meet.format(b, a), reads=["sizes"])
    assert execute().exists()


def test_seconds_of_a_stage_leave_out_the_wait_for_a_kernel(
    root: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    for name in ("02_a", "03_b"):
        stage(root, name, "import time\ntime.sleep(2)", reads=["sizes"])
    began = time.perf_counter()
    execute(SHOWN)
    whole = time.perf_counter() - began
    lines = [line.split() for line in capfd.readouterr().err.splitlines()]
    shown = {line[0]: float(line[1]) for line in lines if line[0] != "reports"}
    last = json.loads((root / ".work" / "mine" / "last.json").read_text(encoding="utf-8"))
    manifest = json.loads((root / "reports" / "mine" / "manifest.json").read_text("utf-8"))
    assert shown.keys() == last.keys() == {"01_intake", "02_a", "03_b", "00_summary"}
    for stem, seconds in shown.items():
        assert last[stem]["seconds"] == pytest.approx(seconds, abs=0.06)
        assert manifest["stages"][stem]["seconds"] == last[stem]["seconds"]
    assert sum(shown.values()) < whole  # on one thread; with the wait each would count twice
    assert shown["02_a"] >= 2 and shown["03_b"] >= 2


def test_a_stage_sees_only_what_it_declares(root: Path) -> None:
    stage(root, "00_summary", SUMMARY, reads=[])
    with pytest.raises(InputError, match=r"sizes\.parquet"):
        execute()
    stage(root, "00_summary", "from oablib import params\nparams.rules('imputation')", reads=[])
    with pytest.raises(ParameterError, match="imputation"):
        execute()
    stage(root, "00_summary", SIZES.replace("sizes", "others"), reads=[])
    with pytest.raises(IncompleteRunError, match=r"do not declare: \['others'\]"):
        execute()


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


def test_what_is_no_exhibit_and_no_text_stops_the_run_and_is_kept_nowhere(
    root: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Each way out of a cell in a cell of its own, the first of which is the third."""
    stage(root, "01_intake", NEXT.join(HOSTILE))
    assert commands.main(["run", "mine"]) == 3
    printed = "".join(capfd.readouterr())
    expected = [f"cell {n} shows {kind}" for n, kind in enumerate(HOSTILE.values(), 3) if kind]
    assert [part for part in expected if part not in printed] == []
    assert f"cell {2 + len(HOSTILE)} shows" not in printed  # of an exhibit the metadata are dropped
    assert SENTINEL not in printed
    kept = {name: data for name, data in everything(root).items() if name != "cohort.csv"}
    assert "reports/index.html" in kept and not (root / "reports" / "mine").exists()
    assert [name for name, data in kept.items() if SENTINEL.encode() in data] == []


def test_an_error_of_ours_keeps_its_message_and_its_exit_code(root: Path) -> None:
    code = "from oablib.base.errors import SchemaError\nraise SchemaError('3 rows')"
    stage(root, "01_intake", code)
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
    with pytest.raises(IncompleteRunError, match="interrupted") as stopped:
        execute(run.Options(force=True, level="quiet"))
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
    """Killed between its two renames, a run leaves the earlier report beside its place."""
    work, report = root / ".work" / "mine", root / "reports" / "mine"
    before = everything(execute().parent)
    report.rename(report.with_name(".mine.previous"))
    (work / "attempt-killed").mkdir()
    report.with_name(".mine.new").mkdir()
    stage(root, "01_intake", "raise RuntimeError")
    with pytest.raises(IncompleteRunError):
        execute()
    assert everything(report) == before
    assert {path.name for path in report.parent.iterdir()} == {"index.html", "mine"}
    assert not list(work.glob("attempt-*"))


def test_the_terminal_shows_each_stage_once(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    execute(SHOWN)
    lines = capfd.readouterr().err.splitlines()
    assert [line.split()[0] for line in lines] == ["01_intake", "00_summary", "reports"]
    log = (root / ".work" / "mine" / "run.log").read_text(encoding="utf-8")
    assert "01_intake runs: for the first time" in log
    assert "01_intake started" in log


def test_a_published_notebook_tells_no_folder_of_the_machine(root: Path) -> None:
    stage(root, "00_summary", TEXT + "paragraphs(data)")
    (root / "elsewhere").mkdir()
    (root / "cohort.csv").rename(root / "elsewhere" / "cohort.csv")
    page = (execute(data="elsewhere/cohort.csv").parent / "00_summary.html").read_text("utf-8")
    assert "cohort.csv" in page
    assert str(root) not in page


def test_a_promised_table_that_is_absent_stops_the_run(root: Path) -> None:
    stage(root, "01_intake", "x = 1")
    with pytest.raises(IncompleteRunError, match="sizes"):
        execute()


def test_an_absent_file_is_refused_before_anything_starts(root: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.sav"):
        execute(data="nowhere.sav")
    assert not (root / ".work").exists()


def test_the_same_run_does_not_start_twice(root: Path) -> None:
    (root / ".work" / "mine").mkdir(parents=True)
    (root / ".work" / "mine" / "pid").write_text("4711")
    with (
        FileLock(root / ".work" / "mine.lock"),
        pytest.raises(IncompleteRunError, match=r"\(process 4711\) is already running") as refused,
    ):
        execute()
    assert refused.value.exit_code == 4


def test_private_tables_are_private(root: Path) -> None:
    write = STORE + "tables.write('cohort', pd.DataFrame({'child': [1]}))"
    stage(root, "01_intake", write, reads=["delivery"], writes=["cohort"])
    stage(root, "00_summary", STORE + "tables.read('cohort');", reads=["cohort"])
    execute()
    work = root / ".work" / "mine"
    for folder in (work, root / ".work" / ".cache"):
        assert folder.stat().st_mode & 0o077 == 0
        for path in folder.rglob("*.parquet"):
            assert path.stat().st_mode & 0o077 == 0
    assert (work / "private" / "cohort.parquet").exists()
    assert not list((root / "reports").rglob("*.parquet"))
