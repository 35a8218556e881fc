"""Results show their numbers in a notebook, nothing that acts, and no person."""

import dataclasses
import inspect
import pickle
import sys
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import pandas as pd
import pytest

from oablib import (
    allocation,
    comparison,
    diagnostics,
    imputation,
    intake,
    pooling,
    prediction,
    pupil_scores,
    selection,
    sem,
    synthetic,
    weighting,
)
from oablib.analysis import effects, representativeness
from oablib.base import shown
from oablib.disclosure import of_places
from oablib.indicator import certainty, distribution
from oablib.notebook import start
from oablib.protocol import codebook, indicators, literature, models
from oablib.report import planted
from oablib.statistics.pooling import PooledTest
from oablib.statistics.two_step import analysis, model_grid, resampling
from oablib.statistics.two_step.scale_values import ScaleValues
from oablib.studies import conclusions

STAGES = (
    allocation, analysis, certainty, comparison, conclusions, diagnostics, distribution, effects,
    imputation, indicators, intake, literature, of_places, planted, pooling, prediction,
    pupil_scores, representativeness, resampling, model_grid, selection, sem, start,
)  # fmt: skip
HOSTILE = "<script>alert(1)</script>\N{RIGHT-TO-LEFT OVERRIDE}\"'&"
SECRET = "school-00417"
# Tables of estimates, counts and codes; any other table of a result has to be private.
AGGREGATES = {
    "Analysis": {"parameters", "values"},
    "Backward": {"trail"},
    "CategoryTests": {"effects"},
    "Clusters": {"errors"},
    "Crowds": {"table"},
    "Density": {"table"},
    "Draws": {"effects"},
    "Forward": {"trail"},
    "Grades": {"effects"},
    "Imputed": {"trace"},
    "Intake": {"steps"},
    "Parents": {"rows"},
    "OverImputed": {"coverage", "calibration"},
    "Published": {"sites", "municipalities", "before"},
    "WeightedEffects": {"effects"},
    "Prediction": {"splits", "summary", "calibration", "waves"},
    "Recovered": {"table"},
    "Released": {"sites", "municipalities"},
    "Relative": {"summary", "largest"},
    "Response": {"table"},
    "ScaleValues": {"table"},
    "SideBySide": {"rows"},
    "Split": {"rows", "groups"},
    "Stability": {"variants", "candidates", "models"},
    "Swings": {"children"},
    "Trained": {"values"},
    "Waves": {"effects", "tests"},
    "Weighted": {"response"},
}


def classes() -> list[type]:
    """All that show themselves."""
    loaded = [module for name, module in sys.modules.items() if name.startswith("oablib.")]
    named = {each for module in loaded for each in vars(module).values() if isinstance(each, type)}
    found = [each for each in named if method(each, "_repr_html_") == shown.__name__]
    return sorted(found, key=lambda each: f"{each.__module__}.{each.__name__}")


def method(kind: type, name: str) -> str:
    """Module that a method of the class itself comes from."""
    return getattr(vars(kind).get(name), "__module__", "")


def private(kind: type) -> frozenset[str]:
    """Fields that the class declares private."""
    return inspect.getclosurevars(kind._repr_html_).nonlocals["hidden"]


def made(kind: type, value: Any, names: frozenset[str] | None = None) -> Any:
    """A result whose fields, or those named, all hold `value`; the others are None."""
    result = object.__new__(kind)
    for name in (field.name for field in dataclasses.fields(kind)):
        object.__setattr__(result, name, value if names is None or name in names else None)
    return result


def filled_with(text: str) -> list[Any]:
    """A text in every form in which a field may hold it."""
    frame = pd.DataFrame({text: [text], "n": [1]}, index=[text])
    forms = [text, (text,), {text: text}, frame, frame[text], np.array([text]), [frame], {1: frame}]
    return [*forms, {text: [text]}, np.array([[text]], dtype=object), Path(text)]


def is_table(value: Any) -> bool:
    return isinstance(value, pd.DataFrame)


