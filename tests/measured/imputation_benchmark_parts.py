"""The imputations that are timed: each is made once, in a process of its own.

Parts as in benchmark_parts: folder of the data and m in, seconds and facts out.
"""

from pathlib import Path

import pandas as pd

from oablib import imputation
from oablib.protocol import models
from oablib.protocol.codebook import load

from .benchmark_parts import Result, timed
from .imputation_benchmark_data import FILE

SEED = 1
ITERATIONS = {"pmm": 5, "nominal": 5, "two_workers": 5, "forest": 1}


def pmm(folder: Path, m: int) -> Result:
    """The rule pmm: predictive mean matching on the mean outcome of each level."""
    return _imputed(folder, rule="pmm", m=m, iterations=ITERATIONS["pmm"])


def nominal(folder: Path, m: int) -> Result:
    """The rule nominal: a multinomial logit whose coefficients are drawn as well."""
    return _imputed(folder, rule="nominal", m=m, iterations=ITERATIONS["nominal"])


def two_workers(folder: Path, m: int) -> Result:
    """The rule nominal in two processes, of one thread each."""
    iterations = ITERATIONS["two_workers"]
    return _imputed(folder, rule="nominal", m=m, iterations=iterations, workers=2)


def forest(folder: Path, m: int) -> Result:
    """The rule forest."""
    # A package: like R's, it is loaded before the clock runs.
    import miceforest  # noqa: F401

    return _imputed(folder, rule="forest", m=m, iterations=ITERATIONS["forest"])


def _imputed(folder: Path, *, rule: str, m: int, iterations: int, workers: int = 1) -> Result:
    """Facts: unknown cells, and shares of levels among all that were filled in, by variable."""
    seconds: dict[str, float] = {}
    with timed(seconds, "reading"):
        model, table, chosen = models.load("base"), load().table("cohort"), imputation.rule(rule)
        frame = pd.read_csv(folder / FILE, dtype={model.cluster: "str"})
    options = {"model": model, "table": table, "rule": chosen, "m": m, "iterations": iterations}
    with timed(seconds, "imputing"):
        cells = imputation.impute(frame, **options, seed=SEED, workers=workers).cells
    shares = {
        name: [float((own == code).mean()) for code in table.column(str(name)).codes]
        for name, own in cells.groupby("variable")["value"]
    }
    return seconds, {"unknown": len(cells) // m, "shares": shares}
