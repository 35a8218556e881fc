"""The whole chain over many seeds: mean and spread of each direct effect against its truth.

    python3 nox.py -s seeds [-- --seeds 20 --n 19247]

A cohort is drawn anew for every seed, so that the spread over seeds holds sampling and imputation
together. Rows (one per seed and quantity) and a page with the summary go to docs/seeds/.
"""

import argparse
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from tqdm import tqdm

from oablib import imputation, intake, models, params, pooling, report, scale_values, sem, synthetic
from oablib.codebook import Table, load
from oablib.scale_values import ScaleValues
from oablib.sem import SemFit

PAGE = """# The chain over {seeds} seeds

`python3 nox.py -s seeds` drew {seeds} synthetic cohorts of {n:,} children (seeds 1 to {seeds}),
imputed each {m} times, and fitted the base model. *complete*: the same cohort with every parent's
true education. *sd*: over seeds; *se*: mean standard error; *covered*: share of 95 % intervals
that hold the truth. Rows: `rows.csv`.

{effects}

Base model on complete data: log-likelihood {loglik:,.0f} on average (sd {loglik_sd:,.0f};
published {published:,}), adjusted R2 {r2:.3f} (sd {r2_sd:.3f}; published {published_r2}).

{values}
"""


def one_seed(task: tuple[int, int, int]) -> pd.DataFrame:
    """Rows of one seed: what, name, truth, and estimates with and without unknown education."""
    seed, n, m = task
    model, table = models.load("base"), load().table("cohort")
    drawn = synthetic.draw(n=n, seed=seed)
    fits, values = zip(*imputed_fits(drawn, seed=seed, m=m, model=model, table=table), strict=True)
    whole, whole_values = one_fit(true_education(drawn), model=model, table=table)
    rows = [
        effect_rows(fits, whole=whole, truth=drawn.truth, model=model),
        value_rows(values, whole=whole_values, truth=drawn.truth, model=model),
    ]
    facts = {"seed": seed, "loglik": whole.loglik, "r2": whole.r2_adjusted[model.outcome]}
    return pd.concat(rows, ignore_index=True).assign(**facts)


def imputed_fits(
    drawn: synthetic.Cohort, *, seed: int, m: int, model: models.Model, table: Table
) -> list[tuple[SemFit, ScaleValues]]:
    """Fits to m imputations of the delivered cohort, as the notebooks make them."""
    with TemporaryDirectory() as folder:
        cohort = intake.read(synthetic.write(drawn, Path(folder)), codebook=load()).frame
    rule = imputation.rule()
    filled = imputation.impute(
        cohort, model=model, table=table, rule=rule, m=m, iterations=5, seed=seed
    )
    frames = imputation.all_completed(cohort, cells=filled.cells)
    return [one_fit(frame, model=model, table=table) for frame in frames]


def one_fit(
    frame: pd.DataFrame, *, model: models.Model, table: Table
) -> tuple[SemFit, ScaleValues]:
    """Scale values and base model of one complete data set."""
    values = scale_values.estimate(frame, model=model, table=table)
    scaled = scale_values.apply(frame, values=values.table, model=model, table=table)
    return sem.fit(model.syntax, scaled, cluster=model.cluster), values


def true_education(drawn: synthetic.Cohort) -> pd.DataFrame:
    """Tested children with the education that the delivery may hide."""
    truth = drawn.education.set_index("child_id")
    frame = drawn.children.set_index("child_id")
    frame[truth.columns] = truth
    table = load().table("cohort")
    tested = [frame[test] != table.column(test).missing_code for test in ("nscct", "cito")]
    return frame[tested[0] & tested[1]].reset_index()


