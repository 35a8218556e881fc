"""How often does the forward procedure find a path that is there, and add one that is not?

    python3 nox.py -s forward_selection [-- --replications 100]

Synthetic cohorts of the published size, with unknown education, are imputed and searched with a
literature that accepts every candidate, so that the data alone decide. Rows (one per cohort) and
a page with rates go to docs/forward_selection/.
"""

import argparse
import os
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from oablib import intake, selection, synthetic
from oablib.protocol import literature, models
from oablib.protocol.codebook import load
from oablib.protocol.literature import Literature
from tests.measured import replications
from tests.places import ROOT

N = 19_247
M, ITERATIONS = 5, 5
SEED = 2026
PLANTED = "nscct ~ origin"
WORLDS = {"none": 0.0, "as published": 1.0, "twice as strong": 2.0}
# Percentages named before the first run: found at least, null paths added at most.
FOUND, ADDED = 95.0, 6.0
FOLDER = ROOT / "docs" / "forward_selection"

PAGE = """# What the forward selection finds, and what it adds in error

`python3 nox.py -s forward_selection` drew {replications} synthetic cohorts of {n:,} children in
each world (master seed {seed}), with unknown education as published, imputed it {m} times, and
searched with a literature that accepts all five candidates of `params/models/base.yaml`, at
alpha = {alpha:g}, corrected by Holm. In brackets: exact 95 % interval (Clopper & Pearson). Cohort
by cohort: `rows.csv`.

| path from origin to NSCCT | it was found | a path that is not there was added |
|---|---|---|
{rows}

Asked beforehand: a planted path is found in at least {found:g} % of the cohorts, and with none
planted a null path is added in at most {added:g} %. {verdict}

The path is planted in the strength that the published scale values and direct effects imply
(-0.04 units of NSCCT for a point of the scale, a standardised effect of about -0.03), and twice as
strong. All other candidates are null in truth. The robust pooled index (D2) is tested.
"""


def accepting() -> Literature:
    """The literature, with every entry accepted."""
    entries = literature.load()
    claims = tuple(replace(claim, grounding="accepted") for claim in entries.claims)
    return replace(entries, claims=claims)


def one_replication(
    task: tuple[str, int], *, n: int = N, imputations: int = M
) -> dict[str, object]:
    """World, number, and the paths that the procedure added."""
    world, number = task
    state = np.random.SeedSequence(SEED, spawn_key=(number,)).generate_state(2)
    factors = {"origin": WORLDS[world]}
    drawn = synthetic.draw(n=n, seed=int(state[0]), path_factors=factors)
    table, model = load().table("cohort"), models.load("base")
    cohort = intake.in_memory(drawn.children, table=table)
    frames = replications.completed(
        cohort, model=model, table=table, m=imputations, iterations=ITERATIONS, seed=int(state[1])
    )
    found = selection.forward(
        frames, model=model, table=table, entries=accepting(), rules=selection.rules()
    )
    first = found.trail[found.trail["round"] == 1].set_index("rhs")
    return {
        "world": world,
        "replication": number,
        "added": "; ".join(found.added),
        "index_of_origin": first.loc["origin", "index"],
        "p_holm_of_origin": first.loc["origin", "p_holm"],
    }


def rates(rows: pd.DataFrame) -> pd.DataFrame:
    """Per world: cohorts, those in which the planted path was found, and with a null path added."""
    added = rows["added"].fillna("").str.split("; ").map(lambda each: set(each) - {""})
    is_planted = rows["world"] != "none"
    real = [{PLANTED} if planted else set() for planted in is_planted]
    return (
        pd.DataFrame(
            {
                "world": rows["world"],
                "found": [bool(a & b) for a, b in zip(added, real, strict=True)],
                "null_added": [bool(a - b) for a, b in zip(added, real, strict=True)],
            }
        )
        .groupby("world", sort=False)
        .agg(cohorts=("found", "size"), found=("found", "sum"), null_added=("null_added", "sum"))
    )


def page(rows: pd.DataFrame) -> str:
    table = rates(rows)
    lines = []
    for world, row in table.iterrows():
        found = "" if world == "none" else _share(row["found"], row["cohorts"])
        lines.append(f"| {world} | {found} | {_share(row['null_added'], row['cohorts'])} |")
    share = 100 * table.div(table["cohorts"], axis=0)
    short = [
        f"{world}: found in {each['found']:.0f} %"
        for world, each in share.drop(index="none").iterrows()
        if each["found"] < FOUND
    ]
    if share.loc["none", "null_added"] > ADDED:
        short.append(f"none planted: added in {share.loc['none', 'null_added']:.0f} %")
    verdict = f"Not so: {'; '.join(short)}." if short else "So it is."
    return PAGE.format(
        replications=int(table["cohorts"].iloc[0]), n=N, seed=SEED, m=M,
        alpha=selection.rules().forward_alpha, rows="\n".join(lines), found=FOUND, added=ADDED,
        verdict=verdict,
    )  # fmt: skip


def _share(count: int, of: int) -> str:
    low, high = binomtest(int(count), int(of)).proportion_ci(method="exact")
    return f"{100 * count / of:.0f} % [{100 * low:.0f}, {100 * high:.0f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replications", type=int, default=100)
    other = "print rates for another number of imputations; write nothing"
    parser.add_argument("--imputations", type=int, default=M, help=other)
    parser.add_argument(
        "--page-only", action="store_true", help="write the page anew from rows.csv"
    )
    arguments = parser.parse_args()
    if not arguments.page_only:
        tasks = [(world, number) for world in WORLDS for number in range(arguments.replications)]
        work = partial(one_replication, imputations=arguments.imputations)
        found = replications.side_by_side(work, tasks, workers=os.cpu_count())
        if arguments.imputations != M:
            print(rates(pd.DataFrame(found)))
            return
        FOLDER.mkdir(exist_ok=True)
        pd.DataFrame(found).to_csv(FOLDER / "rows.csv", index=False, float_format="%.6g")
    rows = pd.read_csv(FOLDER / "rows.csv")
    (FOLDER / "README.md").write_text(page(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
