"""A report can be held against its manifest; what holds children goes on request or in time."""

import json
import os
import shutil
import time
from pathlib import Path

import pytest
from filelock import FileLock

from oablib.base.errors import IncompleteRunError, InputError, ParameterError
from oablib.base.files import sha256
from oablib.running import commands, used
from oablib.running.housekeeping import cleaning, reports, settings
from tests.places import ROOT


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one small report and the private folders of two runs."""
    rules = tmp_path / "params" / "rules"
    rules.mkdir(parents=True)
    shutil.copy(ROOT / "params" / "rules" / "housekeeping.yaml", rules)
    report = tmp_path / "reports" / "mine"
    (report / "tables").mkdir(parents=True)
    (report / "index.html").write_text("page")
    (report / "tables" / "fit.csv").write_text("a\n1\n")
    manifest = {"results": {"fit.csv": sha256(report / "tables" / "fit.csv")},
            "files": {"index.html": sha256(report / "index.html")}}  # fmt: skip
    (report / "manifest.json").write_text(json.dumps(manifest))
    for place in ("mine/private", "validation/replications", ".cache/01_intake"):
        (tmp_path / ".work" / place).mkdir(parents=True)
        (tmp_path / ".work" / place / "rows").write_text("x" * 100)
    monkeypatch.setenv("OAB_ROOT", str(tmp_path))
    return tmp_path


def test_a_report_as_it_was_made_passes(root: Path) -> None:
    assert reports.verify("mine") == 2


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("index.html", "other", "index.html: changed"),
        ("tables/fit.csv", None, "tables/fit.csv: absent"),
        ("tables/more.csv", "a\n", "tables/more.csv: not in the manifest"),
    ],
)
def test_a_changed_absent_or_added_file_is_named(
    root: Path, name: str, text: str | None, message: str
) -> None:
    path = root / "reports" / "mine" / name
    path.unlink() if text is None else path.write_text(text)
    with pytest.raises(IncompleteRunError, match="1 of its files") as refused:
        reports.verify("mine")
    assert message in str(refused.value)
    assert refused.value.exit_code == 4


def test_a_report_without_manifest_and_an_unfit_name_are_refused(root: Path) -> None:
    with pytest.raises(InputError, match="oab run yours"):
        reports.verify("yours")
    with pytest.raises(ParameterError):
        reports.verify("../mine")


def keep(root: Path, result: str, *runs: str) -> Path:
    """A kept result of 100 bytes about children, which runs have used."""
    folder = root / ".work" / ".cache" / result
    (folder / "private").mkdir(parents=True)
    (folder / "private" / "cohort.parquet").write_text("x" * 100)
    for run in runs:
        work = root / ".work" / run
        work.mkdir(exist_ok=True)
        used.note(*result.split("/"), work=work)
    return folder


def sizes(removed: list[cleaning.Removed]) -> dict[str, int]:
    return {each.name: each.size for each in removed}


def test_cleaning_one_run_leaves_the_others_and_all_reports(root: Path) -> None:
    other = keep(root, "01_intake/b", "yours")
    assert sizes(cleaning.clean(["mine"])) == {"mine": 100}
    work = root / ".work"
    assert not (work / "mine").exists()
    assert (work / "validation").exists() and (work / "yours").exists() and other.exists()
    assert reports.verify("mine") == 2


def test_results_that_a_run_used_go_with_it_whoever_used_them_too(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alone, both = keep(root, "01_intake/a", "mine"), keep(root, "01_intake/b", "mine", "yours")
    assert commands.main(["clean", "mine"]) == 0
    assert not alone.exists() and not both.exists()
    assert (root / ".work" / "yours").exists()
    printed = capsys.readouterr().out
    assert "2 kept results removed" in printed
    assert "used by yours as well" in printed and "`oab clean yours`" in printed


def test_results_that_another_run_is_using_are_not_taken_away(root: Path) -> None:
    both = keep(root, "01_intake/b", "mine", "yours")
    with (
        FileLock(root / ".work" / "yours.lock"),
        pytest.raises(IncompleteRunError, match="yours is already running"),
    ):
        cleaning.clean(["mine"])
    assert both.exists() and (root / ".work" / "mine").exists()
    assert cleaning.clean(["mine", "yours"])[0].shared == ()


def test_a_ledger_goes_only_when_it_is_asked_for(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = root / ".work" / "mine" / "ledger"
    ledger.mkdir()
    (ledger / "rows").write_text("x" * 100)
    assert commands.main(["clean", "mine"]) == 0
    assert "its ledger stays" in capsys.readouterr().out
    assert [path.name for path in (root / ".work" / "mine").iterdir()] == ["ledger"]
    cleaning.clean([])
    assert commands.main(["clean", "--ledger"]) == 2
    assert ledger.exists()
    assert sizes(cleaning.clean(["mine"], ledger=True)) == {"mine": 100}
    assert not ledger.parent.exists()


def unused(path: Path, *, days: float) -> None:
    """Set the time of a folder, and of all in it, back."""
    then = time.time() - days * 24 * 3600
    for each in (path, *path.rglob("*")):
        os.utime(each, (then, then))


def test_what_no_run_used_for_long_expires(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    days, work = settings.rules().unused_days, root / ".work"
    old, new = keep(root, "01_intake/a"), keep(root, "01_intake/b")
    (work / "yours" / "ledger").mkdir(parents=True)
    (work / "yours" / "private").mkdir()
    (work / "recent").mkdir()
    for path in (old, work / "mine", work / "yours", work / "validation"):
        unused(path, days=days + 0.1)
    for path in (new, work / "recent"):
        unused(path, days=days - 0.1)
    assert commands.main(["clean", "--expired"]) == 0
    assert "1 kept results removed" in capsys.readouterr().out
    assert not old.exists() and new.exists()
    assert not (work / "mine").exists() and (work / "recent").exists()
    assert [path.name for path in (work / "yours").iterdir()] == ["ledger"]
    assert (work / "validation" / "replications" / "rows").exists()
    assert commands.main(["clean", "--expired"]) == 0
    assert capsys.readouterr().out == "Nothing has expired.\n"


def test_expired_stands_alone(root: Path) -> None:
    assert commands.main(["clean", "mine", "--expired"]) == 2
    assert (root / ".work" / "mine").exists()


def test_cleaning_all_keeps_what_took_an_hour(root: Path) -> None:
    keep(root, "01_intake/a", "mine")
    assert sizes(cleaning.clean([]))["kept results"] == 200
    assert not (root / ".work" / "mine").exists()
    assert (root / ".work" / "validation" / "replications" / "rows").exists()
    assert sizes(cleaning.clean(["validation"])) == {"validation": 100}


def test_what_is_running_or_not_there_is_not_cleared(root: Path) -> None:
    with (
        FileLock(root / ".work" / "mine.lock"),
        pytest.raises(IncompleteRunError, match="already running"),
    ):
        cleaning.clean(["mine"])
    assert (root / ".work" / "mine" / "private" / "rows").exists()
    with pytest.raises(InputError, match="did you mean 'mine'"):
        cleaning.clean(["mime"])
