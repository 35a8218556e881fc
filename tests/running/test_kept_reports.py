"""Reports that are kept in git are whole: every file is as its manifest says."""

import json
import re

import pytest

from oablib.running.housekeeping import reports
from tests.places import ROOT

KEPT = sorted(
    set(re.findall(r"^!/reports/([\w-]+)/$", (ROOT / ".gitignore").read_text("utf-8"), re.M))
)
MONITOR = "demo-next_beside_demo"
LARGEST = 3_000_000  # bytes of the monitor's example, as a folder


@pytest.mark.parametrize("name", KEPT)
def test_a_kept_report_is_whole(name: str) -> None:
    assert reports.verify(name) > 0


def test_the_example_of_the_monitor_compares_two_synthetic_years() -> None:
    folder = ROOT / "reports" / MONITOR
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest["parameters"]["data"] == "synthetic"
    causes = (folder / "tables" / "change_causes.csv").read_text("utf-8")
    assert "reference_year" in causes and "2020" in causes and "2021" in causes
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < LARGEST
