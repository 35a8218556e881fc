"""A scheduler and workers on this machine, started by command, and tasks that they can import."""

import io
import json
import logging
import os
import shlex
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from oablib import params
from oablib.base.errors import EstimationError
from oablib.running import commands
from oablib.workers import cluster, processes
from tests.places import ROOT

SECONDS_TO_START = 30
DASK = (sys.executable, "-m", "dask")


@dataclass
class Cluster:
    """Address of a scheduler; processes that were started, the scheduler first, and their log."""

    address: str
    log: Path
    started: list[subprocess.Popen] = field(default_factory=list)

    def add_worker(self, *options: str, path: Path = ROOT, **variables: str) -> subprocess.Popen:
        """Start a worker whose oablib stands in `path`; a worker without nanny is one process."""
        command = [*DASK, "worker", self.address, "--no-dashboard", "--no-nanny", *options]
        if "--nthreads" not in options:
            command += ["--nthreads", "1"]
        return self._start(command, path, processes.SINGLE_THREAD | variables)

    def _start(self, command: list[str], path: Path, variables: dict[str, str]) -> subprocess.Popen:
        environment = os.environ | variables
        environment["PYTHONPATH"] = os.pathsep.join(map(str, (path, ROOT / "tests")))
        # This folder holds neither rules nor tables: tasks must bring what they need.
        with self.log.open("ab") as log:
            self.started.append(
                subprocess.Popen(command, env=environment, cwd="/", stdout=log, stderr=log)
            )
        return self.started[-1]

    def end(self) -> None:
        for process in reversed(self.started):
            process.kill()
            process.wait()


@contextmanager
def started(folder: Path, *, workers: int) -> Iterator[Cluster]:
    """A scheduler with so many workers, ended with the block; certificates are set up for it."""
    file = folder / "scheduler.json"
    file.unlink(missing_ok=True)
    here = Cluster("", folder / "cluster.log")
    address = ("--protocol", "tls", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    with certified(folder / "certificates"):
        try:
            here._start([*DASK, "scheduler", *address, "--scheduler-file", str(file)], ROOT, {})
            here.address = _address(file)
            for _ in range(workers):
                here.add_worker()
            yield here
        finally:
            here.end()


@contextmanager
def certified(folder: Path) -> Iterator[None]:
    """Do in a block what `oab certificates` prints for a shell."""
    import dask

    with redirect_stdout(io.StringIO()) as printed:
        assert commands.main(["certificates", str(folder)]) == 0
    lines = [shlex.split(line) for line in printed.getvalue().splitlines()]
    variables = dict(
        line[1].split("=", maxsplit=1) for line in lines if line and line[0] == "export"
    )
    try:
        with cluster.variables_set(variables):
            dask.config.refresh()
            yield
    finally:
        dask.config.refresh()


def _address(file: Path) -> str:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        try:
            return json.loads(file.read_text(encoding="utf-8"))["address"]
        except (FileNotFoundError, json.JSONDecodeError):
            time.sleep(0.05)
    raise TimeoutError(f"The scheduler did not start in {SECONDS_TO_START} seconds.")


def square(number: int) -> int:
    return number * number


def process_id(_: int) -> int:
    time.sleep(0.3)
    return os.getpid()


def title_of_model(name: str) -> str:
    return str(params.load_yaml(params.named_file("models", name))["title"])


def refuse(count: int) -> None:
    raise EstimationError(f"{count} children are too few.")


def fail(person: str) -> None:
    """Fail in every way that a library has to quote a value."""
    warnings.warn(person, stacklevel=1)
    logging.getLogger("some.library").error("no %s", person)
    thread = threading.Thread(target={}.__getitem__, args=(person,))
    thread.start()
    thread.join()
    raise KeyError(person)


def slow_square(number: int, *, seconds: float) -> int:
    time.sleep(seconds)
    return number * number


def wait_for(path: str) -> float:
    """Wait without a slot until another task of the same worker has made the file."""
    cluster.leave_slot()
    cluster.leave_slot()
    deadline = time.monotonic() + SECONDS_TO_START
    while not Path(path).exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    return deadline - time.monotonic()


def make(path: str) -> float:
    Path(path).touch()
    return float(processes.is_alone(2))


def count_rows(_: int, *, frame: pd.DataFrame) -> int:
    return len(frame)
