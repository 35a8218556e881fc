"""What has to be the same on every worker, so that results do not depend on where they are made."""

import os
import platform
from collections.abc import Mapping
from functools import cache

import oablib
from oablib.base.errors import EnvironmentFault
from oablib.workers import installed, modules

# Other releases of these may give other last digits, or cannot read each other's tables.
PACKAGES = ("numpy", "pandas", "scipy", "lightgbm", "miceforest")


def fail_if_it_differs(
    expected: Mapping[str, str], actual: Mapping[str, str], *, where: str
) -> None:
    """Raise EnvironmentFault that names what is different at `where` than in this process."""
    names = [name for name in expected if actual[name] != expected[name]]
    if names:
        differences = "; ".join(f"{name} {actual[name]}, here {expected[name]}" for name in names)
        raise EnvironmentFault(
            f"{where} differs from this process: {differences}. Install the same there and start "
            "it again, so that results do not depend on where they were computed; a nanny (dask "
            "worker's default) starts workers with one thread."
        )


def actual(names: list[str]) -> dict[str, str]:
    """The card of this process, and the environment variables among the names."""
    known = card()
    return {name: known.get(name) or os.environ.get(name, "not set") for name in names}


@cache
def card() -> dict[str, str]:
    """What has to be the same everywhere, as it was when this process first asked."""
    versions = dict.fromkeys(PACKAGES, "absent") | installed.versions(PACKAGES)
    source = f"{oablib.__version__} (source {modules.source_digest()})"
    return {"oablib": source, "Python": platform.python_version(), **versions}
