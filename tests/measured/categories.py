"""How often is a scaled variable that means nothing said to differ?

    python3 nox.py -s categories [-- --shuffles 300]

On real pupils a denomination is shuffled over schools; in synthetic cohorts a scaled variable acts
on neither test. Rows (one a shuffle or cohort) and a page with rates go to docs/categories/.
"""

import argparse
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import binomtest, f
from tqdm import tqdm

from oablib import intake, pooling, synthetic
from oablib.protocol import codebook, models
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics import two_step
from oablib.statistics.two_step import sums
from oablib.statistics.two_step.categories import equations
from tests.measured import replications
from tests.measured.true_education import true_education
from tests.places import ROOT

FOLDER = ROOT / "docs" / "categories"
SEED = 1989
SHUFFLES, COMPLETE, IMPUTED = 300, 300, 300  # replications
NOMINAL, EXPECTED = 0.05, (3.0, 7.0)  # percent, named before the first run
ITERATIONS = 5
REAL = "real effect"
# Of eight levels, the last ones rare: some 4 % of 131 schools are five.
SHARES = (0.30, 0.20, 0.15, 0.10, 0.10, 0.06, 0.05, 0.04)
COLUMNS = {
    "brandsma": {"sch": "school_id", "lpo": "lang_post", "iqv": "iq_verb", "ses": "ses",
                 "min": "minority", "sex": "sex", "rpg": "repeated_grades", "den": "denomination"},
    "bdf": {"schoolNR": "school_id", "langPOST": "lang_post", "IQ_verb": "iq_verb", "ses": "ses",
            "Minority": "minority", "sex": "sex", "repeatgr": "repeated_grades",
            "denomina": "denomination"},
}  # fmt: skip
TESTS = {
    "joint": "joint test", "slope": "slope, two-step error",
    "wald": "joint, errors at the estimates", "d2": "joint, pooled by D2",
    "proportional": "proportionality",
}  # fmt: skip

PAGE = """# How often a scaled variable that means nothing is said to differ

`python3 nox.py -s categories` made worlds in which a scaled variable acts on nothing (master seed
{seed}) and counted, in percent, how often a test at 5 % says that it differs. In brackets: exact
95 % interval (Clopper & Pearson). Replication by replication: `rows.csv`.

{rates}

Expected beforehand: the joint test rejects in {low:g} to {high:g} %. {verdict}

*Joint test*: what reports print (`oablib.statistics.two_step.categories`): all categories, errors
clustered by school and computed as if there were no effect, D1 over imputations, F with G - 1
degrees of freedom of G schools. *Slope*: t test of the slope of the scale, errors that count that
scale values were estimated. *Errors at the estimates*: the same joint test with the usual
sandwich, which is too small where few schools have a category. *D2*: the joint tests of the data
sets pooled as chi-squares. *Proportionality*: direct effects are one slope times scale values;
without a total effect both sides are noise, and it hardly rejects.

## Worlds

* **brandsma**: {brandsma:,} pupils of {brandsma_schools} Dutch schools, complete cases of
  `mice::brandsma`; **bdf**: {bdf:,} pupils of {bdf_schools} schools (Snijders & Bosker). The
  denomination, or one of eight levels drawn by shares {shares}, is shuffled over schools.
* **origin**, **education_father**: synthetic cohorts in which it acts on neither test, and no
  school mean does. `complete`: n = 6,000 with known education. `m = 5`: n = 2,400 with unknown
  education as published, imputed five times.
* **real effect of the mother**: in the cohorts without effects of origin; a test should reject.
"""


@dataclass(frozen=True)
class World:
    """Tests of one scaled variable, in the order of the page."""

    name: str
    lhs: str
    variable: str


def pupils(path: Path, *, of: str) -> pd.DataFrame:
    """Complete cases of real pupils, in the names of the codebook."""
    names = COLUMNS[of]
    frame = pd.read_csv(path)[list(names)].rename(columns=names).dropna().reset_index(drop=True)
    if frame["minority"].dtype.kind not in "if":
        frame["minority"] = (frame["minority"] == "Y") * 1
    frame["school_id"] = frame["school_id"].astype(str)
    return frame.astype({"denomination": int, "lang_post": float, "iq_verb": float})


