"""A whole report: its pages, papers and downloads, made anew and made of hostile labels."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from oablib.render import checks
from oablib.running import publication
from tests import page_numbers
from tests.runs import reports
from tests.runs.conftest import PROJECT
from tests.runs.reports import Made

COMMITTED = ("herijking-2021", "validation")
# Bytes. Nine pages were held to 10 MB; the country adds five, and tables of 6,000 schools. All but
# these tables are there in two languages. Distribution, certainty and effects add 2 MB each.
LARGEST_PAGE, LARGEST_REPORT = 5_000_000, 42_000_000
# Tell when or for how long: what was executed in one run is "cached" in the next.
OF_THE_MOMENT = {"manifest.json", "contents.json", "index.html", "nl/index.html"}
BANNERS = (
    "Made from synthetic data: no real child is in it.",
    "Gemaakt met synthetische gegevens: er zit geen echt kind in.",
)


@pytest.fixture(scope="module", params=COMMITTED)
def example(request: pytest.FixtureRequest) -> Path:
    """A report that the project brings along."""
    report = PROJECT / "reports" / request.param
    assert publication.differences(report) == []
    return report


def pages(report: Path) -> list[Path]:
    return sorted(report.rglob("*.html"))


def test_the_example_says_on_top_of_each_page_that_it_is_synthetic(example: Path) -> None:
    for page in pages(example):
        body = page.read_text(encoding="utf-8").partition("<body>")[2]
        assert any(banner in body[:400] for banner in BANNERS)


def test_the_example_is_light_and_whole(example: Path) -> None:
    assert sum(path.stat().st_size for path in example.rglob("*")) < LARGEST_REPORT
    assert max(path.stat().st_size for path in pages(example)) < LARGEST_PAGE
    assert checks.broken(example) == []
    names = {
        (Path(part["folder"]) / f"{stem}.html").as_posix()
        for part in contents(example)["languages"]
        for stem in ("index", "provenance", *(report["stem"] for report in part["reports"]))
    }
    assert {path.relative_to(example).as_posix() for path in pages(example)} == names


def in_font() -> set[int]:
    """Characters that the font of formulas was cut down to."""
    text = (PROJECT / "oablib" / "render" / "assets" / "math_font.txt").read_text(encoding="utf-8")
    found: set[int] = set()
    for part in re.findall(r"U\+([0-9A-F-]+)", text.split("--unicodes=")[1]):
        first, _, last = part.partition("-")
        found |= set(range(int(first, 16), int(last or first, 16) + 1))
    return found


def test_the_font_of_formulas_has_all_their_signs(example: Path) -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in pages(example))
    formulas = re.findall(r"<math.*?</math>", text, flags=re.DOTALL)
    shown = [re.sub(r"<annotation.*?</annotation>|<[^>]+>", "", each) for each in formulas]
    signs = {ord(sign) for sign in "".join(shown) if not sign.isspace()}
    # Greek letters of formulas are shown in italics, which stand elsewhere.
    italic = {sign + 0x1D6FC - 0x3B1 for sign in signs if 0x3B1 <= sign <= 0x3C9}
    assert signs | italic <= in_font()


def contents(report: Path) -> dict:
    return json.loads((report / "contents.json").read_text(encoding="utf-8"))


def test_what_the_example_shows_is_what_it_offers(example: Path) -> None:
    shown = [table for page in pages(example) for table in page_numbers.tables(page)]
    assert len(shown) > 5
    assert page_numbers.differences(example) == []
    assert page_numbers.unequal_files(example) == []


def test_a_number_that_differs_in_its_last_digit_is_noticed(tmp_path: Path) -> None:
    copy = tmp_path / "report"
    shutil.copytree(PROJECT / "reports" / "herijking-2021", copy)
    page = copy / "05_base_model.html"
    text = page.read_text(encoding="utf-8")
    published = ">0.404<"  # R2, given in three digits
    assert published in text
    page.write_text(text.replace(published, ">0.405<"), encoding="utf-8")
    assert len(page_numbers.differences(copy)) == text.count(published)


def test_the_same_run_made_anew_gives_the_same_bytes(
    reports_of: Callable[..., dict[str, Made]], tmp_path: Path
) -> None:
    made = []
    run = "snijders-bosker"  # the quickest; tests of the country have this of its stages
    for report in (reports_of(run)[run].folder, reports.make(run, tmp_path).folder):
        paths = (path for path in report.rglob("*") if path.is_file())
        made.append({str(p.relative_to(report)): p.read_bytes() for p in paths})
    first, second = made
    assert {name for name in first if first[name] != second[name]} <= OF_THE_MOMENT
    assert first.keys() == second.keys()
    listed = [each for part in contents(report)["languages"] for each in part["reports"]]
    assert sum(name.endswith(".pdf") for name in first) == len(listed)


def test_labels_of_a_hostile_codebook_are_text_from_end_to_end(
    reports_of: Callable[..., dict[str, Made]],
) -> None:
    report = reports_of("demo")["demo"].folder
    for page in pages(report):
        text = page.read_text(encoding="utf-8")
        assert not any(act in text for act in ("<script", "<img src=x", 'href="javascript:'))
        assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in text
    in_dutch = (report / "nl" / "04_scale_values.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)" in in_dutch
    assert page_numbers.differences(report) == []
    for path in report.rglob("*.csv"):
        cells = path.read_text(encoding="utf-8").replace('"', "").replace("\n", ",").split(",")
        assert not [cell for cell in cells if cell.startswith(("=", "@"))]
    for path in report.rglob("*.xlsx"):
        for sheet in openpyxl.load_workbook(path):
            assert not [c for row in sheet.iter_rows() for c in row if c.data_type == "f"]
