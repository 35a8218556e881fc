"""The study of the country in small: what it measures is what its section says."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from oablib import allocation, pupil_scores
from oablib.indicator.comparison.causes import Procedure
from oablib.indicator.pupil_scores import Indicator
from oablib.protocol import codebook
from tests.measured import country_benchmark_core as measured_core
from tests.measured import country_benchmark_data as data
from tests.measured import country_benchmark_page as page
from tests.measured import country_benchmark_parts as parts

SHARE = 0.03  # a tenth of less leaves fewer schools than a country must have
TIMES = 3
TWO = 2  # draws of education
# Sums of eight numbers of two decimals; the order of adding moves the last bits.
SUM_RTOL = 1e-12


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Countries of all sizes; the largest of TIMES, not ten times, a tenth."""
    made = tmp_path_factory.mktemp("countries")
    data.deliver(made, share=SHARE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "M", TWO)
        patch.setattr(parts, "WORKERS", 1)
        parts.drawing(made, data.TENTH)
    data.repeat(made / str(data.TENTH), made / str(data.TENFOLD), times=TIMES)
    for tenths in (data.TENTH, data.TENFOLD):
        data.write_columns(made, tenths=tenths)
    return made


@pytest.fixture(scope="module")
def new() -> Indicator:
    return parts.indicators()[1]


def test_a_repeated_country_has_other_children_at_other_schools(folder: Path) -> None:
    once, often = (data.read(folder, tenths=tenths) for tenths in (data.TENTH, data.TENFOLD))
    assert len(np.unique(often.key)) == len(often) == TIMES * len(once)
    brins = [each.sites["school_id"].str[:4].nunique() for each in (once, often)]
    assert brins[1] == TIMES * brins[0]
    sizes = [np.bincount(each.site[each.site >= 0]) for each in (once, often)]
    assert sorted(np.tile(sizes[0], TIMES)) == sorted(sizes[1])


def test_a_repeated_country_has_the_same_draws_for_the_same_children(folder: Path) -> None:
    shown = []
    for tenths in (data.TENTH, data.TENFOLD):
        children = data.read(folder, tenths=tenths)
        drawn = pupil_scores.averaged(folder / str(tenths) / data.DRAWS, children)
        rows, counts = (each["education_mother"] for each in (drawn.rows, drawn.counts))
        of = {name: children.codes[name][rows] for name in ("origin", "education_father")}
        frame = pd.DataFrame(counts).assign(**of, age=children.numbers["age"][rows])
        shown.append(frame.value_counts())
    pd.testing.assert_series_equal(shown[0] * TIMES, shown[1], check_like=True)


def test_brins_that_cannot_be_named_are_refused() -> None:
    with pytest.raises(SystemExit, match="2 BRINs cannot be named"):
        data.other_schools(pd.Series(["00AA00", "00AB00"]), copy=0, times=data.BRINS)
    last = data.other_schools(pd.Series(["00AA01"]), copy=data.BRINS - 1, times=data.BRINS)
    assert last.tolist() == ["99ZZ01"]


def test_the_core_pass_counts_and_scores_all_children(folder: Path, new: Indicator) -> None:
    """Beside pandas, which looks up the points of each child in the table of points."""
    place = folder / str(data.TENTH)
    sites, homes = (pd.read_parquet(place / f"{n}.parquet") for n in ("sites", "municipalities"))
    how = Procedure(pupil_scores.rules(), allocation.rules(), 0)
    table = measured_core.core_pass(place, sites, homes, indicator=new, how=how)
    count, _ = measured_core.plain_sums(place)
    counted = pd.Series(count[1:], sites["school_id"].iloc[: len(count) - 1])
    kept = counted.reindex(table["school_id"], fill_value=0)
    assert (table["n_children"].to_numpy() == kept.to_numpy()).all()

    points = pupil_scores.contributions(new, table=codebook.load().table("cohort"))
    points = points.set_index(["variable", "code"])["points"]
    frame = pd.DataFrame({n: np.load(place / f"{n}.npy") for n in (*data.CODES, "school", "home")})
    score = sum(frame[name].map(points[column]) for name, column in data.CODES.items())
    brin = sites["school_id"].str[:4] + sites["municipality"]
    school = frame["school"].map(brin.astype(object)).fillna(frame["home"].map(str))
    value = frame["mother"].map(pd.Series(new.values["education_mother"]))
    per_unit = points["school_mean_education_mother", -1]
    score += per_unit * value.groupby(school).transform("mean")
    pupils = frame["school"].map(sites["school_type"] == 1).eq(True)  # other schools do not count
    # Scores are fixed to a millionth of a point before they are added up.
    assert table["C"].iloc[0] == pytest.approx(score[pupils].mean(), abs=1e-6, rel=SUM_RTOL)


