"""How far do scale values and slopes of the same children bend each other, and what mends it?

    python3 nox.py -s two_step_bias [-- --replications 300]

Synthetic cohorts in which origin acts on the Cito score alone: its true slope is far from the ratio
of residual variances. Rows, a page and a figure go to docs/two_step_bias/.
"""

import argparse
import io
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import pandas as pd

from oablib import intake, sem, synthetic
from oablib.protocol import codebook, models
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics import two_step
from oablib.statistics.two_step import candidates, scale_values, sums
from tests.measured import replications
from tests.measured.true_education import true_education
from tests.places import ROOT

FOLDER = ROOT / "docs" / "two_step_bias"
SEED = 2015
SIZES = (2400, 6000, 19247)
PATHS_AT = 6000  # children of the cohorts in which paths are tested
REPLICATIONS, IMPUTED = 300, 100
M, ITERATIONS = 5, 5
LEVEL = 0.05
VARIABLE = "origin"
# Times the published path from origin to intelligence, which is worth about -0.17 points: so ±0.15.
FACTORS = {"no path": 0.0, "path of -0.15": 0.9, "path of +0.15": -0.9, "path off the scale": 0.0}
# Units of intelligence by category, not proportional to scale values.
OFF_THE_SCALE = 0.2 * np.array([0, 1, -1, 1, -1, 1, -1, 0])
TESTS = ("same children", "scaled", "joint", "combined")


@dataclass(frozen=True)
class Drawn:
    """A cohort, complete and as delivered, with the true direct effect of origin."""

    complete: pd.DataFrame
    delivered: pd.DataFrame
    truth: synthetic.Truth


def draw(n: int, number: int, *, world: str, model: Model, table: Table) -> Drawn:
    (seed,) = np.random.SeedSequence(SEED, spawn_key=(n, number)).generate_state(1)
    made = synthetic.draw(n=n, seed=int(seed), path_factors={VARIABLE: FACTORS[world]})
    frames = [true_education(made), intake.in_memory(made.children, table=table)]
    if world == "path off the scale":
        frames = [_moved(frame, model=model, effect=made.truth.nscct_effect) for frame in frames]
    return Drawn(*frames, made.truth)


def _moved(frame: pd.DataFrame, *, model: Model, effect: float) -> pd.DataFrame:
    units = OFF_THE_SCALE[frame[VARIABLE].to_numpy(int) - 1]
    outcome = frame[model.outcome] + effect * units
    return frame.assign(**{model.mediator: frame[model.mediator] + units, model.outcome: outcome})


def of_slope(task: tuple[int, int]) -> dict[str, object]:
    """Both estimators of the slope of origin on complete data, and what theory says of the bias."""
    n, number = task
    table, model = codebook.load().table("cohort"), models.load("base")
    drawn = draw(n, number, world="no path", model=model, table=table)
    found = two_step.analyse([drawn.complete], model=model, table=table)
    truth = drawn.truth.direct[VARIABLE]
    row: dict[str, object] = {"n": n, "replication": number, "truth": truth}
    both = {"plain": found.pooled.parameters, "jackknife": found.parameters}
    for name, parameters in both.items():
        path = model.direct_rows(parameters).loc[VARIABLE]
        covered = path["ci_lower"] <= truth <= path["ci_upper"]
        row |= {name: path["est"], f"se_{name}": path["se"], f"covered_{name}": covered}
    return row | predicted(drawn, found, model=model, table=table)


