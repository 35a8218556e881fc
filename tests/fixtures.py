"""What several rooms test with: base model, codebook, and projects that a test may change."""

import shutil
from pathlib import Path

import pytest

from oablib import params
from oablib.protocol import codebook, models


@pytest.fixture(scope="module")
def model() -> models.Model:
    """The base model."""
    return models.load("base")


@pytest.fixture(scope="module")
def table() -> codebook.Table:
    """The cohort, as the codebook describes it."""
    return codebook.load().table("cohort")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the real rules and models, and neither runs nor notebooks."""
    real = params.root()
    for kind in ("rules", "models", "published"):
        (tmp_path / "params").mkdir(exist_ok=True)
        (tmp_path / "params" / kind).symlink_to(real / "params" / kind)
    (tmp_path / "params" / "runs").mkdir()
    (tmp_path / "notebooks").mkdir()
    monkeypatch.setenv("OAB_ROOT", str(tmp_path))
    return tmp_path


@pytest.fixture
def own_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """params/rules of a project that has nothing else, for a test to spoil."""
    rules = tmp_path / "params" / "rules"
    shutil.copytree(params.root() / "params" / "rules", rules)
    (tmp_path / "notebooks").mkdir()
    monkeypatch.setenv("OAB_ROOT", str(tmp_path))
    return rules
