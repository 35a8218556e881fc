"""The children of the country, if a run has them: drawn, or in a folder of the data holder."""

from pathlib import Path

from oablib import codebook, params
from oablib.delivery_drawn import Drawn
from oablib.errors import InputError
from oablib.params_declared import RunParameters

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


def fail_if_absent(parameters: RunParameters) -> None:
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
