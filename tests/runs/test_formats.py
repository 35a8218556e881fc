"""One delivery in three formats: every results table has the same bytes, and the run is whole."""

import json
import re
from pathlib import Path

import pytest

from oablib import synthetic
from oablib.running.stages import declared
from tests.runs.conftest import IN_ENGLISH, RunOab

REPORTS = {each.stem for each in declared.of_run(declared.load(), country=False)}
SMALL = (
    *("--set", "imputations=2", "--set", "iterations=1"),
    *("--set", "draws=10", "--set", "splits=2", "--set", "country=", "--quiet", IN_ENGLISH),
)


@pytest.fixture(scope="module")
def delivery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic.deliver(tmp_path_factory.mktemp("delivery"), n=1200, seed=4).parent


def tables(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (root / "reports/demo/tables").iterdir()}


def test_sav_csv_and_parquet_give_identical_results(
    oab: RunOab, root: Path, delivery: Path
) -> None:
    found = []
    for end in ("sav", "csv", "parquet"):
        done = oab("run", "demo", "--data", str(delivery / f"cohort.{end}"), *SMALL)
        assert done.returncode == 0, done.stderr
        found.append(tables(root))
    assert len(found[0]) >= 10
    assert found[0] == found[1] == found[2]
    assert_reports_are_whole(root / "reports" / "demo")


def assert_reports_are_whole(folder: Path) -> None:
    """All reports linked from the index, no error, no host outside, alt text for every figure."""
    index = (folder / "index.html").read_text(encoding="utf-8")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["parameters"]["imputations"] == 2
    for stem in REPORTS:
        assert f'href="{stem}.html"' in index
        page = (folder / f"{stem}.html").read_text(encoding="utf-8")
        assert "Traceback" not in page
        assert not re.search(r"""(?:src|href)=["']https?://""", page)
        assert "<script" not in page
        pictures = re.findall(r"<img[^>]*>", page)
        assert all(re.search(r'alt="[^"]+"', picture) for picture in pictures)
    pages = [(folder / f"{stem}.html").read_text(encoding="utf-8") for stem in REPORTS]
    assert sum(page.count("<figure") for page in pages) >= 6
