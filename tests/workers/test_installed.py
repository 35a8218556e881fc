"""What is installed is held against what the project asks for, before any work is done."""

from pathlib import Path

import numpy as np
import pypandoc
import pytest

from oablib.base.errors import EnvironmentFault
from oablib.running import commands, session
from oablib.workers import installed
from tests.places import ROOT

HERE = ROOT
HAS = np.__version__


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the runs and rules of this one, that asks for nothing."""
    for name in ("params", "notebooks"):
        (tmp_path / name).symlink_to(HERE / name)
    monkeypatch.setenv("OAB_ROOT", str(tmp_path))
    ask(tmp_path)
    return tmp_path


def ask(root: Path, *requirements: str) -> None:
    (root / "pyproject.toml").write_text(f"[project]\ndependencies = {list(requirements)}")


def test_this_environment_is_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAB_ROOT", str(HERE))
    session.fail_if_unfit()


def test_absent_and_unfit_packages_are_named_together(root: Path) -> None:
    ask(root, f"numpy!={HAS}", "no-such-package>=2", "scipy>=1", "other; python_version < '3'")
    with pytest.raises(EnvironmentFault, match=r"^2 packages are not as") as refused:
        installed.fail_if_unfit()
    assert f"numpy {HAS}, expected !={HAS}; no-such-package absent, expected >=2." in str(
        refused.value
    )


@pytest.mark.parametrize("words", [("run", "demo"), ("compare", "a", "b"), ("validate",)])
def test_nothing_begins_in_an_unfit_environment(
    root: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    ask(root, f"numpy!={HAS}")
    assert commands.main(words) == 5
    assert "requirements.lock" in capsys.readouterr().err
    assert {path.name for path in root.iterdir()} == {"params", "notebooks", "pyproject.toml"}


def test_pandoc_that_does_not_start_is_reported_before_work(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def absent() -> str:
        raise OSError

    monkeypatch.setattr(pypandoc, "get_pandoc_path", absent)
    assert commands.main(["run", "demo"]) == 5
    assert "pandoc cannot be started" in capsys.readouterr().err
    assert not (root / ".work").exists()


def test_the_lock_file_is_no_part_of_keys(root: Path) -> None:
    before = installed.machine()
    assert before["package numpy"] == HAS
    (root / "requirements.lock").write_text("ruff==99.1 \\\n    --hash=sha256:0\n")
    assert installed.lock_digest() and installed.machine() == before


def test_a_version_beside_the_lock_is_named(root: Path) -> None:
    lock = root / "requirements.lock"
    lock.write_text(
        f"numpy=={HAS} ; python_version >= '3' \\\n    --hash=sha256:0\n"
        "scipy==0.1 \\\n    --hash=sha256:0\n"
        "pandas==0.2 ; python_version < '3' \\\n    --hash=sha256:0\n"
    )
    assert installed.beside_lock() == {"scipy": "0.1"}
