"""Where the project is, and its parameter files by name."""

import os
import re
from pathlib import Path
from typing import Any

from oablib.base.errors import EnvironmentFault, ParameterError
from oablib.base.wording import did_you_mean
from oablib.params import strict_yaml

KINDS = {
    "codebook": "rules",
    "model": "models",
    "variants": "models",
    "published": "published",
    "indicator": "models",
    "current_indicator": "models",
}
"""Parameters of a run that name files, and the folder of params that these are in."""

MAY_BE_EMPTY = ("variants", "published", "indicator")
SEVERAL = ("variants",)
"""Parameters that may name several files, with spaces between."""

CHECKOUT = Path(__file__).resolve().parents[2]
"""The project, where the package was installed from it with `pip install -e`."""

WORK = ".work"
"""Folder of the project for what nobody but its owner may read."""

RUN_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
# Names that Windows keeps for devices: a report folder called so cannot be copied there.
RESERVED_NAMES = frozenset(
    {"con", "prn", "aux", "nul"} | {f"{port}{i}" for port in ("com", "lpt") for i in range(1, 10)}
)


def root() -> Path:
    """Folder of the project.

    OAB_ROOT, else the nearest folder above with params and notebooks, else the checkout that this
    package is part of. Raises EnvironmentFault when there is none.
    """
    given = os.environ.get("OAB_ROOT")
    if given:
        if not Path(given, "params").is_dir():
            raise EnvironmentFault(f"OAB_ROOT is {given}, which holds no folder params.")
        return Path(given).resolve()
    here = Path.cwd().resolve()
    for folder in (here, *here.parents, CHECKOUT):
        if (folder / "params").is_dir() and (folder / "notebooks").is_dir():
            return folder
    raise EnvironmentFault(
        f"The project was not found: no folder with params and notebooks is at or above {here}, "
        "and this package is not part of a checkout. Change to the project's folder, or set "
        "OAB_ROOT to it."
    )


def load_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML mapping strictly; see strict_yaml.read for what is refused."""
    return strict_yaml.read(path).values


def rules(name: str) -> dict[str, Any]:
    """Read params/rules/<name>.yaml."""
    return load_yaml(named_file("rules", name))


def named_file(kind: str, name: str) -> Path:
    """Path of params/<kind>/<name>.yaml.

    Raises ParameterError, with the nearest name, when the name is not plain or has no file.
    """
    path = root() / "params" / kind / f"{name}.yaml"
    if not RUN_NAME.fullmatch(name) or not path.is_file():
        raise ParameterError(f"params/{kind} has no {name!r}{did_you_mean(name, names(kind))}")
    return path


def files_of(key: str, value: str) -> list[str]:
    """Names of the files that a parameter of KINDS names."""
    return value.split() if key in SEVERAL else [value] if value else []


def names(kind: str) -> list[str]:
    """Names of the files in params/<kind>, sorted."""
    return sorted(path.stem for path in (root() / "params" / kind).glob("*.yaml"))


def fail_if_name_is_unfit(name: str) -> None:
    """Raise ParameterError when a run's name cannot be a folder on every system."""
    if not RUN_NAME.fullmatch(name) or name in RESERVED_NAMES:
        raise ParameterError(
            f"A run cannot be called {name[:80]!r}; expected 1 to 64 small letters, digits, - and "
            "_, beginning with a letter or digit, and no name that a system reserves."
        )
