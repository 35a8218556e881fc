"""Tasks side by side in fresh processes of this machine."""

import os
from multiprocessing.synchronize import SemLock
from pathlib import Path

import cluster_tasks as tasks
import pytest

from oablib.base.errors import EstimationError, IncompleteRunError
from oablib.workers import processes


@pytest.fixture(autouse=True)
def _importable(monkeypatch):
    """Fresh processes find the tasks where this one found them."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, (tasks.ROOT, tasks.ROOT / "tests"))))
    monkeypatch.delenv(processes.SCHEDULER, raising=False)


@pytest.mark.parametrize("workers", [1, 2])
def test_every_task_is_done_once_whatever_the_number_of_workers(workers):
    found = dict(processes.each(tasks.square, range(5), workers=workers))
    assert found == {0: 0, 1: 1, 2: 4, 3: 9, 4: 16}
    with pytest.raises(EstimationError, match="3 children"):
        list(processes.each(tasks.refuse, [3], workers=workers))


def test_one_worker_or_one_task_needs_no_other_process():
    assert dict(processes.each(tasks.process_id, [0], workers=1)) == {0: os.getpid()}
    assert dict(processes.each(tasks.process_id, [0], workers=2)) == {0: os.getpid()}
    assert os.getpid() not in dict(processes.each(tasks.process_id, [0, 0], workers=2)).values()


def test_a_process_that_dies_is_reported():
    with pytest.raises(IncompleteRunError, match="One of 2 processes ended"):
        list(processes.each(os._exit, [1, 1], workers=2))


def test_what_libraries_say_in_a_process_is_withheld(capfd):
    with pytest.raises(KeyError):
        list(processes.each(tasks.fail, ["999111999"] * 2, workers=2))
    said = capfd.readouterr().err
    assert "999111999" not in said
    for part in ("UserWarning in line", "ERROR in the log of some.library", "KeyError outside"):
        assert part in said


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="looks for semaphores in /dev/shm")
def test_no_semaphore_outlives_the_block(monkeypatch):
    """A kernel is killed at its end, and what would remove them with it."""
    made = SemLock._make_name
    prefix = f"oab-{os.getpid()}-"
    monkeypatch.setattr(
        SemLock, "_make_name", staticmethod(lambda: made().replace("/mp-", f"/{prefix}"))
    )
    with processes.pool(2) as executor:
        assert executor.submit(tasks.square, 3).result() == 9
        assert list(Path("/dev/shm").glob(f"sem.{prefix}*"))
    del executor
    assert not list(Path("/dev/shm").glob(f"sem.{prefix}*"))


def test_environment_is_as_it_was_before(monkeypatch):
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    with processes.pool(2):
        assert os.environ["MKL_NUM_THREADS"] == "1"
    assert "MKL_NUM_THREADS" not in os.environ
