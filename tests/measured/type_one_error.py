"""Type I error of pooled modification indices for a path of the school level that is not there.

    python3 nox.py -s type_one_error [-- --replications 1000]

Pupils sit in schools, and the residual of the mediator m is partly that of the school. The
candidate `m ~ w`, w a variable of the school, is null in truth. Rows (one per replication) and a
page with rejection rates go to docs/type_one_error/.
"""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import chdtrc
from scipy.stats import binomtest

from oablib import imputation, pooling, sem
from tests.measured import replications

SCHOOLS, PUPILS = 100, 20
MODEL = "y ~ m + x1 + x2 + w\nm ~ x1 + x2"
CANDIDATE = "m ~ w"
M = 5
MISSING = 0.4
ICC = 0.15  # share of the residual variance of m that lies between schools
# Iterations of the imputation's Gibbs sampler: the first ones dropped, then each so manieth kept.
BURN_IN, THIN = 200, 100
NOMINAL = 0.05
# Percentages named before the first run: of the pooled cluster-robust tests; least of the others.
EXPECTED, LEAST = (3.5, 6.5), 20
SEED = 2015

TESTS = {
    "model-based": {"complete": "complete", "mean": "mean", "D2": "d2", "D1": "d1"},
    "cluster-robust": {"complete": "complete_robust", "D2": "d2_robust", "D1": "d1_robust"},
}
COLUMNS = [column for tests in TESTS.values() for column in tests.values()]

PAGE = """# Type I error of pooled modification indices

`python3 nox.py -s type_one_error` drew {replications:,} data sets (master seed {seed}) in which the
path tested is zero, and counted in how many percent of them its modification index was significant
at 5 %. In brackets: exact 95 % interval (Clopper & Pearson). p values: `rows.csv`.

{rates}

Expected beforehand: pooled cluster-robust tests between {low} and {high} percent, model-based
ones above {least}. {verdict}

*complete*: the same data before values were lost. *D2*, *D1*: p of `pooling.modification_indices`
over m = {m} imputations. *mean*: the mean of the m indices taken as a chi-square, as when only
means are reported.

## Design

{schools} schools of {pupils} pupils; all variables normal.

| variable | is made of |
|---|---|
| w | school level, sd 1 |
| x1 | 0.4 w + school (sd 0.3) + pupil (sd 0.87) |
| x2 | 0.3 x1 + pupil (sd 1) |
| m | 0.4 x1 + 0.3 x2 + **0 w** + residual of variance 1, {icc} of it between schools |
| y | 0.5 m + 0.3 x1 + 0.3 x2 + 0.2 w + residual of variance 1, {icc} of it between schools |

Model: `y ~ m + x1 + x2 + w`, `m ~ x1 + x2`, errors clustered by school; candidate: `m ~ w`.

x1 is missing for a share of {missing} of the pupils, at random given the sum of y, m and w, each
standardised: its odds triple from one sd under the mean to one above. It is imputed from a mixed
model: fixed effects of w, of the pupil's own y, m and x2 and of their school means, and a random
intercept of the school; all parameters are drawn from their posterior. With schools of equal size
that is exactly the distribution of x1 given the rest, so that the null stays true in the imputed
data: without school means and random intercept the imputed x1 would lack what the school's residual
of m says about it.
"""


def one_replication(seed: np.random.SeedSequence) -> list[float]:
    """p values in the order of COLUMNS."""
    rng = np.random.default_rng(seed)
    frame = draw(rng)
    missing = lose(rng, frame)
    frames = [frame.assign(x1=x1) for x1 in impute(rng, frame, missing=missing, m=M)]
    fits = [sem.fit(MODEL, each, cluster="school") for each in frames]
    index = sem.modification_indices(sem.fit(MODEL, frame, cluster="school"), [CANDIDATE]).iloc[0]
    pooled = pooling.modification_indices(fits, [CANDIDATE]).iloc[0]
    chi2 = {"complete": index["mi"], "complete_robust": index["mi_robust"]}
    chi2["mean"] = pooled["mi_mean"]
    found = {name: chdtrc(1, value) for name, value in chi2.items()}
    found |= {name: pooled[f"p_{name}"] for name in ("d2", "d1", "d2_robust", "d1_robust")}
    return [float(found[name]) for name in COLUMNS]


def draw(rng: np.random.Generator) -> pd.DataFrame:
    """Complete pupils: y, m, x1, x2, w and school."""
    school = np.repeat(np.arange(SCHOOLS), PUPILS)
    pupil = rng.normal(size=(4, len(school)))
    w, level, of_m, of_y = rng.normal(size=(4, SCHOOLS))[:, school]
    x1 = 0.4 * w + 0.3 * level + np.sqrt(0.75) * pupil[0]
    x2 = 0.3 * x1 + pupil[1]
    m = 0.4 * x1 + 0.3 * x2 + np.sqrt(ICC) * of_m + np.sqrt(1 - ICC) * pupil[2]
    y = 0.5 * m + 0.3 * x1 + 0.3 * x2 + 0.2 * w
    y += np.sqrt(ICC) * of_y + np.sqrt(1 - ICC) * pupil[3]
    return pd.DataFrame({"y": y, "m": m, "x1": x1, "x2": x2, "w": w, "school": school})


