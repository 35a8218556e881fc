"""What a reader takes along: the numbers of the page, in files in which nothing acts."""

import csv
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from oablib.base import language, rounding
from oablib.render import downloads
from oablib.report.exhibit import About
from oablib.report.table import show

ABOUT = {"run": "demo: Demonstration", "commit": "0" * 40}
DANGEROUS = [
    "=cmd|'/C calc'!A0",
    "+1+1",
    "-2",
    "@SUM(A1)",
    " =1",
    "\t=1",
    "a\N{RIGHT-TO-LEFT MARK}b",
]


def exhibit(text: str = "a"):
    frame = pd.DataFrame({"label": [text, "b"], "share": [1 / 3, float("nan")], "n": [1000, 2]})
    about = About("1,002 children", "made up", drawn=True)
    return show(frame, "shares", title="Shares", unit="%", about=about, shares=("share",))


def written(folder: Path, text: str = "a") -> Path:
    downloads.write_exhibits(
        [exhibit(text).payload()], stem="05_base_model", about=ABOUT, folder=folder
    )
    return folder / "downloads" / "05_base_model"


def rows(path: Path) -> list[list[str]]:
    return list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))


def test_csv_and_xlsx_hold_the_same_numbers_in_full(tmp_path: Path) -> None:
    folder = written(tmp_path)
    assert rows(folder / "tbl-shares.csv") == [
        ["label", "share", "n", "data"],
        ["a", "0.3333333333", "1000", "synthetic data"],
        ["b", "", "2", "synthetic data"],
    ]  # fmt: skip
    sheet = openpyxl.load_workbook(folder / "tbl-shares.xlsx")["Numbers"]
    assert list(sheet.values) == [
        ("label", "share", "n", "data"),
        ("a", 0.3333333333, 1000, "synthetic data"),
        ("b", None, 2, "synthetic data"),
    ]  # fmt: skip


def test_the_cover_says_what_the_numbers_are(tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(written(tmp_path) / "tbl-shares.xlsx")["About"]
    assert dict(sheet.values) == {
        "Title": "Shares", "Unit": "%", "Population": "1,002 children", "Source": "made up",
        "Data": "synthetic data", "Run": "demo: Demonstration", "Commit": "0" * 40,
    }  # fmt: skip


def test_a_results_table_has_a_cover_in_each_language(tmp_path: Path) -> None:
    covers = []
    for code, title in (("en", "Fit"), ("nl", "Passing")):
        with language.use(code):
            covers.append(downloads.cover({"title": title, "unit": "", "stage": "05_base_model"}))
    downloads.workbook(tmp_path / "fit.xlsx", ["a"], [[1.5]], covers=covers)
    book = openpyxl.load_workbook(tmp_path / "fit.xlsx")
    assert book.sheetnames == ["About", "Toelichting", "Numbers"]
    assert dict(book["About"].values) == {"Title": "Fit", "Stage": "05_base_model"}
    assert dict(book["Toelichting"].values) == {"Titel": "Passing", "Stap": "05_base_model"}
    assert book.properties.title == "Fit"


@pytest.mark.parametrize("text", DANGEROUS)
def test_no_text_is_a_formula_or_turns_the_direction(text: str, tmp_path: Path) -> None:
    folder = written(tmp_path, text)
    shown = rows(folder / "tbl-shares.csv")[1][0]
    assert not shown.lstrip().startswith(("=", "+", "-", "@"))
    cell = openpyxl.load_workbook(folder / "tbl-shares.xlsx")["Numbers"]["A2"]
    assert cell.data_type == "s"
    assert "\N{RIGHT-TO-LEFT MARK}" not in f"{shown}{cell.value}"


@pytest.mark.parametrize("text", DANGEROUS)
def test_results_tables_are_as_safe_and_their_negative_numbers_stay(text: str) -> None:
    lines = rounding.csv(pd.DataFrame({"label": [text], "value": [-1.5]})).splitlines()
    ((label, value),) = csv.reader(lines[1:])
    assert not label.lstrip().startswith(("=", "+", "-", "@"))
    assert value == "-1.5"


def test_equal_tables_are_equal_bytes(tmp_path: Path) -> None:
    one, other = written(tmp_path / "one"), written(tmp_path / "other")
    for kind in ("csv", "xlsx"):
        name = f"tbl-shares.{kind}"
        assert (one / name).read_bytes() == (other / name).read_bytes()
