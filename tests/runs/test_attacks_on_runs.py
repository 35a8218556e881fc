"""Attacks on the reports of runs, whose children are known here: nothing is found.

The same attacks do find children in the exact tables of these runs, published as they once were.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from oablib.indicator.pupil_scores import Provenance
from oablib.running.export import output
from tests import attacks_on_files, attacks_on_reports
from tests.attacks_on_reports import Register, Report
from tests.runs import reports, sentinel
from tests.runs.reports import Made
from tests.schools_that_come_back import few_schools

pytestmark = pytest.mark.slow
LEAST = 30  # pupils of a site that has a score
NUMBERS = [f"{value}" for value in (sentinel.INCOME, sentinel.NEIGHBOURHOOD)]
VALUES = [sentinel.CHILD, *NUMBERS, *(number.replace(".", ",") for number in NUMBERS)]
"""Of the planted child, as either language writes them."""
PRIVATE = {"payer_sites": "school_scores", "payer_municipalities": "municipality_scores"}
"""Exact tables of a run, and what they were published as."""


def private(made: Made, name: str) -> pd.DataFrame:
    return pd.read_parquet(made.root / ".work" / made.run / "private" / f"{name}.parquet")


def register(made: Made) -> Register:
    sites, towns = (private(made, name) for name in PRIVATE)
    return Register(sites[["school_id", "municipality", "n_children"]], towns)


def asylum_scores(made: Made) -> list[float]:
    scores = private(made, "pupil_scores")
    seekers = scores[scores["provenance"] == Provenance.ASYLUM]
    return sorted({*seekers["new"], *seekers["current"]})


@pytest.fixture(scope="module")
def demo(reports_of: Callable[..., dict[str, Made]]) -> Made:
    return reports_of("demo")["demo"]


def test_places_give_nothing_away(demo: Made) -> None:
    report, known = Report(demo.folder), register(demo)
    for attack in (
        attacks_on_reports.single_children,
        attacks_on_reports.toddlers,
        attacks_on_reports.hidden_sites,
    ):
        assert attack(report, known).empty
    sizes = known.sites
    hidden = sizes.loc[sizes["n_children"].between(1, LEAST - 1), "school_id"]
    assert attacks_on_files.siblings(report, hidden) == []
    assert few_schools(report) == []


def test_the_exact_tables_would_give_children_away(demo: Made, tmp_path: Path) -> None:
    tables = tmp_path / "tables"
    tables.mkdir()
    for name, published in PRIVATE.items():
        private(demo, name).to_csv(tables / f"{published}.csv", index=False)
    columns = ["C", "G"]
    means = [private(demo, name)[columns].iloc[0] for name in PRIVATE]
    boundary = Report(demo.folder).table("allocation_national")["boundary"]
    national = pd.DataFrame(means).reset_index(drop=True).assign(boundary=boundary)
    national.to_csv(tables / "allocation_national.csv", index=False)
    report, known = Report(tmp_path), register(demo)
    assert len(attacks_on_reports.single_children(report, known)) > 0
    assert len(attacks_on_reports.toddlers(report, known)) > 0


def test_no_file_holds_a_child_or_the_score_of_asylum_seekers(demo: Made) -> None:
    report, scores = Report(demo.folder), private(demo, "pupil_scores")
    of_children = scores[["new", "current"]].to_numpy().ravel()
    precise = {str(value) for value in np.unique(of_children) if len(str(value)) > 6}
    persons = {*scores["key"].astype(str), *precise}
    assert attacks_on_files.rows_of_children(report, persons) == []
    assert attacks_on_reports.asylum_scores(report) == []
    for score in asylum_scores(demo):
        assert attacks_on_files.prints(report, score) == []
        assert attacks_on_reports.all_asylum(report, score, register(demo)) == []


@pytest.fixture(scope="module")
def elsewhere(reports_of: Callable[..., dict[str, Made]]) -> Made:
    return reports_of("elsewhere")["elsewhere"]


@pytest.mark.skipif(not reports.ALL, reason="needs a delivered country: nox -s four_runs")
def test_a_planted_child_and_its_school_are_nowhere(elsewhere: Made, tmp_path: Path) -> None:
    """In pages, papers, workbooks, pictures, notebooks, logs and what is handed over."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OAB_ROOT", str(elsewhere.root))
        archive = output.export("elsewhere", out=tmp_path / "export")
    scores = private(elsewhere, "payer_sites").set_index("school_id").loc[sentinel.SCHOOL]
    assert scores["n_children"] == sentinel.PUPILS and scores["n_target"] >= 1
    values = [*VALUES, *(f"{scores['A']:.{digits}f}" for digits in (2, 4))]
    for folder in (elsewhere.folder, archive.parent):
        assert attacks_on_files.holding(folder, values) == []
    log = (elsewhere.root / ".work" / "elsewhere" / "run.log").read_text(encoding="utf-8")
    assert not any(value in log for value in (*values, sentinel.SCHOOL))
    report = Report(elsewhere.folder)
    assert attacks_on_files.siblings(report, [sentinel.SCHOOL]) == []
    row = report.table("school_scores").set_index("school_id").loc[sentinel.SCHOOL]
    assert row["n_children"] == sentinel.PUPILS and np.isnan(row["achterstandsscore"])
    found = attacks_on_reports.hidden_sites(report, register(elsewhere))
    assert sentinel.SCHOOL not in set(found["place"])


@pytest.mark.skipif(not reports.ALL, reason="needs a delivered country: nox -s four_runs")
def test_a_planted_child_is_found_where_it_is(elsewhere: Made) -> None:
    """In the files that were delivered; else the search above would say nothing."""
    found = attacks_on_files.holding(elsewhere.root / "country", [sentinel.CHILD])
    assert {"children_2022.parquet", "children_2023.parquet"} <= set(found)
    assert attacks_on_files.holding(elsewhere.root / "delivery", VALUES) == ["cohort.csv"]
