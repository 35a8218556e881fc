"""A project root of its own for runs in tests, so that nobody's reports are touched."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.places import ROOT

PROJECT = ROOT
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
