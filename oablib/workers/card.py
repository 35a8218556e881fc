"""What has to be the same on every worker, so that results do not depend on where they are made."""

import hashlib
import os
import platform
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import oablib
from oablib.base.errors import EnvironmentFault
from oablib.workers import installed

# Other releases of these may give other last digits, or cannot read each other's tables.
PACKAGES = ("numpy", "pandas", "scipy", "lightgbm", "miceforest")


def fail_if_it_differs(wanted: Mapping[str, str], found: Mapping[str, str], *, where: str) -> None:
    """Raise EnvironmentFault that names what `where` has otherwise than this process."""
    other = [name for name in wanted if found[name] != wanted[name]]
    if other:
        differences = "; ".join(f"{name} {found[name]}, here {wanted[name]}" for name in other)
        raise EnvironmentFault(
            f"{where} differs from this process: {differences}. Install the same there and start "
            "it again, so that results do not depend on where they were computed; a nanny (dask "
            "worker's default) starts workers with one thread."
        )


def found(names: list[str]) -> dict[str, str]:
    """The card of this process, and the environment variables among the names."""
    own = card()
    return {name: own.get(name) or os.environ.get(name, "not set") for name in names}


@cache
def card() -> dict[str, str]:
    """What has to be the same everywhere: as it was when this process first asked."""
    versions = {name: installed.versions().get(name, "absent") for name in PACKAGES}
    source = f"{oablib.__version__} (source {_digest()})"
    return {"oablib": source, "Python": platform.python_version(), **versions}


def _digest() -> str:
    """The beginning of a fingerprint of all modules."""
    folder, total = Path(oablib.__file__).parent, hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        total.update(path.relative_to(folder).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:12]
