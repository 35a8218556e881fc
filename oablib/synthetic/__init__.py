"""A synthetic cohort whose margins are published and whose truth is known.

No real child is in it. `draw` makes it, `deliver` writes what a data holder would send.
"""

from pathlib import Path

from oablib.synthetic.cohort import Cohort, draw
from oablib.synthetic.country import deliver_country
from oablib.synthetic.delivery import write
from oablib.synthetic.outcomes import Truth


def deliver(folder: Path, *, n: int, seed: int) -> Path:
    """Draw a cohort of n children and write it to folder; return the path of cohort.sav.

    Beside cohort.sav stand the same tables as .csv (semicolon, decimal comma) and .parquet,
    schools and municipalities, manifest.json with a sha256 per file, and truth/.
    Raises ParameterError when n is under 200.
    """
    return write(draw(n=n, seed=seed), folder)
