"""Tasks on a Dask scheduler with workers that were started by command on this machine."""

import dataclasses
import os
import shutil
import sys
import time
import warnings
from functools import partial

import cluster_tasks as tasks
import numpy as np
import pandas as pd
import pytest
from cluster_tasks import Cluster

from oablib import imputation, intake, params, synthetic
from oablib.base.errors import EnvironmentFault, EstimationError, IncompleteRunError
from oablib.protocol import codebook, models
from oablib.statistics.two_step import model_grid
from oablib.studies.validation import settings, study
from oablib.studies.validation.settings import Batch, Settings
from oablib.workers import card, cluster, connection, processes
from tests.measured.true_education import true_education

pytest.importorskip("distributed", reason="needs the extra `cluster`")
# Looking for a scheduler takes 5 seconds, and leaving a lost one no more.
PROMPT = 8.0


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A scheduler with two workers that nobody kills."""
    with tasks.started(tmp_path_factory.mktemp("pair"), workers=2) as here:
        yield here


@pytest.fixture
def named(pair: Cluster, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    monkeypatch.setenv(processes.SCHEDULER, pair.address)
    return pair


def run(work, numbers, *, workers=1):
    """Results in the order of the tasks."""
    return [result for _, result in sorted(processes.each(work, list(numbers), workers=workers))]


def test_tasks_run_on_the_workers_of_the_scheduler(named):
    assert run(tasks.square, range(5)) == [0, 1, 4, 9, 16]
    assert set(run(tasks.process_id, range(6))) == {each.pid for each in named.started[1:]}


def test_rules_travel_with_the_tasks(named, tmp_path, monkeypatch):
    shutil.copytree(params.root() / "params", tmp_path / "params")
    model = tmp_path / "params" / "models" / "base.yaml"
    text = model.read_text(encoding="utf-8")
    here = run(tasks.title_of_model, ["base"])
    model.write_text(text.replace('title: "Base', 'title: "Another base'), encoding="utf-8")
    monkeypatch.setenv("OAB_ROOT", str(tmp_path))
    assert run(tasks.title_of_model, ["base"]) == [here[0].replace("Base", "Another base")]


def test_error_of_a_task_comes_back_as_it_was(named):
    with pytest.raises(EstimationError, match="3 children are too few"):
        run(tasks.refuse, [3])


def test_what_a_task_raises_and_says_is_withheld_from_the_log_of_its_worker(named):
    person = "999111999"
    with pytest.raises(IncompleteRunError, match="A task stopped with KeyError: ") as stopped:
        run(tasks.fail, [person])
    said = named.log.read_text(encoding="utf-8")
    for part in ("Compute Failed", "UserWarning in line", "ERROR in the log of some.library"):
        assert part in said
    assert person not in said + str(stopped.value)
    with pytest.raises(EnvironmentFault, match="could not read or write a file: No such file"):
        run(os.listdir, [f"/{person}"])
    assert person not in named.log.read_text(encoding="utf-8")


def test_a_function_that_holds_data_is_sent_once(named):
    frame = pd.DataFrame({"x": range(cluster.SHARED_BYTES)})
    assert run(partial(tasks.count_rows, frame=frame), range(3)) == [len(frame)] * 3


def test_a_task_that_holds_a_table_is_no_reason_to_warn(named):
    frames = [pd.DataFrame({"x": np.arange(2_000_000.0)})] * 2  # 16 MB each
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert run(len, frames) == [len(frame) for frame in frames]


def test_imputations_are_the_same_bytes(named, monkeypatch):
    model, table = models.load("base"), codebook.load().table("cohort")
    frame = intake.in_memory(synthetic.draw(n=600, seed=4).children, table=table)
    options = {"model": model, "table": table, "rule": imputation.rule("pmm"), "seed": 1}
    spread = imputation.impute(frame, m=3, iterations=2, **options)
    monkeypatch.delenv(processes.SCHEDULER)
    alone = imputation.impute(frame, m=3, iterations=2, **options)
    pd.testing.assert_frame_equal(spread.cells, alone.cells, check_exact=True)
    pd.testing.assert_frame_equal(spread.trace, alone.trace, check_exact=True)


def test_rows_of_the_study_are_the_same_bytes_and_written_here(named, tmp_path, monkeypatch):
    whole = settings.load()
    small = Settings(
        **{name: getattr(whole, name) for name in whole.__dataclass_fields__}
        | {"batches": (Batch("published", 2_000, 2, ("complete",)),)}
    )
    found = {}
    for where in ("cluster", "alone"):
        study.run(small, folder=tmp_path / where, progress=False, workers=1)
        out = tmp_path / "out" / where
        found[where] = study.write(small, folder=tmp_path / where, out=out)[0].read_bytes()
        monkeypatch.delenv(processes.SCHEDULER, raising=False)
    assert found["cluster"] == found["alone"]


def test_grid_is_the_same_bytes(named, monkeypatch):
    model, table = models.load("base"), codebook.load().table("cohort")
    frame = true_education(synthetic.draw(n=1500, seed=1))
    wider = dataclasses.replace(model, indirect=(*model.indirect, "origin"))
    options = {"models": {"base": model, "wider": wider}, "table": table, "samples": 5, "seed": 3}
    spread = model_grid.grid([frame, frame], **options)
    monkeypatch.delenv(processes.SCHEDULER)
    alone = model_grid.grid([frame, frame], **options)
    pd.testing.assert_frame_equal(spread, alone, check_exact=True)


def test_tasks_of_a_killed_worker_run_elsewhere(tmp_path, monkeypatch):
    with tasks.started(tmp_path, workers=2) as here:
        monkeypatch.setenv(processes.SCHEDULER, here.address)
        assert len(set(run(tasks.process_id, range(6)))) == 2
        found = []
        work = partial(tasks.slow_square, seconds=0.1)
        for number, result in processes.each(work, range(12), workers=1):
            found.append((number, result))
            if len(found) == 3:
                here.started[1].kill()
    assert sorted(found) == [(number, number**2) for number in range(12)]


def test_lost_scheduler_ends_the_run(tmp_path, monkeypatch):
    with tasks.started(tmp_path, workers=1) as here:
        monkeypatch.setenv(processes.SCHEDULER, here.address)
        work = partial(tasks.slow_square, seconds=0.5)
        with pytest.raises(IncompleteRunError, match="ended before its tasks"):
            for _ in processes.each(work, range(10), workers=1):
                here.started[0].kill()
                start = time.monotonic()
        assert time.monotonic() - start < PROMPT


def test_lost_workers_end_the_run_when_the_scheduler_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__NO_WORKERS_TIMEOUT", "1s")
    with tasks.started(tmp_path, workers=1) as here:
        monkeypatch.setenv(processes.SCHEDULER, here.address)
        with pytest.raises(IncompleteRunError, match=r"All workers of .* are gone"):
            for _ in processes.each(partial(tasks.slow_square, seconds=0.3), range(9), workers=1):
                here.started[1].kill()


def test_a_task_that_leaves_its_slot_lets_another_one_in(tmp_path, monkeypatch):
    with tasks.started(tmp_path, workers=1) as here, cluster.executor(here.address) as executor:
        waiting = executor.submit(tasks.wait_for, str(tmp_path / "made"))
        assert executor.submit(tasks.make, str(tmp_path / "made")).result() == 1.0
        assert waiting.result() > 0  # seconds that were left


def test_outside_of_a_task_there_is_no_slot_to_leave():
    cluster.leave_slot()
    assert not cluster.is_task()


def test_absent_scheduler_is_reported_within_seconds(pair):
    start = time.monotonic()
    with (
        pytest.raises(EnvironmentFault, match=r"127\.0\.0\.1:9.*oab certificates") as refused,
        cluster.executor("tls://127.0.0.1:9"),
    ):
        pass
    assert refused.value.exit_code == 5
    assert time.monotonic() - start < PROMPT


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("", "cannot be the address"),
        ("nowhere", "cannot be the address"),
        ("scheduler:8786", "cannot be the address"),
        ("ftp://127.0.0.1:9", "not encrypted"),
        ("tls://127.0.0.1:99999", "No Dask scheduler"),
    ],
)
def test_an_address_that_leads_nowhere_is_reported(pair, address, message):
    start = time.monotonic()
    with pytest.raises(EnvironmentFault, match=message), cluster.executor(address):
        pass
    assert time.monotonic() - start < PROMPT


def test_absent_package_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(EnvironmentFault, match="extra `cluster`"),
        cluster.executor("tls://127.0.0.1:8786"),
    ):
        pass


@pytest.mark.parametrize(
    "address", ["tcp://10.0.0.7:8786", "tcp://127.0.0.1:8786", "tcp://localhost:8786", "ws://a:1"]
)
def test_rows_of_children_do_not_travel_in_the_clear(address):
    """On this machine neither: its other users can reach a port."""
    with pytest.raises(EnvironmentFault, match="not encrypted"), cluster.executor(address):
        pass


def test_workers_that_cannot_give_the_same_results_are_refused(tmp_path, monkeypatch):
    """One after the other joins: none, another source, several threads, another variable."""
    other = tmp_path / "other"
    shutil.copytree(tasks.ROOT / "oablib", other / "oablib")
    with (other / "oablib" / "digest.py").open("a", encoding="utf-8") as stream:
        stream.write("\n# changed\n")
    monkeypatch.setattr(connection, "FIRST_WORKER_SECONDS", 0.2)
    joining = {
        "had no worker|has had no worker": None,
        r"oablib \S+ \(source \w+\), here": {"path": other},
        "--nthreads 1": {"options": ("--nthreads", "2")},
        "OMP_NUM_THREADS 2, here 1": {"OMP_NUM_THREADS": "2"},
    }
    with tasks.started(tmp_path, workers=0) as here:
        monkeypatch.setenv(processes.SCHEDULER, here.address)
        for message, worker_options in joining.items():
            seconds, worker = 0.2, None
            if worker_options is not None:
                seconds = 20
                flags = worker_options.pop("options", ())
                worker = here.add_worker(*flags, **worker_options)
            monkeypatch.setattr(connection, "FIRST_WORKER_SECONDS", seconds)
            with pytest.raises(EnvironmentFault, match=message):
                run(tasks.square, [1])
            if worker:
                worker.terminate()
                worker.wait()
                _wait_until_gone(here.address)


def _wait_until_gone(address: str) -> None:
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        while client.nthreads():
            time.sleep(0.05)


def test_a_worker_that_joins_later_is_refused_by_its_tasks(monkeypatch):
    monkeypatch.setattr(card, "card", lambda: {"oablib": "0.0.9"})
    monkeypatch.delenv("OMP_NUM_THREADS")
    with pytest.raises(EnvironmentFault, match=r"joined later differs.*OMP_NUM_THREADS not set"):
        cluster._run(({"oablib": "0.0.9", "OMP_NUM_THREADS": "1"}, b""), b"", b"")
