"""Figures: their description in words, the numbers behind them, and equal bytes."""

import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from oablib import params
from oablib.base import language
from oablib.protocol import models
from oablib.protocol.codebook import load
from oablib.report import base_model, changes, scale_values
from oablib.report import published as report
from oablib.report.drawing import (
    GREEN,
    GREY,
    INDIRECT,
    INK,
    OURS,
    PURPLE,
    canvas,
    exhibited,
    in_words,
    row_height,
    row_labels,
    styled,
)
from oablib.report.exhibit import About, Figure
from oablib.report.labels import Labels, labels

ABOUT = About("3 children & 1 school", "made up")
LABELS = labels(load().table("cohort"), [models.load("base")])
LARGEST = 150_000  # bytes of a drawing, so that a page with a dozen stays under 2 MB
NON_TEXT_CONTRAST = 3.0  # WCAG 2.1, 1.4.11


@pytest.fixture(scope="module")
def direct() -> pd.DataFrame:
    """Direct effects that repeat the published ones."""
    published = params.published("herijking2021")
    model = models.load("base")
    listed = published["direct_effects"]
    rows = pd.DataFrame({"lhs": "cito", "op": "~", "rhs": list(model.direct)})
    rows["est"] = [listed[name]["coef"] for name in rows["rhs"]]
    rows["se"] = [listed[name]["se"] for name in rows["rhs"]]
    rows["ci_lower"], rows["ci_upper"] = rows["est"] - 2 * rows["se"], rows["est"] + 2 * rows["se"]
    rows = rows.assign(p=0.0, fmi=0.1, std=rows["est"] / 10)
    return report.compare_direct(rows, model=model, figures=published)


def draw(direct: pd.DataFrame) -> Figure:
    return base_model.coefficients_figure(direct, outcome="cito", labels=LABELS, about=ABOUT)


def test_the_description_has_effects_with_their_intervals(direct: pd.DataFrame) -> None:
    alt = draw(direct).alt
    assert "Origin −0.78 (−1.00 to −0.56)" in alt
    assert alt.count(" (−") + alt.count(" (0.") + alt.count(" (1.") == len(direct)


def test_the_numbers_behind_hold_ours_published_and_current(direct: pd.DataFrame) -> None:
    numbers = draw(direct).numbers.set_index("predictor")
    then = "standardised, indicator then in use"
    names = ["effect", "published effect", "standardised, published", then]
    assert numbers.loc["Origin", names].tolist() == [-0.78, -0.78, -0.06, -0.07]


def test_without_published_figures_there_is_nothing_beside(direct: pd.DataFrame) -> None:
    bare = direct[["name", "value", "se", "ci_lower", "ci_upper"]]
    assert not any("published" in str(name) for name in draw(bare).numbers)


def test_results_that_differ_in_their_last_bits_give_equal_bytes(direct: pd.DataFrame) -> None:
    """Results of two processors differ in this way."""
    numbers = direct.select_dtypes("float")
    other = direct.assign(**{name: np.nextafter(numbers[name], np.inf) for name in numbers})
    assert not other.equals(direct)
    assert draw(other).payload() == draw(direct).payload()


def test_a_drawing_is_small_and_has_no_date_and_no_fonts_of_the_machine(
    direct: pd.DataFrame,
) -> None:
    svg = draw(direct).svg
    assert len(svg) < LARGEST
    assert "<dc:date>" not in svg and "<text" not in svg and "<script" not in svg


def test_caption_and_unit_are_under_the_drawing(direct: pd.DataFrame) -> None:
    html = draw(direct)._repr_html_()
    caption = "Direct effects on the Cito score with 95% intervals"
    assert f"<figcaption>{caption}</figcaption>" in html
    assert "3 children &amp; 1 school; source: made up." in html


