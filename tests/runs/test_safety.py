"""Whatever befalls a run, the report that was there stays whole, and the next run ends as usual."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from oablib.running import publication
from tests.measured import interruptions
from tests.measured.interruptions import Undisturbed
from tests.runs.conftest import RunOab

SMALL = [f"--set={name}={value}" for name, value in interruptions.SMALL.items()]
Call = Callable[..., subprocess.CompletedProcess[str]]
TRIALS = 1  # `python3 nox.py -s interruptions` does thirty
SECONDS_TO_NOTICE = 20


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory, undisturbed: Undisturbed) -> Path:
    """The report of another run, made once."""
    root = interruptions.project(tmp_path_factory.mktemp("earlier"))
    shutil.copytree(undisturbed.root / ".work", root / ".work", symlinks=True)
    interruptions.complete(root, interruptions.OLD)
    return root / "reports" / "demo"


@pytest.fixture
def made(root: Path, earlier: Path) -> Path:
    """The report of an earlier run, in its place."""
    shutil.copytree(earlier, root / "reports" / "demo")
    return root / "reports" / "demo"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.slow
def test_a_run_killed_at_any_moment_leaves_the_old_report_or_the_new_one(
    root: Path, earlier: Path, undisturbed: Undisturbed
) -> None:
    trials = interruptions.study(
        root, times=TRIALS, seed=7, how=signal.SIGKILL, old=earlier, new=undisturbed
    )
    assert [each.exit_code for each in trials].count(-signal.SIGKILL) == TRIALS
    assert {trial.found for trial in trials} <= {"old", "new"}
    assert all(trial.same and not trial.leftovers for trial in trials)


def wait_until_a_stage_runs(root: Path, process: subprocess.Popen) -> None:
    places = root / ".work" / "demo"
    interruptions.wait_until(lambda: any(places.glob("attempt-*/0*/tmp")), process)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_ends_with_code_4_and_leaves_the_earlier_report(
    root: Path, made: Path, how: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, elsewhere = contents(made), root / "elsewhere"
    elsewhere.mkdir()
    for name in ("TMPDIR", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(elsewhere))
    process = interruptions.start(root, interruptions.NEW)
    wait_until_a_stage_runs(root, process)
    process.send_signal(how)
    if how is not signal.SIGINT:
        process.send_signal(how)  # a terminal that is closed may send two
    _, output = process.communicate(timeout=SECONDS_TO_NOTICE)
    assert process.returncode == 4
    assert "was interrupted" in output and "Traceback" not in output
    assert contents(made) == before
    assert not list((root / ".work" / "demo").glob("attempt-*"))
    assert not list(elsewhere.iterdir())


def test_of_two_runs_at_once_one_goes_on_and_the_other_says_so(root: Path, oab: RunOab) -> None:
    process = interruptions.start(root, interruptions.NEW, "--only", "03")
    wait_until_a_stage_runs(root, process)
    second = oab("run", "demo", "--quiet", *SMALL)
    assert second.returncode == 4
    assert f"(process {process.pid}) is already running" in second.stderr
    process.communicate()
    assert process.returncode == 0


def kernels_of(root: Path) -> list[int]:
    """Processes whose environment says that they work in this project's private folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            place = (path / "cwd").readlink()
        except OSError:
            continue
        if place.is_relative_to((root / ".work").resolve()):
            found.append(int(path.name))
    return found


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="looks for kernels in /proc")
def test_a_killed_kernel_ends_the_run_with_code_4_and_no_kernel_outlives_it(
    root: Path, made: Path
) -> None:
    before = contents(made)
    process = interruptions.start(root, interruptions.NEW)
    interruptions.wait_until(lambda: bool(kernels_of(root)), process)
    os.kill(kernels_of(root)[0], signal.SIGKILL)
    _, output = process.communicate(timeout=SECONDS_TO_NOTICE)
    assert process.returncode == 4
    assert "its Python process ended before the notebook did" in output
    assert contents(made) == before
    assert kernels_of(root) == []


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="looks for kernels in /proc")
def test_kernels_end_with_a_run_that_is_killed(root: Path) -> None:
    process = interruptions.start(root, interruptions.NEW)
    interruptions.wait_until(lambda: bool(kernels_of(root)), process)
    process.kill()
    process.communicate()
    time.sleep(3)
    assert kernels_of(root) == []


@pytest.fixture(params=["work", "reports"])
def full(
    request: pytest.FixtureRequest, root: Path, made: Path, undisturbed: Undisturbed
) -> Iterator[Path]:
    """Two megabytes of disk under one folder of the project; the earlier report is there.

    Where the report does not fit, all stages are kept: only its files are written.
    """
    if request.param == "reports":
        shutil.copytree(undisturbed.root / ".work", root / ".work", symlinks=True)
    folder = root / (".work" if request.param == "work" else "reports")
    kept = folder.with_name("kept")
    folder.mkdir(exist_ok=True)
    folder.rename(kept)
    folder.mkdir()
    size = "2M" if request.param == "work" else f"{publication_size(kept) + 200_000}"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("this user may not mount a disk of two megabytes")
    if request.param == "reports":
        subprocess.run(["cp", "-r", str(kept / "demo"), str(folder)], check=True)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def publication_size(folder: Path) -> int:
    block = 4096
    files = (path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return sum(-(-size // block) * block + block for size in files)


@pytest.mark.slow
def test_a_full_disk_ends_with_code_5_and_leaves_the_earlier_report(
    root: Path, oab: RunOab, full: Path
) -> None:
    report = root / "reports" / "demo"
    before = contents(report)
    done = oab("run", "demo", "--quiet", *SMALL, "--set=seed=5")
    assert done.returncode == 5, done.stderr
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert contents(report) == before
    assert publication.differences(report) == []
    assert {path.name for path in report.parent.iterdir()} <= {"demo", "index.html"}
