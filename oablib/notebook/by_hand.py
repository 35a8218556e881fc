"""Parameters for a notebook that is opened by hand: those of the last run."""

import json
import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from oablib import params
from oablib.base import files as whole_file
from oablib.notebook.store import PRIVATE_FILE

LAST_RUN = "last_run.json"
COUNTRY = "country/"  # where a stage finds the children of the country


def adopt(namespace: dict[str, Any]) -> None:
    """Give the parameters in `namespace`, a notebook's globals, the values of the last run.

    Only names that the notebook has given a text or a number are touched, and one printed line
    tells them. In a run nothing happens; where no run has been made the notebook's own values
    stay, and the line says how to make one.
    """
    if "OAB_RESULTS" in os.environ:  # set for the kernel of a run, which has given the values
        return
    told = _last()
    if told is None:
        print("No run was made yet: these are the notebook's values. First: `oab run demo`.")
        return
    values = {name: value for name, value in told["parameters"].items()
              if isinstance(namespace.get(name), str | int | float)}  # fmt: skip
    namespace.update(values)
    shown = ", ".join(f"{name} = {value!r}" for name, value in values.items())
    print(f"Parameters of run {told['run']}, made {told['made']}: {shown}; set others below.")


def keep(values: Mapping[str, str | int | float], *, files: Mapping[str, Path]) -> None:
    """Write what a run gave its notebooks, for `adopt`; only the owner can read it.

    values: parameters as notebooks got them, `run` among them. files: place in a stage's folder
    -> file, to find the data that a stage knew by its place.
    """
    root = params.root()
    data = files.get(str(values["data"]))
    named = {} if data is None else {"data": _within(data, root)}
    if values.get("country"):
        near = next(path for place, path in files.items() if place.startswith(COUNTRY))
        named["country"] = _within(near.parent, root)
    told = {
        "run": values["run"],
        "made": date.today().isoformat(),
        "parameters": {**values, **named},
    }
    with whole_file.at(root / params.WORK / LAST_RUN) as part:
        part.touch(mode=PRIVATE_FILE)
        part.write_text(json.dumps(told, indent=1), encoding="utf-8")


def _within(path: Path, root: Path) -> str:
    """The path as seen from the project where it lies within: the project may be moved."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _last() -> dict[str, Any] | None:
    """What `keep` wrote; None when it is absent or damaged, or the run's tables are gone."""
    work = params.root() / params.WORK
    try:
        told = json.loads((work / LAST_RUN).read_text(encoding="utf-8"))
        plain = all(isinstance(value, str | int | float) for value in told["parameters"].values())
        whole = isinstance(told["made"], str) and (work / told["run"] / "results").is_dir()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return told if plain and whole else None
