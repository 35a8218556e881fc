"""Numbers of results tables: ten significant digits, so that equal results are equal bytes."""

from typing import Any

import pandas as pd

from oablib.base.wording import formula_safe

FLOAT_FORMAT = "%.10g"  # enough to compare results, coarse enough to hide a library's last bits
# Rounding of sums of numbers near 1 that should vanish, such as a gradient; no digit of it means
# anything, and it differs between processors.
NOTHING = 1e-12


def rounded(frame: pd.DataFrame) -> pd.DataFrame:
    """Numbers with ten significant digits, and 0 for those smaller than NOTHING."""
    numbers = frame.select_dtypes("float")
    return frame.assign(**{str(name): numbers[name].map(_round) for name in numbers})


def csv(frame: pd.DataFrame) -> str:
    """A results table as text, of which nothing is a formula; equal values give equal text."""
    texts = frame.select_dtypes(["object", "string"])
    safe = {str(name): texts[name].map(_formula_safe) for name in texts}
    return frame.assign(**safe).to_csv(index=False, float_format=FLOAT_FORMAT, lineterminator="\n")


def _formula_safe(value: Any) -> Any:
    return formula_safe(value) if isinstance(value, str) else value


def _round(number: float) -> float:
    return 0.0 if abs(number) < NOTHING else float(FLOAT_FORMAT % number)
