"""requirements.lock, environment.yml and the imports agree with pyproject.toml."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

import environment_file
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.places import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")

RUNTIME = [Requirement(line) for line in PYPROJECT["project"]["dependencies"]]
EXTRAS = [
    Requirement(line)
    for table in (PYPROJECT["project"]["optional-dependencies"], PYPROJECT["dependency-groups"])
    for lines in table.values()
    for line in lines
]

NOT_IMPORTED = {
    "ipykernel": "the kernel that runs the notebooks",
    "jupyterlab": "the session lab",
    "lightgbm": "held below 4.7 for miceforest",
    "pyarrow": "pandas reads and writes Parquet with it",
}
"""Runtime dependencies that no module of oablib imports, and what they are for."""


def locked() -> dict[str, tuple[str, int]]:
    """Return version and number of hashes per distribution in requirements.lock."""
    blocks = re.findall(r"^([\w.-]+)==(\S+)(.*(?:\n    .*)*)", LOCK, flags=re.MULTILINE)
    return {name: (version, rest.count("--hash=sha256:")) for name, version, rest in blocks}


def imported_libraries() -> set[str]:
    trees = [
        ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "oablib").rglob("*.py")
    ]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    parts = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    tops = {name.split(".")[0] for name in plain | parts if name}
    return tops - sys.stdlib_module_names - {"oablib"}


def test_environment_file_is_made_from_pyproject():
    """On failure run `python3 nox.py -s lock`."""
    made = environment_file.environment_text(PYPROJECT)
    assert (ROOT / "environment.yml").read_text(encoding="utf-8") == made


@pytest.mark.parametrize("requirement", [*RUNTIME, *EXTRAS], ids=str)
def test_lock_satisfies_requirement(requirement):
    """On failure run `python3 nox.py -s lock`."""
    version, _ = locked()[canonicalize_name(requirement.name)]
    assert requirement.specifier.contains(version)


def test_lock_pins_every_distribution_by_hash():
    assert [name for name, (_, hashes) in locked().items() if not hashes] == []


def test_lock_names_no_host_and_no_folder_of_a_machine():
    assert (
        re.findall(r"https?://|file:|--(?:extra-)?index-url|--find-links|/(?:home|tmp)/", LOCK)
        == []
    )


def test_imported_libraries_are_declared():
    declared = {canonicalize_name(requirement.name) for requirement in [*RUNTIME, *EXTRAS]}
    owners = packages_distributions()
    missing = {
        library
        for library in imported_libraries()
        if not declared & {canonicalize_name(owner) for owner in owners.get(library, [])}
    }
    assert missing == set()


def test_declared_libraries_are_imported_or_explained():
    owners = packages_distributions()
    used = {
        canonicalize_name(owner)
        for library in imported_libraries()
        for owner in owners.get(library, [])
    }
    declared = {canonicalize_name(requirement.name) for requirement in RUNTIME}
    assert declared - used - NOT_IMPORTED.keys() == set()