def predicted(
    drawn: Drawn, found: two_step.Analysis, *, model: Model, table: Table
) -> dict[str, float]:
    """The ratio of residual variances, the share of noise in the scale, and the bias of both."""
    (step,) = found.steps
    values = step.values.table
    scaled = scale_values.apply(drawn.complete, values=values, model=model, table=table)
    design = np.column_stack([np.ones(len(scaled)), scaled[list(model.direct)]])
    wide = np.column_stack([design, scaled[model.mediator]])
    outcome = scaled[model.outcome].to_numpy()
    without, given = (
        float(np.linalg.lstsq(each, outcome, rcond=None)[1][0]) for each in (design, wide)
    )
    codes = table.column(VARIABLE).codes
    share = drawn.complete[VARIABLE].value_counts(normalize=True).reindex(codes).to_numpy()
    true = np.array(drawn.truth.scale_values[VARIABLE])
    signal = share @ true**2 - (share @ true) ** 2
    free = values[values["se"] > 0].reset_index(drop=True)
    places = np.flatnonzero(free["variable"] == VARIABLE)
    covariance = step.values.covariance[np.ix_(places, places)]
    weight = share[[codes.index(code) for code in free.loc[places, "code"]]]
    noise = weight @ np.diag(covariance) - weight @ covariance @ weight
    ratio, part = given / without, noise / (signal + noise)
    sign = model.scaled[VARIABLE]
    return {
        "ratio": ratio,
        "noise": part,
        "predicted": (sign * ratio - drawn.truth.direct[VARIABLE]) * part,
    }


def of_path(task: tuple[str, str, int]) -> dict[str, object]:
    """p of each test of the path from origin to intelligence."""
    data, world, number = task
    table, model = codebook.load().table("cohort"), models.load("base")
    drawn = draw(PATHS_AT, number, world=world, model=model, table=table)
    frames = [drawn.complete]
    if data == "imputed":
        frames = replications.completed(
            drawn.delivered,
            model=model,
            table=table.unbounded(model.outcome),
            m=M,
            iterations=ITERATIONS,
            seed=number,
        )
    return {"data": data, "world": world, "replication": number} | p_values(
        frames, model=model, table=table
    )


def p_values(frames: list[pd.DataFrame], *, model: Model, table: Table) -> Mapping[str, float]:
    read = [sums.products(frame, model=model, table=table) for frame in frames]
    of_paths = candidates.score_tests(read, indirect=model.indirect, names=[VARIABLE])
    found = of_paths[VARIABLE]
    plain = []
    for frame in frames:
        values = scale_values.estimate(frame, model=model, table=table).table
        scaled = scale_values.apply(frame, values=values, model=model, table=table)
        fit = sem.fit(model.syntax, scaled, cluster=model.cluster)
        plain += sem.score_tests(fit, [f"{model.mediator} ~ {VARIABLE}"])
    same = candidates.robust_p_values(plain).items()
    return {f"same children {pool}": p for pool, p in same} | found.p_values()


def seconds(n: int) -> dict[str, float]:
    """Processor seconds of a pooled analysis of five data sets by each estimator, the best of 5."""
    table, model = codebook.load().table("cohort"), models.load("base")
    frames = [draw(n, 0, world="no path", model=model, table=table).complete] * M
    result = {}
    for estimator in ("published", "jackknife"):
        taken = []
        for _ in range(5):
            start = time.process_time()
            two_step.analyse(frames, model=model, table=table, estimator=estimator)
            taken.append(time.process_time() - start)
        result[f"seconds_{estimator}"] = min(taken)
    return {"n": n, **result}


def slopes_table(rows: pd.DataFrame, cost: pd.DataFrame) -> Iterator[str]:
    for n, part in rows.groupby("n"):
        truth = part["truth"]
        own = cost.set_index("n").loc[n]
        for name, estimator in {"plain": "published", "jackknife": "jackknife"}.items():
            error = part[name] - truth
            mce = error.std() / np.sqrt(len(part))
            shown = part["predicted"].mean() if name == "plain" else 0.0
            yield (
                f"| {n:,} | {estimator} | {error.mean():+.3f} ({mce:.3f}) | {shown:+.3f} "
                f"| {error.std():.3f} | {part[f'se_{name}'].mean():.3f} "
                f"| {np.sqrt((error**2).mean()):.3f} | {100 * part[f'covered_{name}'].mean():.1f} "
                f"| {own[f'seconds_{estimator}']:.2f} |"
            )


