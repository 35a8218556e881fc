"""A run on a cluster gives the results of a run here, also when a worker is killed on the way."""

import os
import subprocess
import sys
from pathlib import Path

import cluster_tasks
import pytest

from tests.measured import interruptions
from tests.runs.conftest import PROJECT, RunOab

SECONDS_TO_NOTICE = 60


@pytest.mark.slow
def test_a_worker_that_is_killed_changes_no_result(
    root: Path, tmp_path: Path, undisturbed: interruptions.Undisturbed
) -> None:
    """The worker is killed while later stages run; what is kept of the first is there by then."""
    with cluster_tasks.started(tmp_path, workers=2) as cluster:
        process = interruptions.start(root, interruptions.NEW, "--scheduler", cluster.address)
        first = root / ".work" / ".cache" / "01_intake"
        interruptions.wait_until(first.exists, process, seconds=SECONDS_TO_NOTICE)
        cluster.started[1].kill()
        _, output = process.communicate(timeout=300)
    assert process.returncode == 0, output
    assert interruptions.results(root) == undisturbed.results


def test_an_absent_scheduler_is_told_with_code_5(oab: RunOab, tmp_path: Path) -> None:
    with cluster_tasks.certified(tmp_path / "certificates"):
        done = oab("run", "demo", "--quiet", "--scheduler", "tls://127.0.0.1:1")
    assert done.returncode == 5
    assert "No Dask scheduler answered at tls://127.0.0.1:1" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_python_without_distributed_is_told_which_extra_to_install(root: Path) -> None:
    code = "import sys; sys.modules['distributed'] = None; "
    code += "from oablib.running import commands; "
    code += "sys.exit(commands.main(['run', 'demo', '-q', '--scheduler', 'tls://127.0.0.1:1']))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60,
        env=os.environ | {"OAB_ROOT": str(root), "PYTHONPATH": str(PROJECT)},
    )  # fmt: skip
    assert done.returncode == 5
    assert "oablib[cluster]" in done.stderr
