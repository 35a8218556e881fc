"""The values that a notebook gets which is opened by hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oablib import params
from oablib.base import files
from oablib.base.errors import InputError
from oablib.notebook.store import MADE
from oablib.params import run as run_file
from oablib.params.cell import Declared

LAST_RUN = "last_run.json"
DEFAULT_RUN = "demo"  # where no run was made yet
GIVEN = "given here"
SYNTHETIC = "synthetic"
LOCATIONS = ("data", "country")
"""Parameters that say where files are: a run may have drawn these files itself."""


@dataclass(frozen=True, slots=True)
class Used:
    """Parameters of a notebook opened by hand, where each came from, and both as one line."""

    run: str
    values: Mapping[str, str | int | float]
    origins: Mapping[str, str]
    line: str


def values_for(declared: Declared) -> Used:
    """Values of the parameters that a notebook declares.

    Raises ParameterError naming every fault of the values and of the run's file; InputError when
    the run's data are not there.
    """
    given = dict(declared.given)
    run, source = str(given.pop("run", "")), GIVEN
    if not run:
        run, source = _last_run(), "the last run"
    made = _made(run)
    options: dict[str, Any] = made.get("options", {})
    if run in params.names("runs"):
        own = run_file.run_parameters(run, options).model_dump()
        resolved = run_file.resolve(run, {**options, **given})
        values, origins = resolved.parameters.model_dump(), dict(resolved.origins)
    else:  # a study, whose notebook names its own data
        own, values, origins = {}, {"run": run, **given}, {}
    origins |= dict.fromkeys(given, GIVEN) | {"run": source}
    used = {name: values[name] for name in declared.names if name in values}
    used |= _locations(used | {"run": run}, own=own, made=made)
    where = {name: origins.get(name, run_file.DEFAULT) for name in used}
    return Used(run, used, where, _line(run, str(made.get("made", "")), used, where))


def _locations(
    values: Mapping[str, Any], *, own: Mapping[str, Any], made: Mapping[str, Any]
) -> dict[str, str]:
    """Where the files of the run are; own: the run's values, whatever was given here."""
    found = {}
    for name in (name for name in LOCATIONS if values.get(name)):
        value = str(values[name])
        if value == own.get(name) and name in made.get("locations", {}):
            found[name] = made["locations"][name]
        elif Path(value).exists():
            found[name] = str(Path(value).resolve())
        elif value == SYNTHETIC:
            raise InputError(
                f"The {name} of run {values['run']!r} was not drawn yet. Draw it with `oab run "
                f"{values['run']}`, or give the parameter {name} a path."
            )
    return found


def _line(run: str, made: str, values: Mapping[str, Any], origins: Mapping[str, str]) -> str:
    """Values by where they came from, those that were given first."""
    by_origin: dict[str, list[str]] = {}
    for name in sorted(values, key=lambda name: origins[name] != GIVEN):
        place = origins[name].rpartition(" line ")[0] or origins[name]
        by_origin.setdefault(place, []).append(f"{name} = {values[name]!r}")
    parts = [f"{', '.join(named)} ({origin})" for origin, named in by_origin.items()]
    when = f"made {made}" if made else "without tables yet"
    return f"Parameters of run {run}, {when}: {'; '.join(parts)}."


def _made(run: str) -> dict[str, Any]:
    """When the run's tables were made (made), with which options, from which files (locations)."""
    return files.read_json(params.root() / params.WORK / run / MADE)


def _last_run() -> str:
    name = files.read_json(params.root() / params.WORK / LAST_RUN).get("run")
    return name if isinstance(name, str) and name in params.names("runs") else DEFAULT_RUN
