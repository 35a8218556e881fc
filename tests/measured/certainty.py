"""Do intervals of schools' scores hold the truth, and are chances of a score what they say?

    python3 nox.py -s certainty [-- --countries 100]

Each replication draws a cohort of the published size and a small country. The cohort is imputed and
both steps are estimated, with their joint covariance; unknown education in the country is drawn;
certainty is measured; and each school is held against its score with true effects, scale values and
characteristics. Rows and a page go to docs/certainty/. What is drawn can be kept (--keep FOLDER).
"""

import argparse
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd

from oablib import allocation, intake, params, pupil_scores, synthetic
from oablib.indicator import certainty
from oablib.protocol import codebook, models
from oablib.statistics import two_step
from oablib.synthetic.country import settings
from tests.measured import replications
from tests.places import ROOT

FOLDER = ROOT / "docs" / "certainty"
YEAR, SHARE = 2020, 1 / 6248
SEED, COHORT_SEED = 2027, 2028
N, M, ITERATIONS, DRAWS = 19_247, 5, 5, 10
# Countries by number, those that were held back first: what corrects draws was chosen on the first
# 200, so that the others say how well it does.
CHOSEN_ON = 200
COUNTRIES = {"at random": [*range(200, 400), *range(200)], "by origin": [*range(200, 300)]}
SITES = {"at random": 64, "by origin": 70}
# Who is not in the population register: as the rules have it, by origin and arrival, or at random.
AT_RANDOM: Mapping[str, float] = {"foreign": 0.0, "recent": 0.0}
CLASSES = {"n_children": (1, 50, 100, 200, 400), "matched": (0, 0.02, 0.05, 0.1, 0.2, 0.4)}
BINS = 10
COLUMNS = ["n_children", "unknown", "matched", "mean", "se", "low", "high", "chance", "early",
           "late", "score", "true_points"]  # fmt: skip


def seeds(number: int) -> tuple[int, int]:
    """Of the country and of the cohort."""
    country = np.random.SeedSequence(SEED, spawn_key=(number,)).generate_state(1)
    cohort = np.random.SeedSequence(COHORT_SEED, spawn_key=(N, number)).generate_state(1)
    return int(country[0]), int(cohort[0])


def estimate(folder: Path, *, n: int, seed: int) -> None:
    """Draw a cohort, impute and analyse it; parameters, values and joint go to the folder."""
    table, model = codebook.load().table("cohort"), models.load("base")
    frame = intake.in_memory(synthetic.draw(n=n, seed=seed).children, table=table)
    frames = replications.completed(
        frame, model=model, table=table.unbounded(model.outcome), m=M, iterations=ITERATIONS,
        seed=seed % 100_000,
    )  # fmt: skip
    analysis = two_step.analyse(frames, model=model, table=table)
    two_step.joint_covariance(analysis, model=model).to_parquet(folder / "joint.parquet")
    analysis.values.to_parquet(folder / "values.parquet")
    analysis.parameters.to_parquet(folder / "parameters.parquet")


def draw_country(folder: Path, *, world: str, sites: int, seed: int) -> None:
    """Draw a country and its unknown education into the folder."""
    rules = settings.rules()
    if world == "at random":
        rules = {**rules, "not_registered": {**rules["not_registered"], **AT_RANDOM}}
    with mock.patch("oablib.synthetic.country.settings.rules", lambda: rules):
        synthetic.deliver_country(folder, share=sites * SHARE, year=YEAR, seed=seed)
    children = pupil_scores.read(folder, year=YEAR, book=codebook.load())
    pupil_scores.draw(
        children, roles=models.load("base"), table=codebook.load().table("cohort"),
        rule=pupil_scores.rules().education, m=DRAWS, seed=seed % 100_000,
    ).to_parquet(folder / "draws.parquet", index=False)  # fmt: skip


def judged(folder: Path, *, seed: int) -> pd.DataFrame:
    """Sites as certainty.measure has them, with what is true of them."""
    book, model = codebook.load(), models.load("base")
    table, rules = book.table("cohort"), pupil_scores.rules()
    children = pupil_scores.read(folder, year=YEAR, book=book)
    rows = model.direct_rows(pd.read_parquet(folder / "parameters.parquet")).reset_index()
    used = pupil_scores.estimated(
        model,
        table=table,
        direct_effects=rows[["rhs", "est"]].set_axis(["name", "value"], axis=1),
        scale_values=pd.read_parquet(folder / "values.parquet"),
    )
    layout = certainty.lay_out(
        children, folder / "draws.parquet", indicator=used, rules=rules, law=allocation.rules(),
        seed=seed,
    )  # fmt: skip
    joint = pd.read_parquet(folder / "joint.parquet")
    estimates = certainty.estimates(used, joint, table=table)
    measured = certainty.measure(layout, estimates, rules=certainty.rules(), seed=seed)
    true = pupil_scores.of_published(
        model, table=table, published=params.published("herijking2021")
    )
    assert true is not None
    known = pupil_scores.if_all_were_known(folder, children, indicator=true, rules=rules)
    assert known is not None
    points = certainty.true_points(layout, known)
    return certainty.beside_true(measured.sites, points)[COLUMNS]


