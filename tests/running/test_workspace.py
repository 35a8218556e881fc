"""A finished report can be read by others, a private folder cannot; whatever the umask is."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from oablib.base import files
from oablib.render import front_page
from oablib.running import workspace


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "params").mkdir()
    monkeypatch.setenv("OAB_ROOT", str(tmp_path))
    return tmp_path


@pytest.fixture(params=[0o077, 0o022, 0o007])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def modes(folder: Path) -> set[tuple[str, int]]:
    paths = (folder, *folder.rglob("*"))
    return {("d" if path.is_dir() else "f", path.stat().st_mode & 0o777) for path in paths}


@pytest.mark.parametrize("on_two_disks", [False, True])
def test_a_report_can_be_read_and_the_private_folder_cannot(
    root: Path, umask: int, monkeypatch: pytest.MonkeyPatch, on_two_disks: bool
) -> None:
    rename = Path.rename

    def refuse_between_disks(self: Path, target: Path) -> Path:
        if self.is_relative_to(root / ".work") and not Path(target).is_relative_to(root / ".work"):
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return rename(self, target)

    if on_two_disks:
        monkeypatch.setattr(Path, "rename", refuse_between_disks)
    with workspace.opened("mine") as space:
        (space.publish / "tables").mkdir()
        (space.publish / "tables" / "fit.csv").write_text("a\n")
        (space.publish / "index.html").write_text("page")
        (space.work / "private").mkdir()
        (space.work / "private" / "cohort.parquet").write_text("rows")
        report = space.put_in_place()
        front_page.write(root / "reports")
        assert modes(root / ".work") == {("d", 0o700), ("f", 0o600)}
    assert (report / "tables" / "fit.csv").read_text() == "a\n"
    assert modes(root / "reports") == {("d", 0o755), ("f", 0o644)}


def test_what_the_owner_allows_more_than_that_stays(root: Path) -> None:
    (root / "reports").mkdir()
    (root / "reports").chmod(0o2775)
    front_page.write(root / "reports")
    assert (root / "reports").stat().st_mode & 0o7777 == 0o2775


def test_a_file_is_on_the_disk_before_it_has_its_name(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, replace, fsync = [], Path.replace, os.fsync
    monkeypatch.setattr(os, "fsync", lambda number: (done.append("sync"), fsync(number)))
    monkeypatch.setattr(
        Path, "replace", lambda self, target: (done.append("name"), replace(self, target))
    )
    files.write(root / "one.json", "{}")
    assert done == ["sync", "name"]


def test_a_report_is_on_the_disk_before_it_is_in_place(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, sync, rename = [], os.sync, Path.rename
    monkeypatch.setattr(os, "sync", lambda: (done.append("sync"), sync()))

    def noted(self: Path, target: Path) -> Path:
        done.append(Path(target).name)
        return rename(self, target)

    with workspace.opened("mine") as space:
        (space.publish / "index.html").write_text("page")
        monkeypatch.setattr(Path, "rename", noted)
        space.put_in_place()
    assert done[-3:] == ["sync", ".mine.previous", "mine"]