@pytest.fixture(params=classes(), ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def kind(request: pytest.FixtureRequest) -> type:
    return request.param


def test_the_results_of_all_stages_show_themselves() -> None:
    modules = {kind.__module__.removeprefix("oablib.") for kind in classes()}
    two_step = {name for name in modules if name.startswith("statistics.two_step.")}
    packages = {".".join(name.split(".")[:2]) for name in modules - two_step}
    assert packages == {
        "analysis.diagnostics", "analysis.effects", "analysis.prediction",
        "analysis.representativeness", "analysis.selection",
        "disclosure.attack", "disclosure.of_places", "disclosure.settings",
        "indicator.allocation", "indicator.certainty", "indicator.comparison",
        "indicator.distribution", "indicator.pupil_scores",
        "intake.decode", "intake.formats", "intake.reading", "notebook.start",
        "protocol.codebook", "protocol.indicators", "protocol.literature", "protocol.models",
        "protocol.roles", "report.planted",
        "statistics.imputation", "statistics.pooling", "statistics.sem", "statistics.weighting",
        "studies.conclusions",
    }  # fmt: skip
    names = {name.removeprefix("statistics.two_step.") for name in two_step}
    assert names == {
        "analysis", "categories.settings", "categories.tests", "from_sums", "jackknife.settings",
        "model_grid", "resampling", "scale_values", "side_by_side",
        "sums",
    }  # fmt: skip


def test_labels_are_inert(kind: type) -> None:
    for value in filled_with(HOSTILE):
        html = made(kind, value)._repr_html_()
        assert "<script" not in html
        assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in html


def test_private_fields_show_no_content(kind: type) -> None:
    frame = pd.DataFrame({"child": [SECRET]}, index=[SECRET])
    for value in (frame, *(each for each in filled_with(SECRET) if not is_table(each))):
        result = made(kind, value, private(kind))
        assert SECRET not in result._repr_html_()
        assert SECRET not in repr(result)


def test_every_table_is_private_or_known_to_hold_aggregates(kind: type) -> None:
    tables = {name for name, hint in get_type_hints(kind).items() if hint is pd.DataFrame}
    assert tables - private(kind) == AGGREGATES.get(kind.__name__, set())


def test_a_class_with_tables_or_secrets_has_our_text_as_well(kind: type) -> None:
    if private(kind) or kind.__name__ in AGGREGATES:
        assert method(kind, "__repr__") == shown.__name__


def test_private_fields_are_fields(kind: type) -> None:
    assert {field.name for field in dataclasses.fields(kind)} >= private(kind)


def test_equality_and_pickling_stay_those_of_the_dataclass() -> None:
    first, same = (PooledTest("D1", 2.5, 3, 40.0, 0.07, 0.2, 0.17, ()) for _ in range(2))
    assert first == same and hash(first) == hash(same)
    assert pickle.loads(pickle.dumps(first)) == first


def test_a_table_shows_its_first_ten_rows_and_counts_the_others() -> None:
    table = pd.DataFrame({"category": [f"level_{i}" for i in range(322)], "value": 1 / 3})
    html = ScaleValues(table, 12000, 180, np.zeros((180, 49)), np.eye(49))._repr_html_()
    assert "level_9" in html and "level_10" not in html
    assert "… 312 more rows" in html
    assert '<th scope="col">category</th>' in html
    assert "<td>0.333333</td>" in html


def test_a_result_says_what_it_is_with_scalars_as_a_list() -> None:
    found = PooledTest("D1", 2.5, 3, float("inf"), 0.07, 0.2, 0.17, ("Few imputations.",))
    html = found._repr_html_()
    assert "<strong>PooledTest</strong> One pooled test." in html
    assert "<li>statistic: 2.5</li>" in html
    assert "<li>df2: inf</li>" in html
    assert "<li>flags: Few imputations.</li>" in html


def test_long_lists_and_texts_are_cut() -> None:
    html = made(weighting.Rule, tuple(range(25)))._repr_html_()
    assert "9; … 15 more" in html
    assert "x…" in made(weighting.Rule, "x" * 2000)._repr_html_()
    assert len(made(weighting.Rule, "x" * 2000)._repr_html_()) < 4000


def test_real_results_show_no_child(tmp_path: Path) -> None:
    """A cohort is read, imputed and analysed; ids of schools stand in none of it."""
    book, model = codebook.load(), models.load("base")
    received = intake.read(synthetic.deliver(tmp_path, n=1200, seed=4), codebook=book)
    table = book.table("cohort")
    imputed = imputation.impute(
        received.frame, model=model, table=table, rule=imputation.rule(), m=2, iterations=1, seed=1
    )
    completed = imputation.all_completed(received.frame, cells=imputed.cells)
    found = analysis.analyse(completed, model=model, table=table)
    results = [received, received.delivery, imputed, found, found.pooled, found.steps[0],
               found.values, found.steps[0].values, table, book, model]  # fmt: skip
    shown_texts = "".join(each._repr_html_() + repr(each) for each in results)
    ids = received.frame.select_dtypes(["object", "string"]).stack().unique()
    assert len(ids) > 20
    assert [school for school in ids if school in shown_texts] == []
    assert "<li>steps: 2 TwoStep</li>" in shown_texts
    assert "rows of child, variable, imputation, value, engine" in shown_texts
