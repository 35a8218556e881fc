"""What a run hands over agrees with what it publishes, and its payments add up to the cent."""

import csv
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from oablib import allocation, disclosure
from oablib.params import run
from oablib.running.export import output, payer
from tests.runs.reports import Made

ROUNDING = 1e-9
"""Points: scores have two decimals, and differ from multiples of a step by their binary form."""
POINT_STEP = 10
"""Euro: the value of a point is published in tens, of_places.point_value."""
LARGEST_N = "largest n / grootste n"


@dataclass(frozen=True)
class Exported:
    """Exact tables, and those that the report publishes."""

    made: Made
    exact: dict[str, pd.DataFrame]
    published: dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def exported(
    reports_of: Callable[..., dict[str, Made]], tmp_path_factory: pytest.TempPathFactory
) -> Exported:
    made = reports_of("demo")["demo"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OAB_ROOT", str(made.root))
        folder = payer.export("demo", out=tmp_path_factory.mktemp("payer") / "tables")
    names = ("school_scores", "municipality_scores", "grants", "country_facts")
    tables = {name: pd.read_parquet(made.folder / "tables" / f"{name}.parquet") for name in names}
    exact = {path.stem: pd.read_parquet(path) for path in folder.glob("*.parquet")}
    return Exported(made, exact, tables)


@pytest.fixture(scope="module")
def again(exported: Exported) -> allocation.Grants:
    """The grants, computed again from the exact scores; who has a grant has a target group."""
    rules = allocation.rules()
    paid = exported.exact["grants"]
    scores = paid.assign(A_t1=paid["grant"] > 0, A_t2=paid["grant"] > 0)
    scores = scores.astype({"A_t1": float, "A_t2": float})
    share = allocation.share_of_country(exported.published["country_facts"], rules=rules)
    budget = run.resolve("demo").parameters.municipal_budget
    return allocation.grants(scores, budget=budget, rules=rules, share=share)


def test_grants_in_cents_are_those_of_the_law_and_add_up_to_the_budget(
    exported: Exported, again: allocation.Grants
) -> None:
    cents = exported.exact["grants"]["grant_cents"]
    assert cents.dtype == np.int64
    assert cents.sum() == again.budget * 100
    assert cents.tolist() == (again.table["grant"] * 100).round().astype(int).tolist()
    work = exported.made.root / ".work" / "demo" / "private" / "payer_grants.parquet"
    assert cents.tolist() == [round(euro * 100) for euro in pd.read_parquet(work)["grant"]]


@pytest.mark.parametrize(
    ("table", "exact", "key"),
    [("school_scores", "sites", "school_id"),
     ("municipality_scores", "municipalities", "municipality")],
)  # fmt: skip
def test_published_scores_are_within_half_a_step_of_the_exact_ones(
    exported: Exported, table: str, exact: str, key: str
) -> None:
    columns = [key, "achterstandsscore"]
    both = exported.published[table].merge(exported.exact[exact][columns], on=key, validate="1:1")
    assert len(both) == len(exported.published[table]) == len(exported.exact[exact])
    shown = both.dropna(subset="achterstandsscore_x")
    off = (shown["achterstandsscore_x"] - shown["achterstandsscore_y"]).abs()
    assert len(off) and (off <= shown["step"] / 2 + ROUNDING).all()


def test_published_grants_are_as_near_to_those_paid_as_their_scores_allow(
    exported: Exported, again: allocation.Grants
) -> None:
    rules = disclosure.rules()
    shown = exported.published["grants"].dropna(subset="grant")
    steps = exported.published["municipality_scores"][["municipality", "step"]]
    both = shown.merge(exported.exact["grants"], on="municipality", suffixes=("", "_paid"))
    both = both.merge(steps, on="municipality", validate="1:1")
    # Half a step of either date, in points of the mean.
    half_steps = (both["step"] + rules.strict.municipal_step) / 2
    mean = (both["score_t1"] + both["score_t2"]) / 2
    of_scores = half_steps / 2 * again.J / again.K
    allowed = of_scores + mean * POINT_STEP / 2 + rules.constants.euro_step / 2
    assert len(both) == len(shown) > 0
    assert ((both["grant"] - both["grant_paid"]).abs() <= allowed).all()


def test_the_zip_of_a_run_describes_every_table_and_figure_with_its_n(
    exported: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OAB_ROOT", str(exported.made.root))
    with zipfile.ZipFile(output.export("demo", out=tmp_path)) as archive:
        names = archive.namelist()
        text = archive.read("output_description.csv").decode("utf-8-sig")
    lines = {row["files / bestanden"]: row for row in csv.DictReader(io.StringIO(text))}
    report = exported.made.folder
    tables = {f"table_{path.stem}" for path in report.glob("tables/*.csv")}
    exhibits = {f"{path.parent.name}.{path.stem}" for path in report.glob("downloads/*/*.csv")}
    assert lines.keys() == tables | exhibits
    pages = {f"{path.stem}.nl.pdf" for path in report.glob("nl/*.pdf")}
    assert pages and pages <= set(names) and not [name for name in names if "/" in name]
    children = exported.published["country_facts"]["children"][0]
    assert lines["table_allocation_national"][LARGEST_N] == str(children)