def of_country(task: tuple[str, int], *, keep: str) -> pd.DataFrame:
    """One replication; keep: folder of what is drawn, "" for none."""
    world, number = task
    country, cohort = seeds(number)
    with TemporaryDirectory() as temporary:
        folder = Path(keep or temporary) / world.replace(" ", "_") / f"{number:03d}"
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "joint.parquet").is_file():
            estimate(folder, n=N, seed=cohort)
        if not (folder / "draws.parquet").is_file():
            draw_country(folder, world=world, sites=SITES[world], seed=country)
        return judged(folder, seed=number).assign(world=world, replication=number)


def clustered(values: pd.Series, country: pd.Series) -> tuple[float, float]:
    """Mean over schools, and its Monte Carlo error with countries as clusters."""
    sums = (values - values.mean()).groupby(country).sum()
    return float(values.mean()), float(np.sqrt((sums**2).sum()) / len(values))


def coverage(rows: pd.DataFrame) -> dict[str, tuple[float, float, int]]:
    """Share of intervals that hold the truth, its error and schools: all, and with a score."""
    inside = rows["true_points"].between(rows["low"], rows["high"]).astype(float)
    paid = rows["true_points"] > 0
    parts = {"all": rows.index, "a score above 0 in truth": rows.index[paid]}
    for name, limits in CLASSES.items():
        row = np.searchsorted(limits, rows[name], side="right") - 1
        parts |= {f"{name} from {limit:g}": rows.index[row == i] for i, limit in enumerate(limits)}
    return {
        name: (*clustered(inside[index], rows.loc[index, "replication"]), len(index))
        for name, index in parts.items()
        if len(index)
    }


def calibration(rows: pd.DataFrame) -> pd.DataFrame:
    """Ten classes of chances: schools, chance, share, error (Monte Carlo, by country).

    The error is that of differences between truth and chance, and no less than that of independent
    schools with these chances.
    """
    positive = (rows["true_points"] >= allocation.rules().least_points).astype(float)
    number = np.minimum((rows["chance"] * BINS).astype(int), BINS - 1)
    lines = []
    for _bin, part in rows.groupby(number):
        sums = (positive[part.index] - part["chance"]).groupby(part["replication"]).sum()
        alone = float((part["chance"] * (1 - part["chance"])).sum())
        error = np.sqrt(max(float((sums**2).sum()), alone)) / len(part)
        lines.append((len(part), part["chance"].mean(), positive[part.index].mean(), error))
    return pd.DataFrame(lines, columns=["schools", "chance", "share", "error"])


def page(rows: pd.DataFrame) -> Iterator[str]:
    yield "# Certainty of schools' scores against the truth\n"
    yield (
        "Made by `python3 nox.py -s certainty`. Each country has a cohort of its own "
        f"({N:,} children, {M} imputations), {DRAWS} draws of education and "
        f"{certainty.rules().draws} draws of everything. Errors are Monte Carlo errors with "
        "countries as clusters.\n"
    )
    held_back = rows["replication"] >= CHOSEN_ON
    for world in COUNTRIES:
        for which, wanted in (
            ("held back", held_back),
            ("on which corrections were chosen", ~held_back),
        ):
            part = rows[(rows["world"] == world) & wanted].reset_index(drop=True)
            if len(part):
                yield from _section(part, world=world, which=which)


def _section(rows: pd.DataFrame, *, world: str, which: str) -> Iterator[str]:
    countries = rows["replication"].nunique()
    yield f"## Not registered {world}: countries {which}\n"
    yield f"{countries} countries of {SITES[world]} sites, {len(rows):,} schools.\n"
    yield "| schools | n | interval holds the truth, % | error |\n|---|--:|--:|--:|"
    for name, (share, error, n) in coverage(rows).items():
        yield f"| {name} | {n:,} | {100 * share:.1f} | {100 * error:.1f} |"
    yield "\n| n | mean chance | have a score in truth | error | difference in errors |"
    yield "|--:|--:|--:|--:|--:|"
    for line in calibration(rows).itertuples():
        gap = (line.share - line.chance) / line.error
        yield (
            f"| {line.schools:,} | {line.chance:.3f} | {line.share:.3f} | {line.error:.3f} "
            f"| {gap:+.1f} |"
        )
    truth = rows["true_points"].clip(lower=0).mean()
    means = {name: rows[name].mean() for name in ("early", "late", "score")}
    texts = ", ".join(f"{name} {value:.2f}" for name, value in means.items())
    yield f"\nMean score of a school: {texts}; truth {truth:.2f} points.\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--countries", type=int, help="of each kind; all unless given")
    parser.add_argument("--keep", default="", help="folder that keeps what is drawn")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--page-only", action="store_true", help="write the page from its rows")
    given = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    if not given.page_only:
        tasks = [
            (world, number)
            for world, numbers in COUNTRIES.items()
            for number in numbers[: given.countries]
        ]
        work: Any = partial(of_country, keep=given.keep)
        made = replications.side_by_side(work, tasks, workers=given.workers, title="countries")
        rows = pd.concat(made, ignore_index=True)
        rows.to_csv(FOLDER / "schools.csv.gz", index=False, float_format="%.4g",
                    compression={"method": "gzip", "mtime": 0})  # fmt: skip
    rows = pd.read_csv(FOLDER / "schools.csv.gz")
    (FOLDER / "README.md").write_text("\n".join(page(rows)), encoding="utf-8")


if __name__ == "__main__":
    main()
