"""A report can be held against its manifest, and private folders can be cleared."""

import json
from pathlib import Path

import pytest
from filelock import FileLock

from oablib.base.errors import IncompleteRunError, InputError, ParameterError
from oablib.base.files import sha256
from oablib.running.housekeeping import reports as housekeeping


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one small report and the private folders of two runs."""
    (tmp_path / "params").mkdir()
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
    assert housekeeping.verify("mine") == 2


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
        housekeeping.verify("mine")
    assert message in str(refused.value)
    assert refused.value.exit_code == 4


def test_a_report_without_manifest_and_an_unfit_name_are_refused(root: Path) -> None:
    with pytest.raises(InputError, match="oab run yours"):
        housekeeping.verify("yours")
    with pytest.raises(ParameterError):
        housekeeping.verify("../mine")


def test_cleaning_one_run_leaves_the_others_and_all_reports(root: Path) -> None:
    assert housekeeping.clean(["mine"]) == {"mine": 100}
    work = root / ".work"
    assert not (work / "mine").exists()
    assert (work / "validation").exists() and (work / ".cache").exists()
    assert housekeeping.verify("mine") == 2


def test_cleaning_all_keeps_what_took_an_hour(root: Path) -> None:
    assert housekeeping.clean([]) == {"mine": 100, "kept results": 100}
    assert (root / ".work" / "validation" / "replications" / "rows").exists()
    assert housekeeping.clean(["validation"]) == {"validation": 100}


def test_what_is_running_or_not_there_is_not_cleared(root: Path) -> None:
    with (
        FileLock(root / ".work" / "mine.lock"),
        pytest.raises(IncompleteRunError, match="already running"),
    ):
        housekeeping.clean(["mine"])
    assert (root / ".work" / "mine" / "private" / "rows").exists()
    with pytest.raises(InputError, match="did you mean 'mine'"):
        housekeeping.clean(["mime"])
