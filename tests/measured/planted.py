"""Write how estimates scatter over seeds into params/rules/planted.yaml.

    python -m tests.measured.planted

It is the standard deviation over the cohorts of the validation study that have the published size
and the published truth, by the default method of imputation.
"""

import pandas as pd

from oablib.studies.validation import settings
from tests.places import ROOT

FILE = ROOT / "params" / "rules" / "planted.yaml"
PERFORMANCE = ROOT / "reports" / "validation" / "tables" / "performance.parquet"
FIRST = "\nn: "  # key of what is measured; the lines before it are written by hand
MEASURED = """{before}
n: {n}                   # children of each cohort
cohorts: {cohorts}
spread:                    # standard deviation of the estimated direct effect over cohorts
{spread}
"""


def measured() -> pd.DataFrame:
    """Rows of direct effects of the largest cohorts, by predictor, with their sd."""
    table = pd.read_parquet(PERFORMANCE)
    method = settings.load().default
    wanted = {"kind": "direct", "detail": "jackknife", "world": "published", "method": method}
    chosen = table[(table[list(wanted)] == pd.Series(wanted)).all(axis=1)]
    return chosen[chosen["n"] == chosen["n"].max()].set_index("name")


def write() -> None:
    """Replace the last part of the file."""
    rows = measured()
    text = MEASURED.format(
        before=FILE.read_text(encoding="utf-8").partition(FIRST)[0],
        n=int(rows["n"].iloc[0]),
        cohorts=int(rows["replications"].min()),
        spread="\n".join(f"  {name}: {sd:.3g}" for name, sd in rows["sd"].items()),
    )
    FILE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
