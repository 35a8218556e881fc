"""A synthetic cohort and a synthetic country, whose margins are published and truth is known.

No real child is in them. `draw` and `draw_country` make them, `deliver` and `deliver_country` write
what a data holder would send.
"""

from pathlib import Path

from oablib.synthetic.cohort import Cohort, draw
from oablib.synthetic.country import draw_country
from oablib.synthetic.delivery import write, write_country
from oablib.synthetic.outcomes import Truth


def deliver(folder: Path, *, n: int, seed: int) -> Path:
    """Draw a cohort of n children and write it to folder; return the path of cohort.sav.

    Beside cohort.sav are the same tables as .csv (semicolon, decimal comma) and .parquet,
    schools and municipalities, manifest.json with a sha256 per file, and truth/.
    Raises ParameterError when n is under 200.
    """
    return write(draw(n=n, seed=seed), folder)


def deliver_country(
    folder: Path, *, share: float, year: int, seed: int, row_group: int = 100_000
) -> Path:
    """Draw a share of the country and write it to folder; return the folder.

    The files are children_<year - 1>.parquet, children_<year>.parquet (row_group rows a group, in
    random order), sites.parquet (of both years), municipalities.parquet (all 342), manifest.json
    with a sha256 per file, and truth/. Equal arguments give equal bytes.

    Raises ParameterError when the share leaves fewer than 12 sites or is over 1, or the year is
    not from 2001 to 2099.
    """
    country = draw_country(share=share, year=year, seed=seed)
    return write_country(country, folder, row_group=row_group)
