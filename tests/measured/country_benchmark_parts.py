"""What is timed of the country: each part is called once, in a process of its own.

Parts as in benchmark_parts: the folder of countries and a size in tenths of the population in;
seconds, and facts about the answer, out. `peak` is the most memory held, in MiB.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from oablib import allocation, comparison, params, pupil_scores
from oablib.indicator.comparison.causes import Procedure, Situation
from oablib.indicator.pupil_scores import Children, Indicator, Provenance, Scores
from oablib.indicator.pupil_scores.children import UNKNOWN
from oablib.protocol import codebook, models

from .benchmark_parts import Result, memory, timed
from .country_benchmark_data import DRAWS, SEED, YEAR, read

M = 10  # draws of education
WORKERS = 2
EVERY = 0.2  # seconds between two looks at the processes that draw
IMPUTED = (Provenance.MATCHED, Provenance.ASYLUM)


def drawing(folder: Path, tenths: int) -> Result:
    """Draw education of a country M times in two processes, and keep it beside the children.

    Facts: children, cells drawn, peak, and `together`: peaks of all processes added up.
    """
    seconds: dict[str, float] = {}
    with timed(seconds, "reading"):
        children = read(folder, tenths=tenths)
    options = {"roles": models.load("base"), "table": codebook.load().table("cohort")}
    rule = pupil_scores.rules().education
    with peaks_beside() as others, timed(seconds, "drawing"):
        drawn = pupil_scores.draw(children, rule=rule, m=M, seed=SEED, workers=WORKERS, **options)
    drawn.to_parquet(folder / str(tenths) / DRAWS, index=False)
    firsts = drawn[[name for name in drawn if name.endswith("_1")]].to_numpy()
    cells = int((firsts != UNKNOWN).sum())
    together = memory("VmHWM") + sum(others.values())
    return seconds, _facts(children) | {"cells": cells, "together": together}


def chain(folder: Path, tenths: int) -> Result:
    """From the files of a country to both indicators side by side, and the causes of changes."""
    seconds: dict[str, float] = {}
    with timed(seconds, "reading children"):
        children = read(folder, tenths=tenths)
    with timed(seconds, "averaging draws"):
        drawn = pupil_scores.averaged(folder / str(tenths) / DRAWS, children)
    how = Procedure(pupil_scores.rules(), allocation.rules(), SEED)
    sides = [Situation(children, drawn, each) for each in indicators()]
    with timed(seconds, "scores"):
        scores = [_scored(side, how=how) for side in sides]
    with timed(seconds, "schools"):
        schools = [_schools(children, each, how=how) for each in scores]
    with timed(seconds, "municipalities"):
        places = [_municipalities(children, each, how=how) for each in scores]
    with timed(seconds, "comparison"):
        _compared(children, scores, schools=schools, places=places)
    with timed(seconds, "causes"):
        causes = _causes(*sides, how=how)
    return seconds, _facts(children) | {"changed": int(causes["places"].max())}


def late(folder: Path, tenths: int) -> Result:
    """Each draw goes all the way; what schools and municipalities get is averaged."""
    seconds: dict[str, float] = {}
    with timed(seconds, "reading"):
        children = read(folder, tenths=tenths)
    path, (_, indicator) = folder / str(tenths) / DRAWS, indicators()
    with timed(seconds, "late averaging"):
        frames = pupil_scores.frames(
            *(children, path),
            average="school",
            indicator=indicator,
            rules=pupil_scores.rules(),
            seed=SEED,
        )
        places = children.sites, children.municipalities
        found = allocation.of_frames(frames, *places, rules=allocation.rules())
    return seconds, _facts(children) | {"draws": found.draws}


@contextmanager
def peaks_beside() -> Iterator[dict[str, float]]:
    """Most memory that each process held that this one starts in the block: its number -> MiB.

    Not getrusage's: a child's count starts with the memory of the process that called it.
    """
    peaks: dict[str, float] = {}
    done = threading.Event()

    def look() -> None:
        while not done.wait(EVERY):
            for path in Path("/proc").glob("[0-9]*/status"):
                status = _status(path)
                if status.get("PPid") == str(os.getpid()) and "VmHWM" in status:
                    peaks[path.parent.name] = int(status["VmHWM"].split()[0]) / 2**10

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield peaks
    finally:
        done.set()
        watcher.join()


def indicators() -> tuple[Indicator, Indicator]:
    """The indicator in use and the new one."""
    table, published = codebook.load().table("cohort"), params.published("herijking2021")
    current, new = (
        pupil_scores.given(models.load(name), table=table, published=published)
        for name in ("indicator_2019", "indicator_2021")
    )
    return current, new


def _status(status: Path) -> dict[str, str]:
    """What the system tells of a process; nothing of one that has just ended."""
    try:
        lines = status.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _facts(children: Children) -> dict[str, object]:
    return {"children": len(children), "peak": memory("VmHWM")}


def _scored(side: Situation, *, how: Procedure) -> Scores:
    return pupil_scores.score(
        side.children, side.drawn, indicator=side.indicator, rules=how.scores, seed=how.seed
    )


def _schools(children: Children, scores: Scores, *, how: Procedure) -> pd.DataFrame:
    frame = children.frame(score=scores.score)
    return allocation.schools(frame, children.sites, rules=how.allocation)


def _municipalities(children: Children, scores: Scores, *, how: Procedure) -> pd.DataFrame:
    return allocation.municipalities(
        children.frame(score=scores.score),
        children.sites,
        children.municipalities,
        rules=how.allocation,
    )


def _compared(
    children: Children,
    scores: list[Scores],
    *,
    schools: list[pd.DataFrame],
    places: list[pd.DataFrame],
) -> None:
    """All tables of the comparison but the causes."""
    rules, (current, new) = comparison.rules(), (each.score for each in scores)
    provenance = scores[1].provenance
    pairs = comparison.standardised(*schools, key="school_id", rules=rules)
    comparison.crosstable(pairs)
    comparison.classes(pairs, rules=rules)
    comparison.bands(pairs, rules=rules)
    comparison.score_differences(current, new, provenance, imputed=IMPUTED, rules=rules)
    comparison.density(current, new, rules=rules)
    both = comparison.standardised(*places, key="municipality", rules=rules)
    comparison.relative(both, both, rules=rules)
    table = codebook.load().table("children")
    frame = children.frame(
        provenance=provenance, asylum_registered=children.registered, joined=new < current,
        **children.codes,
    )  # fmt: skip
    comparison.profile(frame, pairs, table=table, imputed=IMPUTED, rules=rules)
    month = pupil_scores.last_month(YEAR, months_late=0)
    comparison.late_registrations(frame, reference=month, rules=rules)


def _causes(before: Situation, after: Situation, *, how: Procedure) -> pd.DataFrame:
    between = comparison.Between(before, after, how=how)
    options = {"causes": comparison.OF_THE_INDICATOR, "rules": comparison.rules()}
    return comparison.decompose(between, **options).summary
