"""A project root of its own for runs in tests, so that nobody's reports are touched."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.measured import interruptions
from tests.places import ROOT
from tests.runs import reports
from tests.runs.reports import Made

PROJECT = ROOT
IN_ENGLISH = "--language=en"  # of a run whose pages are looked at in one language, or not at all
RunOab = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with the project's params and notebooks, and nothing else."""
    for name in ("params", "notebooks"):
        (tmp_path / name).symlink_to(PROJECT / name)
    return tmp_path


@pytest.fixture
def oab(root: Path) -> RunOab:
    """Call the command line in that folder: oab("run", "demo", ...)."""

    def call(*words: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"OAB_ROOT": str(root), "PYTHONPATH": str(PROJECT)}
        return subprocess.run(
            [sys.executable, "-m", "oablib", *words],
            capture_output=True, text=True, env=environment, cwd=root, timeout=300,
        )  # fmt: skip

    return call


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> interruptions.Undisturbed:
    """A small run that nobody disturbs, made once."""
    return interruptions.undisturbed(interruptions.project(tmp_path_factory.mktemp("undisturbed")))


@pytest.fixture(scope="session")
def reports_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, Made]]:
    """Reports of runs in both languages, shared by all tests, none of which may change them."""
    return reports.Reports(tmp_path_factory.mktemp).of


@pytest.fixture(scope="session")
def four_runs(reports_of: Callable[..., dict[str, Made]]) -> dict[str, Made]:
    """Reports of all four runs, by run; of two where time is short."""
    return reports_of(*(reports.VALUES if reports.ALL else reports.SHARED))