def lose(rng: np.random.Generator, frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Which rows lose x1, shape (n,): a share of MISSING, rather where y, m and w are high."""
    seen = frame[["y", "m", "w"]]
    driver = ((seen - seen.mean()) / seen.std()).sum(axis=1)
    seed = int(rng.integers(2**32))
    hidden = imputation.hide(
        frame.assign(driver=driver), variable="x1", share=MISSING, given="driver", seed=seed
    )
    return hidden["x1"].isna().to_numpy()


def impute(
    rng: np.random.Generator, frame: pd.DataFrame, *, missing: NDArray[np.bool_], m: int
) -> list[NDArray]:
    """x1 completed m times; each shape (n,), known values kept.

    Bayesian mixed model by Gibbs sampling (Van Buuren, 2018, Flexible Imputation of Missing Data,
    2nd ed., section 7.6), flat priors on the fixed effects, the log of the pupil's variance, and
    the standard deviation of schools.
    """
    school, known = frame["school"].to_numpy(), ~missing
    design = _design(frame)
    x, z, of = design[known], frame["x1"].to_numpy()[known], school[known]
    inverse, count = np.linalg.inv(x.T @ x), np.bincount(of, minlength=SCHOOLS)
    half, hat = np.linalg.cholesky(inverse), inverse @ x.T
    level, within, between = np.zeros(SCHOOLS), z.var(), 0.1 * z.var()
    completed = []
    for step in range(1, BURN_IN + m * THIN + 1):
        fixed = hat @ (z - level[of]) + np.sqrt(within) * half @ rng.normal(size=len(half))
        left = z - x @ fixed
        spread = 1 / (count / within + 1 / between)
        middle = spread / within * np.bincount(of, left, SCHOOLS)
        level = middle + np.sqrt(spread) * rng.normal(size=SCHOOLS)
        within = np.sum((left - level[of]) ** 2) / rng.chisquare(len(z))
        between = np.sum(level**2) / rng.chisquare(SCHOOLS - 1)
        if step > BURN_IN and (step - BURN_IN) % THIN == 0:
            noise = np.sqrt(within) * rng.normal(size=len(frame))
            filled = design @ fixed + level[school] + noise
            completed.append(np.where(missing, filled, frame["x1"]))
    return completed


def _design(frame: pd.DataFrame) -> NDArray:
    """Constant, w, and the pupil's own and the school's mean y, m and x2, shape (n, 8)."""
    own = frame[["y", "m", "x2"]]
    means = own.groupby(frame["school"]).transform("mean")
    return np.column_stack([np.ones(len(frame)), frame["w"], own, means])


def rates(rows: pd.DataFrame) -> pd.DataFrame:
    """Rejections of each test: test, variance, rejected, rate, lower and upper (exact 95 %)."""
    table = []
    for variance, tests in TESTS.items():
        for test, column in tests.items():
            rejected = int((rows[column] < NOMINAL).sum())
            interval = binomtest(rejected, len(rows)).proportion_ci(method="exact")
            table.append((variance, test, rejected, rejected / len(rows), *interval))
    names = ["variance", "test", "rejected", "rate", "lower", "upper"]
    return pd.DataFrame(table, columns=names)


def page(rows: pd.DataFrame) -> str:
    """The page docs/type_one_error/README.md."""
    found = rates(rows).set_index(["variance", "test"])
    tests = list(TESTS["model-based"])
    lines = ["| | " + " | ".join(tests) + " |", "|---" * (len(tests) + 1) + "|"]
    for variance, named in TESTS.items():
        cells = [_cell(found.loc[variance, test]) if test in named else "" for test in tests]
        lines.append("| " + " | ".join([variance, *cells]) + " |")
    return PAGE.format(
        replications=len(rows), seed=SEED, rates="\n".join(lines), m=M, schools=SCHOOLS,
        pupils=PUPILS, icc=ICC, missing=MISSING, low=EXPECTED[0], high=EXPECTED[1], least=LEAST,
        verdict="So it is." if is_as_expected(found["rate"]) else "That is not what was found.",
    )  # fmt: skip


def is_as_expected(rate: pd.Series) -> bool:
    """Whether the pooled tests keep to the rates named in advance; index (variance, test)."""
    pooled = rate[rate.index.isin(["D1", "D2"], level="test")]
    robust, plain = 100 * pooled["cluster-robust"], 100 * pooled["model-based"]
    return bool(robust.between(*EXPECTED).all() and (plain > LEAST).all())


def _cell(found: pd.Series) -> str:
    rate, lower, upper = 100 * found[["rate", "lower", "upper"]]
    return f"{rate:.1f} [{lower:.1f}, {upper:.1f}]"


def replicate(seeds: Sequence[np.random.SeedSequence], *, workers: int) -> pd.DataFrame:
    """One row per seed."""
    found = replications.side_by_side(one_replication, seeds, workers=workers)
    return pd.DataFrame(found, columns=COLUMNS)


def main() -> None:
    """Run the study and write its rows and its page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("docs/type_one_error"))
    parser.add_argument("--replications", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    seeds = np.random.SeedSequence(SEED).spawn(arguments.replications)
    rows = replicate(seeds, workers=arguments.processes)
    arguments.out.mkdir(parents=True, exist_ok=True)
    file = arguments.out / "rows.csv"
    rows.to_csv(file, float_format="%.6g", index_label="replication", lineterminator="\n")
    # Counted is what the file holds: rounding may carry a p over the limit.
    text = page(pd.read_csv(file, index_col="replication"))
    (arguments.out / "README.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
