"""A synthetic country: all pupils and toddlers of two years, their schools and municipalities.

No real child is in it. `draw_country` makes it, `deliver_country` writes what data holders would
send: what registers know, with its gaps, and the truth apart.
"""

from pathlib import Path

from oablib.synthetic.country.delivery import write
from oablib.synthetic.country.drawn import Country, draw_country


def deliver_country(
    folder: Path, *, share: float, year: int, seed: int, row_group: int = 100_000
) -> Path:
    """Draw a share of the country and write it to folder; return the folder.

    There stand children_<year - 1>.parquet, children_<year>.parquet (row_group rows a group, in
    random order), sites.parquet (of both years), municipalities.parquet (all 342), manifest.json
    with a sha256 per file, and truth/. Equal arguments give equal bytes.

    Raises ParameterError when the share leaves fewer than 12 sites or is over 1, or the year is
    not from 2001 to 2099.
    """
    return write(draw_country(share=share, year=year, seed=seed), folder, row_group=row_group)
