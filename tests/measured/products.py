"""Bias and coverage of a product with an imputed factor, with and without it in the imputation.

    python3 nox.py -s products [-- --replications 400]

Children are drawn with an effect of the product that is known, the factor is hidden for more than
half of them, imputed, and the effect estimated. A page goes to docs/products.md.
"""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from oablib.protocol import codebook, models
from oablib.protocol.codebook import Table
from oablib.protocol.formed import Factor
from oablib.protocol.models import Model
from oablib.statistics import two_step
from tests.measured import replications

N, PER_SCHOOL = 4000, 25
UNKNOWN = 0.55  # share of children whose factor is hidden
M, ITERATIONS = 5, 3
SEED = 2015
METHODS = COMPLETE, WITH, WITHOUT = "complete", "with the product", "without"
MOTHER, ORIGIN, INCOME = "education_mother", "origin", "household_income"
VALUES = {
    MOTHER: np.array([-1.25, -1.75, 1.15, 0.0, 1.78, 4.18, 4.86, 6.12]),
    ORIGIN: np.array([0.0, 1.23, 0.02, 0.94, -1.04, 0.57, 2.61, 2.91]),
}
"""Scale values of the categories in codebook order, set by hand, so that the truth is exact."""
SHARES = {
    MOTHER: np.array([0.05, 0.13, 0.1, 0.17, 0.17, 0.1, 0.18, 0.1]),
    ORIGIN: np.array([0.6, 0.07, 0.04, 0.05, 0.05, 0.05, 0.07, 0.07]),
}
LOWER = np.array([0.0, 0.0, 0.3, 0.4, 0.0, 0.2, 0.3, 0.7])
"""By how much the log-odds of the mothers' levels fall with the level, by origin."""
CENTRE = 30.0
PRODUCTS = {
    "mother_x_origin": (Factor(MOTHER), Factor(ORIGIN)),
    "mother_x_income": (Factor(MOTHER), Factor(INCOME, CENTRE)),
    "income_squared": (Factor(INCOME, CENTRE), Factor(INCOME, CENTRE)),
}
TRUTH = {"nscct": 0.2, MOTHER: 0.8, ORIGIN: -0.8, INCOME: 0.06}

PAGE = """# Products with an imputed factor

`python3 nox.py -s products` drew cohorts of {n:,} children in schools of {per_school} (master seed
{seed}) with a known effect of a product, hid a factor of it for {unknown:.0%} of the children,
imputed it {m} times in {iterations} rounds, and estimated the direct effects. Cells: bias in
percent of the true effect (negative: nearer to zero; Monte Carlo error in brackets), and
coverage of the 95 % interval.

{results}

*complete*: before anything was hidden. *with the product*: the imputation knows the product, as
that of a model's own products does. *without*: the imputation has the same columns and does not
know of the product, as when products are formed after an imputation for another model.

Unknown at random given both tests and origin: rather where scores are low, and for other origins
than the Netherlands. Scale values are set by hand, so that the truth is exact.

* `origin`: mother's education x origin, both scaled; education is imputed by the nominal logit.
* `income`: mother's education x income less 30; education is imputed by the nominal logit.
* `square`: income less 30, squared; income is drawn by the model's own equations, and without the
  product by predictive mean matching.
"""


@dataclass(frozen=True, slots=True)
class Study:
    """A product, its effect on the outcome, and the variable that is imputed."""

    product: str
    effect: float
    imputed: str

    @property
    def truth(self) -> dict[str, float]:
        """Direct effects."""
        return TRUTH | {self.product: self.effect}


STUDIES = {
    "origin": Study("mother_x_origin", 0.3, MOTHER),
    "income": Study("mother_x_income", 0.03, MOTHER),
    "square": Study("income_squared", -0.004, INCOME),
}


def model(study: Study) -> tuple[Model, Table]:
    """The model of a study, scale values set by hand, and its codebook."""
    base = models.load("base")
    table = codebook.load(base.codebook).table("cohort")
    values = {
        name: {
            category.key: float(value)
            for category, value in zip(table.column(name).categories, numbers, strict=True)
        }
        for name, numbers in VALUES.items()
    }
    own = replace(
        base,
        wave="",
        imputed=(study.imputed,),
        scaled={MOTHER: 1, ORIGIN: 1},
        dummies={},
        numeric=(INCOME,),
        school_means={},
        products={study.product: PRODUCTS[study.product]},
        direct=(MOTHER, ORIGIN, INCOME, study.product),
        indirect=(MOTHER, ORIGIN, INCOME),
        auxiliary=(),
        candidates=(),
        fixed_values=values,
    )
    return own, table


def draw(rng: np.random.Generator, study: Study, *, n: int = N) -> pd.DataFrame:
    """Complete children."""
    school = np.arange(n) // PER_SCHOOL
    standing = 0.4 * rng.normal(size=school.max() + 1)[school]
    origin = rng.choice(8, n, p=SHARES[ORIGIN])
    odds = np.log(SHARES[MOTHER]) + np.outer(standing - LOWER[origin], np.arange(8) / 3)
    mother = (odds + rng.gumbel(size=odds.shape)).argmax(axis=1)
    s_mother, s_origin = VALUES[MOTHER][mother], VALUES[ORIGIN][origin]
    income = CENTRE + 1.5 * (s_mother - 2) - s_origin + 8 * rng.normal(size=n)
    nscct = 100 + 1.2 * s_mother - s_origin + 0.1 * (income - CENTRE) + 13 * rng.normal(size=n)
    frame = pd.DataFrame(
        {
            "child": np.arange(n),
            "school_id": school.astype(str),
            MOTHER: mother + 1.0,
            ORIGIN: origin + 1,
            INCOME: income,
            "nscct": nscct,
        }
    )
    numbers = {MOTHER: s_mother, ORIGIN: s_origin, INCOME: income}
    factors = [numbers[factor.name] - factor.centre for factor in PRODUCTS[study.product]]
    columns = {"nscct": nscct - 100, **numbers, study.product: np.prod(factors, axis=0)}
    score = sum(effect * columns[name] for name, effect in study.truth.items())
    between = 1.5 * rng.normal(size=school.max() + 1)[school]
    return frame.assign(cito=535 + score + between + 6 * rng.normal(size=n))