def test_every_step_of_the_section_is_timed_by_its_part(folder: Path) -> None:
    seconds, facts = parts.chain(folder, data.TENTH)
    assert tuple(seconds) == page.STEPS
    assert facts["changed"] > 0 and facts["children"] == len(data.read(folder, tenths=data.TENTH))
    seconds, facts = parts.late(folder, data.TENTH)
    assert "late averaging" in seconds and facts["draws"] == TWO
    seconds, facts = measured_core.core(folder, data.TENFOLD)
    assert {*page.PLAIN, *page.PASS} == seconds.keys()
    assert facts["peak"] > 0


def test_processes_that_are_started_in_the_block_are_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parts, "EVERY", 0.01)
    held = "x = bytearray(50 << 20); import time; time.sleep(0.5)"
    with parts.peaks_beside() as peaks:
        subprocess.run([sys.executable, "-c", held], check=True)
    # Others may be there: helpers of multiprocessing that an earlier test has started.
    assert 50 < max(peaks.values()) < 200


def invented(*, seconds: float) -> dict[str, object]:
    """Stored runs in which every step takes as long and a tenfold country ten times that."""
    steps = {"drawing": seconds, "late averaging": seconds, "core pass": seconds}
    steps |= {"plain numpy": 1.0, "whole process": 1.0}
    facts = {"peak": 1024.0, "together": 9.0, "cells": 7}
    rows = [
        {
            "part": part,
            "tenths": tenths,
            "seconds": dict.fromkeys(page.STEPS, seconds * tenths) | steps,
            "facts": facts | {"children": 100_000 * tenths},
        }
        for part in (page.DRAWING, page.CHAIN, page.LATE, page.CORE)
        for tenths in page.SIZES
        for _ in range(3)
    ]
    return {"rounds": 3, "share": 1, "machine": {"processor": "P"}, "runs": rows}


@pytest.mark.parametrize(("seconds", "met"), [(0.4, "yes"), (6.0, "no")])
def test_the_section_holds_figures_against_promises(seconds: float, met: str) -> None:
    text = page.section(invented(seconds=seconds))
    whole = f"{seconds * 10 * len(page.STEPS):.3g}"
    assert f"| the chain, s | at most 30 | {whole} | {met} |" in text
    assert f"| the core pass, times plain numpy | at most 5 | {seconds:g} | {met} |" in text
    assert "| memory of the chain, GiB | at most 4 | 1 | yes |" in text
    assert "1,000,000 pupils and toddlers" in text
    assert "| 1.00 |" in text  # a chain that takes as long for each child grows with slope 1


def test_another_section_leaves_the_rest_of_the_page_alone() -> None:
    before = "# Speed\n\ntext\n"
    once = page.with_section(before, f"{page.HEADING}\n\nold\n")
    assert page.with_section(once, f"{page.HEADING}\n\nnew\n") == (
        f"# Speed\n\ntext\n\n{page.HEADING}\n\nnew\n"
    )


def test_the_section_follows_from_the_stored_runs() -> None:
    shown = (page.STORED.parent / "benchmarks.md").read_text(encoding="utf-8")
    assert shown.endswith(f"\n\n{page.stored_section()}")
    assert json.loads(page.STORED.read_text(encoding="utf-8"))["share"] == 1
