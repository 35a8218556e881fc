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

from oablib.workers.installed import COMPUTING, RENDERING
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
    "jsonschema": "held below 4.25 for nbformat",
    "jupyterlab": "the session lab",
    "lightgbm": "held below 4.7 for miceforest",
    "pyarrow": "pandas reads and writes Parquet with it",
}
"""Runtime dependencies that no module of oablib imports, and what they are for."""

CANNOT_CHANGE_A_NUMBER = {
    "cryptography": "makes certificates",
    "dask": "says where tasks run",
    "distributed": "says where tasks run",
    "filelock": "keeps a run from starting twice",
    "jinja2": "puts pages together",
    "jsonschema": "checks the form of notebooks",
    "jupyter-client": "starts kernels and moves messages",
    "jupyter-core": "runs what jupyter-client waits for",
    "jupyterlab": "for notebooks that are opened by hand",
    "markupsafe": "escapes texts of pages",
    "nbformat": "reads and writes notebooks",
    "packaging": "compares versions",
    "pydantic": "checks parameters and rules; what they say is part of the key",
    "pydantic-core": "as pydantic",
    "pyyaml": "reads rules; what it read is part of the key",
    "threadpoolctl": "sets the threads of a block to one, as the kernels of runs have them",
    "tqdm": "shows progress",
}
"""Runtime dependencies that are no part of a key, and what they do."""


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


def needed_at_run_time() -> set[str]:
    """Distributions that the project itself asks for, outside of a group, and all below them."""
    blocks = re.findall(r"^([\w.-]+)==\S+.*((?:\n    .*)*)", LOCK, flags=re.MULTILINE)
    wanted_by = {name: re.findall(r"# +(?:via )?(\S.*)", rest) for name, rest in blocks}
    needed = {name for name, by in wanted_by.items() if "oablib (pyproject.toml)" in by}
    while more := {name for name, by in wanted_by.items() if needed & set(by)} - needed:
        needed |= more
    return needed


def test_versions_in_keys_are_of_packages_that_are_locked_and_no_tools():
    """A tool of development, as a linter, is not to run everything again."""
    needed = needed_at_run_time()
    groups = {
        canonicalize_name(Requirement(line).name)
        for lines in PYPROJECT["dependency-groups"].values()
        for line in lines
    }
    assert {"statsmodels", "kiwisolver"} <= needed and {"pytest", "ruff", "mypy", "nox"} <= groups
    named = {*COMPUTING, *RENDERING}
    assert named <= locked().keys()
    assert named & (groups - needed) == set()
    assert named <= needed


def test_every_runtime_dependency_is_part_of_keys_or_cannot_change_a_number():
    extras = PYPROJECT["project"]["optional-dependencies"].values()
    lines = [*PYPROJECT["project"]["dependencies"], *(line for part in extras for line in part)]
    declared = {canonicalize_name(Requirement(line).name) for line in lines}
    assert declared == {*COMPUTING, *RENDERING, *CANNOT_CHANGE_A_NUMBER} & declared
    assert CANNOT_CHANGE_A_NUMBER.keys() <= declared
    assert not CANNOT_CHANGE_A_NUMBER.keys() & {*COMPUTING, *RENDERING}