def hide(rng: np.random.Generator, frame: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Unknown at random given tests and origin: more often with low scores and other origins."""
    tests = frame[["cito", "nscct"]]
    low = -((tests - tests.mean()) / tests.std()).mean(axis=1)
    driver = low + 0.5 * (frame[ORIGIN] != 1)
    waiting = rng.exponential(size=len(frame)) / np.exp(0.8 * driver)
    hidden = waiting.rank(method="first") <= round(UNKNOWN * len(frame))
    return frame.assign(**{study.imputed: frame[study.imputed].mask(hidden)})


def without(own: Model) -> Model:
    """The model that an imputation sees which does not know of the product."""
    kept = tuple(name for name in own.direct if name not in own.products)
    return replace(own, direct=kept, products={})


def effects(frames: list[pd.DataFrame], *, own: Model, table: Table) -> pd.DataFrame:
    """Direct effects, pooled: est, ci_lower, ci_upper by name."""
    found = two_step.analyse(frames, model=own, table=table, estimator="published")
    rows = own.paths_to_outcome(found.parameters, of=[own.mediator, *own.direct])
    return rows[["est", "se", "ci_lower", "ci_upper"]]


def replication(
    seed: np.random.SeedSequence, *, study: Study, n: int = N, m: int = M
) -> pd.DataFrame:
    """Direct effects of one cohort: method, name, truth, est, se, inside (the 95 % interval)."""
    rng = np.random.default_rng(seed)
    own, table = model(study)
    frame = draw(rng, study, n=n)
    hidden = hide(rng, frame, study)
    frames = {COMPLETE: [frame]}
    for method, seen in ((WITH, own), (WITHOUT, without(own))):
        frames[method] = replications.completed(
            hidden,
            model=seen,
            table=table,
            m=m,
            iterations=ITERATIONS,
            seed=int(rng.integers(2**31)),
        )
    parts = []
    for method, completed in frames.items():
        rows = effects(completed, own=own, table=table)
        truth = pd.Series(study.truth).loc[rows.index]
        inside = truth.between(rows["ci_lower"], rows["ci_upper"])
        parts.append(rows[["est", "se"]].assign(method=method, truth=truth, inside=inside))
    return pd.concat(parts).rename_axis("name").reset_index()


def performance(rows: pd.DataFrame) -> pd.DataFrame:
    """Of each study, method and effect: truth, est (mean), sd, se (mean), coverage, replications.

    Also bias and its Monte Carlo error, both as a share of the truth; negative: nearer to zero.
    """
    table = rows.groupby(["study", "name", "method"], sort=False).agg(
        truth=("truth", "first"),
        est=("est", "mean"),
        sd=("est", "std"),
        se=("se", "mean"),
        coverage=("inside", "mean"),
        replications=("est", "size"),
    )
    table["bias"] = table["est"] / table["truth"] - 1
    table["bias_mc"] = table["sd"] / np.sqrt(table["replications"]) / table["truth"].abs()
    return table.reset_index()


def page(rows: pd.DataFrame, *, n: int) -> str:
    """The page docs/products.md."""
    table = performance(rows)
    lines = ["| study | cohorts | effect | truth | " + " | ".join(METHODS) + " |", "|---" * 7 + "|"]
    for (study, name), part in table.groupby(["study", "name"], sort=False):
        cells = [_cell(part[part["method"] == method].iloc[0]) for method in METHODS]
        cohorts, truth = part["replications"].iloc[0], part["truth"].iloc[0]
        row = [study, f"{cohorts}", f"`{name}`", f"{truth:g}", *cells]
        lines.append("| " + " | ".join(map(str, row)) + " |")
    return PAGE.format(
        seed=SEED, n=n, per_school=PER_SCHOOL, unknown=UNKNOWN, m=M, iterations=ITERATIONS,
        results="\n".join(lines),
    )  # fmt: skip


def _cell(row: pd.Series) -> str:
    bias = f"{100 * row['bias']:+.1f} ({100 * row['bias_mc']:.1f}) %"
    return f"{bias}, {100 * row['coverage']:.1f} %"


def replicate(seeds: Sequence[np.random.SeedSequence], *, n: int, workers: int) -> pd.DataFrame:
    """Rows of all studies."""
    parts = []
    for name, study in STUDIES.items():
        work = partial(replication, study=study, n=n)
        found = replications.side_by_side(work, seeds, workers=workers, title=name)
        parts.append(pd.concat(found).assign(study=name))
    return pd.concat(parts, ignore_index=True)


def main() -> None:
    """Run the studies and write their page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("docs/products.md"))
    parser.add_argument("--replications", type=int, default=400)
    parser.add_argument("--children", type=int, default=N)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    seeds = np.random.SeedSequence(SEED).spawn(arguments.replications)
    rows = replicate(seeds, n=arguments.children, workers=arguments.processes)
    arguments.out.write_text(page(rows, n=arguments.children), encoding="utf-8")


if __name__ == "__main__":
    main()
