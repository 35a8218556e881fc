"""The stage of docs/adding_a_stage.md, with the notebook of docs/notebooks.md, works as written."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from tests.places import ROOT

STEM = "18_school_sizes"
DOCS = ROOT / "docs"
PAGES = [(DOCS / name).read_text("utf-8") for name in ("adding_a_stage.md", "notebooks.md")]
BLOCK = r"<!-- {kind}: ([^ ]+) -->\n```\w+\n(.*?)```"
SMALL = ("--set", "country=", "--set", "n=1200", "--set", "imputations=2", "--set", "iterations=1")


def blocks(kind: str) -> Iterator[tuple[str, str]]:
    """Path and content of the blocks of the pages that are marked so."""
    for page in PAGES:
        yield from re.findall(BLOCK.format(kind=kind), page, flags=re.DOTALL)


def notebook() -> nbformat.NotebookNode:
    """The ten cells of the page as a notebook."""
    ((_, text),) = blocks("cells")
    ((_, metadata),) = blocks("metadata")
    cells = []
    for head, source in re.findall(r"^# %%(.*)\n((?:(?!# %%).*\n)*)", text, flags=re.MULTILINE):
        if "[markdown]" in head:
            lines = [line.removeprefix("#").removeprefix(" ") for line in source.splitlines()]
            cells.append(nbformat.v4.new_markdown_cell("\n".join(lines).strip()))
        else:
            tags = {"tags": head.split()} if head.strip() else {}
            cells.append(nbformat.v4.new_code_cell(source.strip(), metadata=tags))
    return nbformat.v4.new_notebook(cells=cells, metadata=json.loads(metadata))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the new files, and nothing else changed."""
    root = tmp_path_factory.mktemp("project")
    for folder in ("oablib", "params", "notebooks"):
        shutil.copytree(
            ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_*")
        )
    (root / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text("utf-8"), "utf-8")
    for name, content in blocks("file"):
        path = root / name
        assert not path.exists(), f"{name} is there already"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    nbformat.write(notebook(), root / "notebooks" / f"{STEM}.ipynb")
    return root


def call(*words: str, project: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"OAB_ROOT": str(project), "PYTHONPATH": str(project)}
    return subprocess.run(
        [sys.executable, "-m", *words],
        capture_output=True, text=True, env=environment, cwd=project, timeout=300,
    )  # fmt: skip


def test_the_pages_name_every_file_once() -> None:
    names = [name for kind in ("file", "cells") for name, _ in blocks(kind)]
    assert len(names) == len(set(names)) == 11


def test_the_notebook_has_ten_cells() -> None:
    assert len(notebook().cells) == 10


def test_the_stage_runs_and_its_page_is_rendered(project: Path) -> None:
    done = call("oablib", "run", "demo", "--only", "18", *SMALL, "--quiet", project=project)
    assert done.returncode == 0, done.stderr
    page = Path(done.stdout.strip())
    text = page.read_text(encoding="utf-8")
    assert "Schools by their number of children in the cohort" in text
    assert re.search(r"<strong>\d+ schools</strong> take part", text)
    dutch = (page.parent / "nl" / page.name).read_text(encoding="utf-8")
    assert "Scholen naar hun aantal kinderen in het cohort" in dutch
    assert re.search(r"<strong>\d+ scholen</strong> doen mee", dutch)
    table = pd.read_parquet(project / ".work" / "demo" / "results" / "school_sizes.parquet")
    cohort = pd.read_parquet(project / ".work" / "demo" / "private" / "cohort.parquet")
    assert table["children"].sum() == len(cohort)
    assert table["schools"].sum() == cohort["school_id"].nunique()


def test_its_catalogues_are_as_the_command_writes_them(project: Path) -> None:
    paths = [project / name for name, _ in blocks("file") if name.endswith(".po")]
    before = [path.read_text(encoding="utf-8").strip() for path in paths]
    assert len(before) == 2 and not any('msgstr ""\n\n' in text for text in before)
    done = call("oablib", "texts", project=project)
    assert done.returncode == 0, done.stderr
    assert [path.read_text(encoding="utf-8").strip() for path in paths] == before


def test_its_rules_are_checked_before_anything_runs(project: Path) -> None:
    path = project / "params" / "rules" / "school_sizes.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("limits:", "limit:"), encoding="utf-8")
    done = call("oablib", "run", "demo", "--only", "18", *SMALL, "--quiet", project=project)
    path.write_text(text, encoding="utf-8")
    assert done.returncode == 2
    assert "params/rules/school_sizes.yaml line 2" in done.stderr and "'limits'" in done.stderr


def test_its_own_tests_and_the_contracts_hold(project: Path) -> None:
    done = call("pytest", "-q", "-p", "no:cacheprovider", "tests", project=project)
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
    lint = Path(sys.executable).with_name("lint-imports")
    environment = os.environ | {"PYTHONPATH": str(project)}
    done = subprocess.run([lint], capture_output=True, text=True, cwd=project, env=environment)
    assert done.returncode == 0, done.stdout


def test_the_notebook_obeys_the_rules_of_notebooks(project: Path) -> None:
    """As tests/test_notebooks.py, which is run on it."""
    (project / "tests").mkdir(exist_ok=True)
    for name in ("test_notebooks.py", "places.py", "__init__.py"):
        shutil.copy(ROOT / "tests" / name, project / "tests" / name)
    words = ("-q", "-p", "no:cacheprovider", "tests/test_notebooks.py", "-k", STEM)
    done = call("pytest", *words, project=project)
    assert done.returncode == 0, done.stdout