@pytest.mark.parametrize("label", ["$\\frac{1", "a $ b $ c", "\N{RIGHT-TO-LEFT MARK}x", "<b>"])
def test_labels_that_look_like_code_are_drawn_as_text(label: str) -> None:
    column = load().table("cohort").column("education_mother")
    codes = [category.code for category in column.categories]
    categories = tuple(replace(category, label_en=label) for category in column.categories)
    names = Labels({"education_mother": replace(column, categories=categories)}, models={})
    frame = pd.DataFrame({"variable": "education_mother", "code": codes, "value": 1.0})
    frame = frame.assign(ci_lower=0.5, ci_upper=1.5)
    drawn = scale_values.ladder_figure(frame, labels=names, outcome="cito", about=ABOUT)
    assert "\N{RIGHT-TO-LEFT MARK}" not in drawn.alt


def test_the_description_of_a_path_diagram_has_every_path() -> None:
    rows = pd.DataFrame(
        {
            "lhs": ["cito", "cito", "nscct"],
            "rhs": ["nscct", "origin", "origin"],
            "est": [5.0, 1.0, -0.5],
        }
    ).assign(ci_lower=-1.0, ci_upper=9.0, std=0.1, differs=[True, False, True])
    named = {"outcome": "cito", "mediator": "nscct", "labels": LABELS}
    drawn = base_model.path_diagram_figure(rows, about=ABOUT, **named)
    for part in (
        "NSCCT score → Cito score 5.00", "origin → Cito score 1.00", "origin → NSCCT score −0.50",
    ):  # fmt: skip
        assert part in drawn.alt


def test_the_description_of_a_comparison_has_both_reports() -> None:
    frame = pd.DataFrame({"name": ["origin", "gone"], "before": [1.0, 2.0], "after": [2.0, np.nan]})
    for side in ("before", "after"):
        frame[f"ci_lower_{side}"], frame[f"ci_upper_{side}"] = frame[side] - 1, frame[side] + 1
    names = {"before": "demo", "after": "trial"}
    options = {"names": names, "outcome": "cito", "labels": Labels({}, {}), "about": ABOUT}
    drawn = changes.effects_figure(frame, **options)
    assert "demo: origin 1.00 (0.00 to 2.00); gone 2.00" in drawn.alt
    assert "trial: origin 2.00 (1.00 to 3.00)." in drawn.alt


def test_words_for_intervals() -> None:
    frame = pd.DataFrame({"value": [-1.0], "ci_lower": [-2.0], "ci_upper": [0.5]})
    assert in_words(frame, ["a"]) == "a −1.00 (−2.00 to 0.50)"


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.1 defines it."""
    parts = [int(pair, 16) / 255 for pair in re.findall("..", colour.lstrip("#"))]
    linear = [x / 12.92 if x <= 0.03928 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


@pytest.mark.parametrize("colour", [OURS, INDIRECT, INK, GREY, GREEN, PURPLE])
def test_marks_stand_out_from_white(colour: str) -> None:
    assert 1.05 / (luminance(colour) + 0.05) >= NON_TEXT_CONTRAST


def test_axes_have_the_decimal_mark_of_the_language() -> None:
    marks = {}
    for code in ("en", "nl"):
        with language.use(code):
            figure, axes = canvas(height=2)
            axes.plot([0.1, 0.3], [1, 2])
            exhibited(figure, "x", title="", unit="", about=ABOUT, alt="", numbers=pd.DataFrame())
            marks[code] = axes.get_xticklabels()[1].get_text()
    assert marks["en"].replace(".", ",") == marks["nl"] != marks["en"]


@pytest.mark.parametrize("lines", [[1, 1, 1], [2, 3, 1], [3, 3, 3], [1, 2, 2]])
@styled
def test_labels_of_several_lines_do_not_touch(lines: list[int]) -> None:
    line = "thirty or so letters in each line "
    names = [line * number for number in lines * 4]
    figure, axes = canvas(height=1.0 + row_height(names) * len(names))
    axes.plot(range(len(names)), range(len(names)))
    row_labels(axes, names)
    figure.draw_without_rendering()
    boxes = [label.get_window_extent() for label in axes.get_yticklabels()]
    assert len(boxes) == len(names)
    assert all(upper.y0 >= lower.y1 for upper, lower in pairwise(boxes))