def paths_table(rows: pd.DataFrame) -> Iterator[str]:
    for (data, pooled), names in {
        ("complete", "D2"): TESTS, ("imputed", "D2"): TESTS, ("imputed", "D1"): TESTS
    }.items():  # fmt: skip
        part = rows[rows["data"] == data]
        for name in names:
            rejected = part[f"{name} {pooled}"] < LEVEL
            shares = rejected.groupby(part["world"]).mean()
            label = data if data == "complete" else f"{data}, {pooled}"
            cells = " | ".join(f"{100 * shares[world]:.0f}" for world in FACTORS)
            yield f"| {label} | {name} | {cells} |"


def figure(rows: pd.DataFrame) -> str:
    """Bias against one over n, of both estimators, and the line of the formula."""
    from matplotlib.figure import Figure

    mpl.rcParams["svg.hashsalt"] = "two_step_bias"
    drawing = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = drawing.add_subplot()
    means = rows.groupby("n").mean(numeric_only=True)
    at = 1e4 / means.index.to_numpy()
    for name, label, marker in (
        ("plain", "same children", "o"), ("jackknife", "jackknife", "s")
    ):  # fmt: skip
        error = (rows[name] - rows["truth"]).groupby(rows["n"])
        mce = 1.96 * error.std() / np.sqrt(error.size())
        axes.errorbar(at, error.mean(), yerr=mce, fmt=marker, capsize=3, label=label)
    axes.plot(np.r_[0, at[::-1]], np.r_[0, means["predicted"].to_numpy()[::-1]], "--",
              color="grey", label="formula")  # fmt: skip
    axes.axhline(0, color="black", linewidth=0.8)
    axes.set_xlabel("10,000 divided by the number of children")
    axes.set_ylabel("bias of the slope of origin")
    axes.legend(frameon=False)
    stream = io.StringIO()
    drawing.savefig(stream, format="svg", metadata={"Date": None})
    return stream.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replications", type=int, default=REPLICATIONS)
    parser.add_argument("--imputed", type=int, default=IMPUTED)
    parser.add_argument("--page-only", action="store_true", help="write the page from its rows")
    arguments = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    if not arguments.page_only:
        compute(arguments.replications, arguments.imputed)
    slopes, paths, cost = (
        pd.read_csv(FOLDER / f"{name}.csv") for name in ("slopes", "paths", "seconds")
    )
    text = (ROOT / "tests" / "measured" / "two_step_bias.md").read_text(encoding="utf-8")
    (FOLDER / "README.md").write_text(
        text.format(
            slopes="\n".join(slopes_table(slopes, cost)), paths="\n".join(paths_table(paths)),
            seed=SEED, replications=slopes["replication"].nunique(), n=PATHS_AT, m=M,
            ratio=slopes["ratio"].mean(), truth=slopes["truth"].mean(), worlds=" | ".join(FACTORS),
            complete=paths.loc[paths["data"] == "complete", "replication"].nunique(),
            imputed=paths.loc[paths["data"] == "imputed", "replication"].nunique(),
            noise="; ".join(
                f"{n:,}: {each:.3f}" for n, each in slopes.groupby("n")["noise"].mean().items()
            ),
        ),
        encoding="utf-8",
    )  # fmt: skip
    (FOLDER / "bias.svg").write_text(figure(slopes), encoding="utf-8")


def compute(replications: int, imputed: int) -> None:
    slopes = [(n, number) for n in SIZES for number in range(replications)]
    paths = [("complete", world, k) for world in FACTORS for k in range(replications)]
    paths += [("imputed", world, k) for world in FACTORS for k in range(imputed)]
    costs = [seconds(n) for n in SIZES]
    for name, work, tasks in (("slopes", of_slope, slopes), ("paths", of_path, paths)):
        found = replications.side_by_side(work, tasks, workers=os.cpu_count(), title=name)
        pd.DataFrame(found).to_csv(FOLDER / f"{name}.csv", index=False, float_format="%.5g")
    pd.DataFrame(costs).to_csv(FOLDER / "seconds.csv", index=False, float_format="%.3g")


if __name__ == "__main__":
    main()