def of_levels(table: Table, levels: int) -> Table:
    """The table with so many denominations."""
    column = table.column("denomination")
    first = column.categories[0]
    made = tuple(replace(first, code=code, key=f"c{code}") for code in range(1, levels + 1))
    other = replace(column, categories=made, reference="c1")
    columns = [other if each.key == column.key else each for each in table.columns]
    return replace(table, columns=tuple(columns))


def shuffled(
    frame: pd.DataFrame, *, name: str, levels: int, shuffles: int, seed: int
) -> Iterator[dict[str, object]]:
    """Rows of tests of a denomination that means nothing; levels: 4 (its own) or 8 (drawn)."""
    model = models.load("snijders_bosker")
    table = of_levels(codebook.load(model.codebook).table("cohort"), levels)
    rng = np.random.default_rng(seed)
    school = pd.factorize(frame["school_id"])[0]
    of_school = frame["denomination"].groupby(school).first().to_numpy()
    if levels != len(set(of_school)):
        counts = (np.array(SHARES) * len(of_school)).astype(int)
        counts[0] += len(of_school) - counts.sum()
        of_school = np.repeat(np.arange(1, levels + 1), counts)
    world = World(f"{name}, {levels} levels", model.outcome, "denomination")
    for number in range(shuffles):
        made = frame.assign(denomination=rng.permutation(of_school)[school])
        yield from tests([made], worlds=[world], model=model, table=table, number=number)


def tests(
    frames: list[pd.DataFrame], *, worlds: list[World], model: Model, table: Table, number: int
) -> Iterator[dict[str, object]]:
    """p of each test, and the F of the total effect."""
    found = two_step.tests_of_categories(frames, model=model, table=table)
    each = [equations.effects(sums.products(frame, model=model, table=table)) for frame in frames]
    analysis = two_step.analyse(frames, model=model, table=table, estimator="published")
    paths = analysis.parameters[analysis.parameters["op"] == "~"]
    slopes = paths.set_index(["lhs", "rhs"])["p"]
    for world in worlds:
        key = (world.lhs, world.variable)
        (test,) = (one for one in found.tests if (one.lhs, one.variable) == key)
        effects = [one[key] for one in each]
        row = {"world": world.name, "number": number, "joint": test.joint.p, "slope": slopes[key]}
        row |= others(effects) | {"proportional": test.proportional.p}
        yield row | {"total_f": test.total.statistic}


def others(effects: list[equations.Effects]) -> dict[str, float]:
    """p of the joint test with errors at the estimates, and pooled by D2."""
    G, k = effects[0].no_effect.shape
    est = [one.est for one in effects]
    if len(effects) == 1:
        distance = est[0] @ np.linalg.solve(effects[0].covariance, est[0])
        return {"wald": float(f.sf(distance / k, k, G - 1)), "d2": np.nan}
    wald = pooling.d1(est, [one.covariance for one in effects], df_complete=G - 1)
    under_null = [G * np.cov(one.no_effect.T) for one in effects]
    pairs = zip(est, under_null, strict=True)
    chi2 = [float(one @ np.linalg.solve(covariance, one)) for one, covariance in pairs]
    return {"wald": wald.p, "d2": pooling.d2(chi2, k).p}


def cohort(number: int, *, variable: str, n: int, m: int) -> list[dict[str, object]]:
    """Rows of a synthetic cohort in which a variable acts on neither test; m = 1: nothing unknown.

    Without the path from origin to intelligence, which the model leaves out.
    """
    model, table = models.load("base"), codebook.load().table("cohort")
    state = np.random.SeedSequence(SEED, spawn_key=(n, number)).generate_state(2)
    none = (variable, *model.school_means)
    no_path = {"origin": 0.0}
    drawn = synthetic.draw(n=n, seed=int(state[0]), path_factors=no_path, without=none)
    frames = [true_education(drawn)]
    if m > 1:
        rows = intake.in_memory(drawn.children, table=table)
        options = {"m": m, "iterations": ITERATIONS, "seed": int(state[1])}
        frames = replications.completed(rows, model=model, table=table, **options)
    data = f"m = {m}" if m > 1 else "complete"
    lhs = [model.outcome] + [model.mediator] * (variable in model.indirect)
    worlds = [World(f"{variable} → {each}, {data}", each, variable) for each in lhs]
    if variable == "origin":
        mother = "education_mother"
        sides = (model.outcome, model.mediator)
        worlds += [World(f"{REAL} of the mother → {each}, {data}", each, mother) for each in sides]
    return list(tests(frames, worlds=worlds, model=model, table=table, number=number))


