"""nox.py shares its name with the package nox; none of the ways to start it may trip over that."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import nox
import pytest

from tests.places import ROOT

SESSIONS = (
    "report tests four_runs pages lint texts reference lab validate bench grid interruptions "
    "two_step_bias type_one_error categories certainty forward_selection products brandsma "
    "selection_speed sem_page lock"
).split()
EXIT_ENVIRONMENT = 5


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "command",
    [
        ("nox.py", "-l"),
        ("-m", "nox", "-l"),
        ("-c", "from nox.__main__ import main; main()", "-f", "nox.py", "-l"),
    ],
    ids=["python nox.py", "python -m nox", "nox -f nox.py"],
)
def test_every_way_to_start_lists_the_sessions(command):
    done = run(*command, PYTHONPATH=str(ROOT))
    assert done.returncode == 0, done.stderr
    listed = [line.split()[1] for line in done.stdout.splitlines() if " -> " in line]
    assert sorted(listed) == sorted(SESSIONS)


def test_import_from_the_project_folder_gives_the_package():
    code = "import nox; print(nox.__file__); import nox.registry; print(len(nox.registry.get()))"
    package, sessions = run("-c", code, PYTHONPATH=str(ROOT)).stdout.splitlines()
    assert Path(package).name == "__init__.py"
    assert sessions == "0"


def test_import_keeps_the_project_folder_importable():
    code = "import nox, sys; print(sys.path.count(sys.argv[1]))"
    assert run("-c", code, str(ROOT), PYTHONPATH=str(ROOT)).stdout.strip() == "1"


@pytest.fixture
def commands(tmp_path, monkeypatch):
    """The file nox.py as a module, with its bootstrap environment in an empty folder."""
    spec = importlib.util.spec_from_file_location("project_commands", ROOT / "nox.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    nox.registry.reset()
    monkeypatch.setattr(module, "BOOTSTRAP", tmp_path / "bootstrap")
    return module


def test_python_without_venv_learns_what_to_install(commands, monkeypatch, capsys):
    monkeypatch.setattr(commands.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit) as stop:
        commands._bootstrap()
    assert stop.value.code == EXIT_ENVIRONMENT
    assert "python3-venv" in capsys.readouterr().err


def test_old_python_learns_which_one_it_needs(commands, monkeypatch, capsys):
    monkeypatch.setattr(commands, "OLDEST_PYTHON", (99, 0))
    with pytest.raises(SystemExit) as stop:
        commands._start()
    assert stop.value.code == EXIT_ENVIRONMENT
    assert "3.11" in capsys.readouterr().err


class Session:
    def error(self, message):
        raise RuntimeError(message)


def test_machine_without_r_learns_what_to_install(commands, monkeypatch):
    monkeypatch.setattr(commands.shutil, "which", lambda name: None)
    with pytest.raises(RuntimeError, match=r"Rscript not found.*r-cran-semtools"):
        commands._fail_if_r_lacks(Session(), "lavaan", "semTools")


def test_absent_packages_of_r_are_named(commands, monkeypatch):
    monkeypatch.setattr(commands.shutil, "which", lambda name: name)
    done = subprocess.CompletedProcess((), 0, stdout="semTools")
    monkeypatch.setattr(commands.subprocess, "run", lambda *_, **__: done)
    with pytest.raises(RuntimeError, match="semTools not found"):
        commands._fail_if_r_lacks(Session(), "lavaan", "semTools")