def effect_rows(
    fits: Sequence[SemFit], *, whole: SemFit, truth: synthetic.Truth, model: models.Model
) -> pd.DataFrame:
    """Direct effects of one seed."""
    complete = report.direct_rows(whole.parameters, model=model)
    pooled = report.direct_rows(pooling.pool(fits).parameters, model=model)
    table = pd.DataFrame(
        {
            "what": "direct effect",
            "name": model.direct,
            "truth": [truth.direct[name] for name in model.direct],
            "complete": complete["est"].to_numpy(),
            "complete_se": complete["se"].to_numpy(),
            "pooled": pooled["est"].to_numpy(),
            "se": pooled["se"].to_numpy(),
        }
    )
    interval = pooled["ci_lower"].to_numpy(), pooled["ci_upper"].to_numpy()
    return table.assign(covered=table["truth"].between(*interval))


def value_rows(
    values: Sequence[ScaleValues],
    *,
    whole: ScaleValues,
    truth: synthetic.Truth,
    model: models.Model,
) -> pd.DataFrame:
    """Scale values of one seed; the reference categories, 0 by definition, are left out."""
    true = [value for name in model.scaled for value in truth.scale_values[name]]
    first = whole.table.assign(truth=true)
    first = first[first["se"] > 0].reset_index(drop=True)
    estimates, variances = scale_values.arrays(values)
    rubin = pooling.rubin(estimates, variances, df_complete=whole.n_clusters - 1)
    pooled = scale_values.pooled_table(values, pooled=rubin)
    pooled = pooled[pooled["se"] > 0].reset_index(drop=True)
    table = pd.DataFrame(
        {
            "what": "scale value",
            "name": first["variable"] + ": " + first["category"],
            "truth": first["truth"],
            "complete": first["value"],
            "complete_se": first["se"],
            "pooled": pooled["value"],
            "se": pooled["se"],
        }
    )
    return table.assign(covered=table["truth"].between(pooled["ci_lower"], pooled["ci_upper"]))


def summary(rows: pd.DataFrame, what: str) -> str:
    """Markdown table per quantity: truth, mean and sd over seeds, mean standard error, coverage."""
    groups = rows[rows["what"] == what].groupby("name", sort=False)
    mean, spread = groups.mean(numeric_only=True), groups["pooled"].std()
    table = pd.DataFrame(
        {
            "truth": mean["truth"],
            "complete": mean["complete"],
            "complete se": mean["complete_se"],
            "imputed": mean["pooled"],
            "sd": spread,
            "se": mean["se"],
            "bias": mean["pooled"] - mean["truth"],
            "covered": groups["covered"].mean(),
        }
    )
    lines = ["| " + " | ".join([what, *table.columns]) + " |"]
    lines.append("|---" * (len(table.columns) + 1) + "|")
    for name, row in table.iterrows():
        lines.append("| " + " | ".join([str(name), *(f"{x:.3f}" for x in row)]) + " |")
    return "\n".join(lines)


def page(rows: pd.DataFrame, *, n: int, m: int) -> str:
    """The page docs/seeds/README.md."""
    published = params.published("herijking2021")["fit"]
    fits = rows.groupby("seed")[["loglik", "r2"]].first()
    return PAGE.format(
        seeds=len(fits),
        n=n,
        m=m,
        effects=summary(rows, "direct effect"),
        values=summary(rows, "scale value"),
        loglik=fits["loglik"].mean(),
        loglik_sd=fits["loglik"].std(),
        r2=fits["r2"].mean(),
        r2_sd=fits["r2"].std(),
        published=published["loglik"],
        published_r2=published["r2_adjusted"],
    )


def main() -> None:
    """Run the study and write its rows and its page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("docs/seeds"))
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--n", type=int, default=19247)
    parser.add_argument("--m", type=int, default=5)
    told = parser.parse_args()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"  # spawned workers read it before they load numpy
    tasks = [(seed, told.n, told.m) for seed in range(1, told.seeds + 1)]
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        parts = list(tqdm(pool.map(one_seed, tasks), total=len(tasks), unit="seed"))
    rows = pd.concat(parts, ignore_index=True)
    told.out.mkdir(parents=True, exist_ok=True)
    rows.to_csv(told.out / "rows.csv", index=False, float_format="%.6g", lineterminator="\n")
    (told.out / "README.md").write_text(page(rows, n=told.n, m=told.m), encoding="utf-8")


if __name__ == "__main__":
    main()