def rates(rows: pd.DataFrame) -> pd.DataFrame:
    """Rejections in each world, null worlds first: counts of each test, and replications."""
    names = rows["world"].drop_duplicates()
    order = names.sort_values(key=lambda each: each.str.startswith(REAL), kind="stable")
    counts = (rows[list(TESTS)] < NOMINAL).where(rows[list(TESTS)].notna()).astype(float)
    table = counts.groupby(rows["world"]).sum(min_count=1).loc[order]
    return table.assign(replications=rows.groupby("world").size().loc[order])


def lines(rows: pd.DataFrame) -> str:
    """The table of rates of the page."""
    table = rates(rows)
    written = ["| world | replications | " + " | ".join(TESTS.values()) + " |"]
    written.append("|---" * (len(TESTS) + 2) + "|")
    for world, row in table.iterrows():
        n = int(row["replications"])
        cells = ["" if np.isnan(row[name]) else _share(int(row[name]), n) for name in TESTS]
        written.append("| " + " | ".join([str(world), str(n), *cells]) + " |")
    return "\n".join(written)


def verdict(rows: pd.DataFrame) -> str:
    """Where the joint test keeps to what was named, and where it does not."""
    table = rates(rows)
    null = table[~table.index.str.startswith(REAL)]
    share = 100 * null["joint"] / null["replications"]
    outside = [
        f"{world} ({share[world]:.1f} %, {_beyond(null.loc[world])})"
        for world in null.index[~share.between(*EXPECTED)]
    ]
    return f"Outside: {'; '.join(outside)}." if outside else "So it is."


def _beyond(row: pd.Series) -> str:
    """Whether chance alone may have carried a rate out of the range."""
    interval = binomtest(int(row["joint"]), int(row["replications"])).proportion_ci(method="exact")
    low, high = (limit / 100 for limit in EXPECTED)
    return "by chance, perhaps" if interval.low <= high and interval.high >= low else "surely"


def page(rows: pd.DataFrame, *, facts: Mapping[str, int]) -> str:
    """The page docs/categories/README.md."""
    return PAGE.format(
        seed=SEED, rates=lines(rows), low=EXPECTED[0], high=EXPECTED[1],
        shares=", ".join(f"{share:.0%}" for share in SHARES), verdict=verdict(rows), **facts,
    )  # fmt: skip


def _share(count: int, n: int) -> str:
    interval = binomtest(count, n).proportion_ci(method="exact")
    return f"{100 * count / n:.1f} [{100 * interval.low:.1f}, {100 * interval.high:.1f}]"


def main() -> None:
    """Run the study and write its rows and its page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--brandsma", type=Path, required=True, help="CSV of mice::brandsma")
    parser.add_argument("--bdf", type=Path, required=True, help="CSV of mlmRev's bdf")
    parser.add_argument("--out", type=Path, default=FOLDER)
    parser.add_argument("--shuffles", type=int, default=SHUFFLES)
    parser.add_argument("--complete", type=int, default=COMPLETE)
    parser.add_argument("--imputed", type=int, default=IMPUTED)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    given = parser.parse_args()
    rows, facts = list[dict[str, object]](), dict[str, int]()
    for name in COLUMNS:
        frame = pupils(getattr(given, name), of=name)
        facts |= {name: len(frame), f"{name}_schools": frame["school_id"].nunique()}
        for levels in (4, 8):
            made = shuffled(frame, name=name, levels=levels, shuffles=given.shuffles, seed=SEED)
            rows += tqdm(made, total=given.shuffles)
    for m, n, count in ((1, 6_000, given.complete), (5, 2_400, given.imputed)):
        for variable in ("origin", "education_father"):
            work = partial(cohort, variable=variable, n=n, m=m)
            found = replications.side_by_side(work, range(count), workers=given.processes)
            rows += chain.from_iterable(found)
    given.out.mkdir(parents=True, exist_ok=True)
    file = given.out / "rows.csv"
    pd.DataFrame(rows).to_csv(file, float_format="%.6g", index=False, lineterminator="\n")
    # Counted is what the file holds: rounding may carry a p over the limit.
    text = page(pd.read_csv(file), facts=facts)
    (given.out / "README.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
