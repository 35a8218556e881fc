"""Kill runs at random moments: the report is the earlier one or the new one, and never a mixture.

`python3 nox.py -s interruptions` kills 30 runs; a test kills a few. Each trial starts with the
report of another run in place and nothing kept, is killed with SIGKILL (or another signal), is
checked, started again with the same command, and must end with the results of a run that nobody
disturbed.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from oablib.running import publication
from tests.places import ROOT

PROJECT = ROOT
SMALL = {
    **{"n": 1200, "imputations": 2, "iterations": 1, "draws": 10, "splits": 2, "languages": "en"},
    # The children of a country would double the time of every trial.
    "country": "",
}
NEW = {**SMALL, "seed": 5}
# Differs from the stage of model selection on, so that most of it is there where NEW was made.
OLD = {**NEW, "draws": 11}


@dataclass(frozen=True)
class Trial:
    """moment: seconds after the start. found: "old", "new" or what else was there after."""

    moment: float
    exit_code: int
    found: str
    leftovers: int
    same: bool


def project(folder: Path) -> Path:
    """A root of its own with the project's params and notebooks."""
    folder.mkdir(exist_ok=True)
    for name in ("params", "notebooks"):
        (folder / name).symlink_to(PROJECT / name)
    return folder


def start(root: Path, values: dict[str, int], *options: str) -> subprocess.Popen:
    words = [*options, *(f"--set={name}={value}" for name, value in values.items())]
    environment = os.environ | {"OAB_ROOT": str(root), "PYTHONPATH": str(PROJECT)}
    return subprocess.Popen(
        [sys.executable, "-m", "oablib", "run", "demo", "--quiet", *words],
        env=environment, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        preexec_fn=_listen_as_in_a_terminal,
    )  # fmt: skip


def _listen_as_in_a_terminal() -> None:
    """Where tests run in the background, or under nohup, their processes would ignore signals."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def wait_until(
    condition: Callable[[], bool], process: subprocess.Popen, *, seconds: float = 20
) -> None:
    """Come back when the condition holds; fail when the process ends or time passes before."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, "the process ended before what was waited for"
        assert time.monotonic() < deadline, f"not there after {seconds} seconds"
        time.sleep(0.02)


def complete(root: Path, values: dict[str, int]) -> dict[str, str]:
    """Run undisturbed; digests of the results."""
    process = start(root, values)
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    return results(root)


def results(root: Path) -> dict[str, str]:
    manifest = root / "reports" / "demo" / publication.MANIFEST
    return dict(json.loads(manifest.read_text(encoding="utf-8"))["results"])


def disturb(root: Path, *, moment: float, how: signal.Signals, old: Path, wanted: dict) -> Trial:
    """One trial; `old`: a copy of the report that stands there at first."""
    for name in (".work", "reports"):
        shutil.rmtree(root / name, ignore_errors=True)
    shutil.copytree(old, root / "reports" / "demo")
    process = start(root, NEW)
    time.sleep(moment)
    process.send_signal(how)
    process.communicate()
    found = state(root, wanted=wanted)
    same = complete(root, NEW) == wanted and state(root, wanted=wanted) == "new"
    return Trial(moment, process.returncode, found, leftovers(root), same)


def state(root: Path, *, wanted: dict[str, str]) -> str:
    """Which report stands in its place; anything but old or new is a fault."""
    report = root / "reports" / "demo"
    if not report.exists():
        beside = report.with_name(".demo.previous")
        return "old" if beside.exists() and not publication.differences(beside) else "none"
    if publication.differences(report):
        return "mixed"
    return "new" if results(root) == wanted else "old"


def leftovers(root: Path) -> int:
    """Files and folders that a finished run should not leave."""
    beside = {path.name for path in (root / "reports").iterdir()} - {"demo", "index.html"}
    return len(beside) + len(list((root / ".work" / "demo").glob("attempt-*")))


@dataclass(frozen=True)
class Undisturbed:
    """What the new run gives when nobody disturbs it, where it was made, and its seconds."""

    root: Path
    results: dict[str, str]
    seconds: float


def undisturbed(root: Path) -> Undisturbed:
    """The new run in an empty project."""
    began = time.perf_counter()
    found = complete(root, NEW)
    return Undisturbed(root, found, time.perf_counter() - began)


def study(
    root: Path, *, times: int, seed: int, how: signal.Signals, old: Path, new: Undisturbed
) -> list[Trial]:
    """So many runs killed at moments drawn evenly over the time of one that nobody disturbed.

    A run that had ended before its moment was not killed: another one is.
    """
    draw, trials = random.Random(seed), list[Trial]()
    while sum(each.exit_code != 0 for each in trials) < times:
        moment = draw.uniform(0.0, new.seconds)
        trials.append(disturb(root, moment=moment, how=how, old=old, wanted=new.results))
    return trials


def main() -> None:
    """Run the study and print a line a trial."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--signal", default="SIGKILL", choices=("SIGKILL", "SIGTERM", "SIGINT"))
    arguments = parser.parse_args()
    how = signal.Signals[arguments.signal]
    with tempfile.TemporaryDirectory() as name:
        roots = {part: project(Path(name) / part) for part in ("old", "new", "disturbed")}
        complete(roots["old"], OLD)
        trials = study(
            roots["disturbed"], times=arguments.times, seed=arguments.seed, how=how,
            old=roots["old"] / "reports" / "demo", new=undisturbed(roots["new"]),
        )  # fmt: skip
    for each in trials:
        print(f"{each.moment:6.2f} s  exit {each.exit_code:>3}  then {each.found}, "
              f"{each.leftovers} left over, same results: {each.same}")  # fmt: skip
    good = sum(each.same and each.found in ("old", "new") and not each.leftovers for each in trials)
    ended = sum(not each.exit_code for each in trials)
    print(f"{good} of {len(trials)} trials went as they should; {ended} ended before their moment.")
    raise SystemExit(good != len(trials))


if __name__ == "__main__":
    main()
