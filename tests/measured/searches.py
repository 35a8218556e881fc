"""Where searches of a bifactor model end, beside lavaan, over 200 samples; prints a table.

    PYTHONPATH=. python -m tests.measured.searches

R with lavaan is needed; some ten minutes. A dozen of the samples are in tests/reference.
"""

import json
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from oablib import sem
from tests.places import REFERENCE
from tests.reference.make_searches import BIFACTOR, ROWS, bifactor_rows, case

SAMPLES = 200
# lavaan's rule of stopping leaves as much.
LOGLIK_ATOL = 1e-6


def by_lavaan(folder: Path) -> pd.DataFrame:
    """Its own starts and stopping rule, by the script of the stored reference."""
    cases = [
        case(str(seed), BIFACTOR, np.cov(bifactor_rows(seed).T, bias=True), ROWS)
        for seed in range(SAMPLES)
    ]
    (folder / "searches.json").write_text(json.dumps(cases), encoding="utf-8")
    script, found = REFERENCE / "r" / "searches.R", folder / "found.json"
    subprocess.run(["Rscript", "--vanilla", script, folder / "data.csv", found], check=True)
    fits = json.loads(found.read_text(encoding="utf-8"))["fits"]
    columns = ["converged", "loglik", "smallest_variance", "smallest_eigenvalue"]
    return pd.DataFrame(fits).reindex(columns=columns)


def by_oablib() -> pd.DataFrame:
    rows = []
    for seed in range(SAMPLES):
        frame = pd.DataFrame(bifactor_rows(seed), columns=[f"x{i + 1}" for i in range(8)])
        start = time.process_time()
        fit = sem.fit(BIFACTOR, frame, errors="expected")
        seconds = time.process_time() - start
        variances = min(np.diag(at.S).min() for at in fit.core.optimum.at)
        several = bool(fit.core.optimum.others)
        rows.append((fit.converged, fit.loglik, variances, several, seconds))
    return pd.DataFrame(rows, columns=["converged", "loglik", "variance", "several", "seconds"])


def table(lavaan: pd.DataFrame, ours: pd.DataFrame) -> pd.Series:
    proper = lavaan["converged"] & lavaan["smallest_variance"].gt(0)
    proper &= lavaan["smallest_eigenvalue"].gt(0)
    lower = lavaan["loglik"] - ours["loglik"] > LOGLIK_ATOL
    improper = ours["converged"] & ours["variance"].lt(0)
    return pd.Series(
        {
            "samples": SAMPLES,
            "lavaan converged": lavaan["converged"].sum(),
            "oablib converged": ours["converged"].sum(),
            "lavaan proper": proper.sum(),
            "of these, oablib lower or without optimum": (
                proper & (lower | ~ours["converged"])
            ).sum(),
            "lavaan improper, oablib lower": (~proper & lower & ours["converged"]).sum(),
            "oablib improper": improper.sum(),
            "several optima flagged": ours["several"].sum(),
            "mean seconds (CPU)": round(ours["seconds"].mean(), 2),
        }
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        print(table(by_lavaan(Path(name)), by_oablib()).to_string())
