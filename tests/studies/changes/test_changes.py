"""Two reports side by side: every cause by name, and what it does to everything after it."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from oablib.base import language
from oablib.base.errors import InputError
from oablib.base.language import Words
from oablib.protocol import models
from oablib.protocol.codebook import load
from oablib.report import changes as report_changes
from oablib.report import changes_answers as answers
from oablib.report.exhibit import About
from oablib.report.labels import labels
from oablib.running import studies
from oablib.studies import changes
from oablib.studies.changes import ReportPair, causes, effects
from oablib.studies.changes.reports import CATALOGUE
from oablib.studies.changes.text import sentences

MANIFEST: dict[str, Any] = {
    "schema": 2, "run": "one", "inputs": {"cohort.sav": "aa"},
    "parameters": {"run": "one", "title": "One", "seed": 1, "model": "base", "codebook": "book",
                   "published": ""},
    "code": {"oablib.sem.fit": "11", "oablib.tables.show": "22"},
    "notebooks": {"01_intake": {"code": "c1", "text": "t1"}},
    "packages": {"numpy": "2.4"}, "lock": "l", "commit": "abc", "python": "3.11", "system": "L",
    "results": {},
}  # fmt: skip
MODEL = "outcome: cito\ndirect: [mother, father]\n"
EFFECTS = pd.DataFrame(
    {"name": ["mother", "father"], "value": [0.8, 0.5], "se": [0.1, 0.1],
     "ci_lower": [0.6, 0.3], "ci_upper": [1.0, 0.7]}
)  # fmt: skip
VALUES = pd.DataFrame(
    {"variable": ["mother", "mother"], "category": ["low", "high"], "value": [0.0, 2.0],
     "se": [0.0, 0.5]}
)  # fmt: skip
PAGE = """<html><head><title>x</title></head><body><nav>Overview 9</nav><main><h1>05 Base</h1>
<p>The effect of mother is {effect} points. It is large.</p><table><tr><td>7</td></tr></table>
<details><p>code 3</p></details><section class="provenance"><h2>How this was made</h2>
<p>seed {seed}</p></section></main></body></html>"""
DUTCH = PAGE.replace("The effect of mother is", "Het effect is").replace("It is large", "Groot")

ABOUT = About("two reports")
Edit = Callable[[dict[str, Any]], object]


def report(
    folder: Path, *, edit: Edit = lambda manifest: None, model: str = MODEL, effect: float = 0.8,
    dutch: bool = False, **tables: pd.DataFrame,
) -> Path:  # fmt: skip
    """A published report, with what differs from the plain one."""
    manifest = copy.deepcopy(MANIFEST)
    shown = {"direct_effects": EFFECTS, "scale_values": VALUES} | tables
    for name in ("tables", "params/models"):
        (folder / name).mkdir(parents=True)
    for name, frame in shown.items():
        frame.to_parquet(folder / "tables" / f"{name}.parquet")
        manifest["results"][f"{name}.csv"] = frame.to_csv()
    edit(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    name = manifest["parameters"]["model"]
    (folder / "params" / "models" / f"{name}.yaml").write_text(model, encoding="utf-8")
    page = PAGE.format(effect=effect, seed=manifest["parameters"]["seed"])
    (folder / "05_base_model.html").write_text(page, encoding="utf-8")
    if dutch:
        (folder / "nl").mkdir()
        page = DUTCH.format(effect=str(effect).replace(".", ","), seed=1)
        (folder / "nl" / "05_base_model.html").write_text(page, encoding="utf-8")
    return folder


def sides(root: Path, **options: Any) -> ReportPair:
    report(root / "before")
    report(root / "after", **options)
    return changes.read(root)


def rows(sides: ReportPair) -> set[tuple]:
    return set(causes(sides).itertuples(index=False, name=None))


LABELS = labels(load().table("cohort"), [models.load("base")])


def answer(sides: ReportPair) -> str:
    frames = {"effects": effects(sides), "values": changes.scale_values(sides)}
    options = {"tables": changes.tables(sides), "labels": LABELS, **frames}
    return answers.answer(causes(sides), **options)


def test_of_two_equal_reports_nothing_is_reported(tmp_path: Path) -> None:
    result = sides(tmp_path)
    assert rows(result) == set()
    assert changes.text_changes(result).empty
    assert changes.tables(result).empty
    assert "**Nothing differs**" in answer(result)


def test_titles_of_tables_are_those_of_the_catalogue(tmp_path: Path) -> None:
    """As publication_files.write_tables writes it, in the languages of the report."""
    result = sides(tmp_path)
    texts = {"en": {"title": "Grants"}, "nl": {"title": "Uitkeringen"}}
    for side, entry in ((result.before, texts), (result.after, {"nl": texts["nl"]})):
        content = {"grants": {"stage": "11_allocation", "rows": 1, **entry}}
        (side.folder / CATALOGUE).write_text(json.dumps(content), encoding="utf-8")
    assert result.before.titles == {"grants": Words("Grants", "Uitkeringen")}
    assert result.after.titles == {"grants": Words("Uitkeringen", "Uitkeringen")}


def scale_value_and_seed(root: Path) -> ReportPair:
    """Another seed, and a model file with one scale value set by hand."""

    def edit(manifest: dict[str, Any]) -> None:
        manifest["run"] = "two"
        manifest["parameters"] |= {"run": "two", "title": "Two", "seed": 2, "model": "mine"}

    moved = EFFECTS.assign(value=[0.95, 0.5])
    values = VALUES.assign(value=[0.0, 3.0], se=0.0)
    fixed = MODEL + "fixed_values: {mother: {high: 3.0}}\n"
    tables = {"direct_effects": moved, "scale_values": values}
    return sides(root, edit=edit, model=fixed, effect=0.95, **tables)


def test_a_scale_value_and_a_seed_are_named_with_both_their_values(tmp_path: Path) -> None:
    """The model has another name, and only its value that differs is reported."""
    assert rows(scale_value_and_seed(tmp_path)) == {
        ("parameter", "seed", "1", "2"),
        ("parameter", "model", "base", "mine"),
        ("rule", "model fixed_values.mother.high", "–", "3.0"),
    }


def test_their_effect_is_shown_on_scale_values_effects_and_text(tmp_path: Path) -> None:
    result = scale_value_and_seed(tmp_path)
    value = changes.scale_values(result).set_index("category").loc["high"]
    assert (value["before"], value["after"], value["difference_in_se"]) == (2.0, 3.0, 2.0)
    effect = effects(result).set_index("name").loc["mother"]
    assert effect["difference"] == pytest.approx(0.15)
    assert effect["difference_in_se"] == pytest.approx(1.5)
    text = changes.text_changes(result)
    assert text.to_dict("records") == [
        {
            "language": "en",
            "page": "05_base_model",
            "title": "05 Base",
            "change": "figures",
            "before": "The effect of mother is 0.8 points.",
            "after": "The effect of mother is 0.95 points.",
        }
    ]
    text = answer(result)
    assert "`seed` (1 → 2)" in text and "fixed_values.mother.high` (– → 3.0)" in text
    assert "1 of 2 scale values changed" in text and "1 of 2 direct effects changed" in text
    assert "mother: 0.80 → 0.95, +1.5 standard errors" in text
    with language.use("nl"):
        text = answer(result)
    assert "mother: 0,80 → 0,95, +1,5 standaardfouten" in text and "1 van de 2 directe" in text


def test_code_notebooks_inputs_and_surroundings_are_named(tmp_path: Path) -> None:
    def edit(manifest: dict[str, Any]) -> None:
        manifest["code"] = {"oablib.sem.fit": "99", "oablib.tables.show": "22", "oablib.new": "33"}
        manifest["notebooks"]["01_intake"]["text"] = "t2"
        manifest["inputs"]["cohort.sav"] = "bb"
        manifest["packages"]["numpy"] = "2.5"
        manifest["commit"] = "def"

    kinds = {(kind, name) for kind, name, *_ in rows(sides(tmp_path, edit=edit))}
    assert kinds == {
        ("code", "oablib.sem.fit"), ("code", "oablib.new"), ("notebook, its text", "01_intake"),
        ("input", "cohort.sav"), ("package", "numpy"), ("commit", "commit"),
    }  # fmt: skip


def test_an_effect_of_one_report_only_stays_in_the_table(tmp_path: Path) -> None:
    longer = pd.concat([EFFECTS, EFFECTS.iloc[:1].assign(name="origin")])
    result = effects(sides(tmp_path, direct_effects=longer)).set_index("name")
    assert list(result.index) == ["mother", "father", "origin"]
    assert pd.isna(result.loc["origin", "before"]) and result.loc["origin", "after"] == 0.8


def test_other_tables_are_compared_cell_by_cell(tmp_path: Path) -> None:
    report(tmp_path / "before", shares=pd.DataFrame({"a": ["x", "y"], "b": [1.0, 2.0]}))
    report(
        tmp_path / "after",
        shares=pd.DataFrame({"a": ["x", "z"], "b": [1.0, 2.5]}),
        added=pd.DataFrame({"n": [1]}),
    )
    result = changes.tables(changes.read(tmp_path)).set_index("table")
    assert result.loc["shares", ["cells", "largest", "column"]].tolist() == [2, 0.5, "b"]
    assert pd.isna(result.loc["added", "rows_before"]) and result.loc["added", "rows_after"] == 1


def test_numbers_that_a_report_hides_differ_from_those_of_the_other(tmp_path: Path) -> None:
    whole = pd.DataFrame({"month": ["a", "b", "c"], "n": pd.array([12, 15, None], dtype="Int64")})
    report(tmp_path / "before", late=whole)
    report(tmp_path / "after", late=whole.assign(n=pd.array([12, None, None], dtype="Int64")))
    result = changes.tables(changes.read(tmp_path)).set_index("table")
    assert result.loc["late", "cells"] == 1 and pd.isna(result.loc["late", "largest"])


def test_schools_that_moved_come_first_where_there_are_schools(tmp_path: Path) -> None:
    scores = pd.DataFrame({"school": ["a", "b", "c"], "achterstandsscore": [10.0, 20.0, 30.0]})
    report(tmp_path / "before", allocation=scores)
    moved = scores.assign(achterstandsscore=[11.0, 25.0, 30.0])
    report(tmp_path / "after", allocation=moved.iloc[::-1])
    result = changes.movements(changes.read(tmp_path))
    assert result[["place", "difference"]].to_numpy().tolist() == [["b", 5.0], ["a", 1.0]]
    assert changes.has_places(changes.read(tmp_path))
    (tmp_path / "other").mkdir()
    without = sides(tmp_path / "other")
    assert changes.movements(without).empty and not changes.has_places(without)


def test_two_tables_of_places_are_ordered_each_by_itself(tmp_path: Path) -> None:
    places = {"municipality": ["x", "y"]}
    scores = pd.DataFrame({**places, "achterstandsscore": [1.0, 2.0]})
    grants = pd.DataFrame({**places, "grant": [1e6, 2e6]})
    report(tmp_path / "before", scores=scores, grants=grants)
    moved = {"scores": scores.assign(achterstandsscore=[2.0, 9.0])}
    report(tmp_path / "after", **moved, grants=grants.assign(grant=[2e6, 2e6]))
    result = changes.movements(changes.read(tmp_path))
    assert result[["table", "place"]].to_numpy().tolist() == [
        ["grants", "x"], ["scores", "y"], ["scores", "x"]
    ]  # fmt: skip
    shown = report_changes.movements_table(
        result, names={"before": "one", "after": "two"}, about=ABOUT,
        titles={"grants": Words("Grants of places", "Uitkeringen van plaatsen")},
    )  # fmt: skip
    assert [name for name, _rows in shown.groups] == ["Grants of places", "scores"]


def test_a_report_that_is_not_there_or_too_old_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="oab run nobody"):
        changes.files(tmp_path / "nobody")
    report(tmp_path / "old", edit=lambda manifest: manifest.update(schema=1))
    with pytest.raises(InputError, match="schema 1; expected 2"):
        changes.files(tmp_path / "old")


def test_the_report_bears_both_names_as_long_as_they_fit() -> None:
    assert studies.report_name("demo", "trial") == "trial_beside_demo"
    assert studies.report_name("a" * 64, "b" * 64).startswith("changes_")


def test_lines_under_exhibits_are_no_sentences_of_the_text(tmp_path: Path) -> None:
    page = tmp_path / "05_base_model.html"
    page.write_text(
        '<p class="run">Run of 2021</p><h1>Model</h1><p>It explains 4.<br>Good.</p>'
        '<img src="data:," alt="x"><div class="about"><p>Unit: points. n = 3.</p></div>'
        '<p class="get"><a href="x.csv">CSV</a></p><details><pre>1 + 1</pre></details>'
        '<p>In the end.</p><section class="provenance"><h2>How</h2><p>By hand.</p></section>',
        encoding="utf-8",
    )
    assert sentences(page) == ["Model", "It explains 4.", "Good.", "In the end."]


def test_pages_are_compared_with_those_of_the_same_language(tmp_path: Path) -> None:
    report(tmp_path / "before", dutch=True)
    report(tmp_path / "after", dutch=True, effect=0.95)
    assert set(changes.files(tmp_path / "after")) >= {"05_base_model.html", "nl/05_base_model.html"}
    result = changes.text_changes(changes.read(tmp_path))
    assert result[["language", "change", "before", "after"]].to_numpy().tolist() == [
        ["en", "figures", "The effect of mother is 0.8 points.",
         "The effect of mother is 0.95 points."],
        ["nl", "figures", "Het effect is 0,8 points.", "Het effect is 0,95 points."],
    ]  # fmt: skip
    assert answers.finding_text(result).startswith("Sentences with other figures: 1; new: 0;")
    (tmp_path / "before" / "nl" / "05_base_model.html").unlink()
    alone = changes.text_changes(changes.read(tmp_path))
    assert set(alone["language"]) == {"en"}
    with language.use("nl"):
        assert answers.finding_text(alone) == ""
        names = {"before": "one", "after": "two"}
        assert "verschilt geen zin" in str(
            report_changes.text_table(alone, names=names, about=ABOUT)
        )


def test_the_first_language_of_a_run_is_at_the_top_of_its_folder(tmp_path: Path) -> None:
    report(tmp_path / "before", dutch=True)
    report(tmp_path / "after", edit=lambda made: made["parameters"].update(languages="nl en"))
    pair = changes.read(tmp_path)
    assert pair.before.pages("nl")["05_base_model"].parent.name == "nl"
    assert pair.after.pages("nl")["05_base_model"].parent.name == "after"
    assert pair.after.pages("en") == {}


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ([], "made from the same"),
        (["commit"], "affect no number"),
        (["commit", "parameter"], "One cause differs"),
        (["parameter", "rule"], "2 causes differ"),
        (["parameter", "input"], "The data differ"),
    ],
)
def test_differences_are_put_down_to_their_causes(kinds: list[str], expected: str) -> None:
    frame = pd.DataFrame({"kind": kinds, "name": "x", "before": "1", "after": "2"})
    assert expected in answers.finding_causes(frame)


def test_intervals_that_part_are_named(tmp_path: Path) -> None:
    result = effects(sides(tmp_path))
    assert "overlap for all 2 effects" in answers.finding_intervals(result, labels=LABELS)
    apart = result.assign(ci_lower_after=[2.0, 0.3], ci_upper_after=[3.0, 0.7])
    text = answers.finding_intervals(apart, labels=LABELS)
    assert "nothing in common for 1 of 2 effects: mother" in text
    assert "By their tests" not in text  # neither report says whether effects differ
    alone = pd.concat([result, result.iloc[:1].assign(name="origin", before=float("nan"))])
    text = answers.finding_intervals(alone, labels=LABELS)
    assert "1 effect is in one report only" in text


@pytest.mark.parametrize(
    ("shown", "said", "dutch"),
    [
        ([True, True], "effects of the same predictors", "effecten van dezelfde voorspellers"),
        ([True, False], "the other does not, of: father.", "het andere niet, van: father."),
    ],
)
def test_effects_that_one_report_alone_shows_are_named(
    tmp_path: Path, shown: list[bool], said: str, dutch: str
) -> None:
    """A report of an earlier version does not say what differs."""
    result = effects(sides(tmp_path, direct_effects=EFFECTS.assign(differs=shown)))
    assert result["differs_after"].tolist() == shown and result["differs_before"].isna().all()
    assert "By their tests" not in answers.finding_intervals(result, labels=LABELS)
    both = result.assign(differs_before=True)
    assert said in answers.finding_intervals(both, labels=LABELS)
    with language.use("nl"):
        assert dutch in answers.finding_intervals(both, labels=LABELS)


def test_what_did_not_move_is_said_to_be_the_same(tmp_path: Path) -> None:
    result = sides(tmp_path)
    assert (
        answers.finding_effects(effects(result), labels=LABELS) == "**No direct effect changed.**"
    )
    values = changes.scale_values(result)
    assert answers.finding_scale_values(values, labels=LABELS) == "No scale value changed."
    fit = pd.DataFrame(
        {"measure": ["n", "r2_adjusted", "rmsea"], "before": [9.0, 0.44, 0.01],
         "after": [9.0, 0.389, 0.02], "difference": [0.0, -0.051, 0.01]}
    )  # fmt: skip
    text = answers.finding_fit(fit, causes=causes(result))
    assert "44.0% → 38.9%" in text and "only where the variables are the same" in text
    other = fit.assign(difference=[1.0, 0.0, 0.0])
    assert "cannot be compared" in answers.finding_fit(other, causes=causes(result))
    with language.use("nl"):
        assert "44,0% → 38,9%" in answers.finding_fit(fit, causes=causes(result))


def test_reports_without_a_result_in_common_are_not_said_to_agree(tmp_path: Path) -> None:
    other = {"direct_effects": EFFECTS.assign(name=["a", "b"])}
    result = sides(tmp_path, scale_values=VALUES.assign(variable="a"), **other)
    for text in (
        answers.finding_effects(effects(result), labels=LABELS),
        answers.finding_intervals(effects(result), labels=LABELS),
        answers.finding_scale_values(changes.scale_values(result), labels=LABELS),
    ):
        assert "in common" in text


def test_it_is_said_whether_the_children_are_synthetic(tmp_path: Path) -> None:
    drawn = pd.DataFrame({"children": [3], "drawn": [True]})
    report(tmp_path / "before", population=drawn)
    report(tmp_path / "after", population=drawn)
    assert changes.read(tmp_path).drawn is True
    drawn.assign(drawn=False).to_parquet(tmp_path / "after" / "tables" / "population.parquet")
    assert changes.read(tmp_path).drawn is None
