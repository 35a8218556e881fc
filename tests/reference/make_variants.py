"""Make data/variants.csv: synthetic pupils with all that the variants of a selection read.

Run `PYTHONPATH=. python tests/reference/make_variants.py`. Education is known for all; no row is of
a real person.
"""

from pathlib import Path

from oablib import synthetic
from oablib.protocol import models
from tests.measured.true_education import true_education

N, SEED = 1500, 7
FILE = Path(__file__).parent / "data" / "variants.csv"


def main() -> None:
    frame = true_education(synthetic.draw(n=N, seed=SEED))
    names = {name for each in ("base", "full") for name in models.load(each).columns}
    columns = [name for name in frame if name in names]
    school = frame["school_id"].factorize()[0] + 1
    frame[columns].assign(school_id=school).to_csv(FILE, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
