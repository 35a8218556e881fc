"""fit.summary() against what lavaan prints, and the HTML that notebooks show."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from typing import NamedTuple

import pytest
from lavaan_reference import data, stored

from oablib import sem
from oablib.render import checks

# Three decimals are printed: two programs that differ by 1e-9 may round the last one differently.
PRINTED_ATOL = 1.001e-3
PRINTED = {name: case for name, case in stored("summary").items() if name != "made_with"}
OPTIONS = {
    "base_cluster": {"cluster": "school_id"},
    "base_conditional": {"likelihood": "conditional", "errors": "expected"},
    "mediation_observed": {"errors": "observed"},
    "saturated": {},
    "factors_in_groups": {"group": "school", "equal": ("loadings", "intercepts")},
}
BLOCKS = (
    "Latent Variables", "Regressions", "Covariances", "Intercepts", "Variances",
    "Defined Parameters",
)  # fmt: skip
MEASURE_TITLES = (
    "Model Test User Model", "Model Test Baseline Model", "User Model versus Baseline Model",
    "Loglikelihood and Information Criteria", "Root Mean Square Error of Approximation",
    "Standardized Root Mean Square Residual",
)  # fmt: skip
# The correction factors of log-likelihoods, and chi2 of each group.
LEFT_OUT = {
    ("Loglikelihood and Information Criteria", "Scaling correction factor"),
    *(("Model Test User Model", group) for group in ("Grant-White", "Pasteur")),
}
LATENT_MEAN = ("Intercepts", [0.0, 0.0, 0.0])
# "Group 1 [north]:" or a title such as "Regressions:" with nothing behind it.
TITLE = re.compile(r"(Group \d+ \[.*\]|[A-Z][A-Za-z0-9 -]+):")
NUMBERS = re.compile(r" *(.*?)(?: +\((\S+)\))?((?: +(?:-?\d+\.\d{3}|\d+|NA))+)")


class Line(NamedTuple):
    """One line with numbers: group, title, left side of the equation, name, label, numbers."""

    group: str
    title: str
    lead: str
    name: str
    label: str
    numbers: list[float]


def fitted(name: str, **options) -> sem.SemFit:
    table = data("holzinger_swineford" if name == "factors_in_groups" else "base_model")
    return sem.fit(PRINTED[name]["model"], table, **OPTIONS[name], **options)


def parsed(lines: list[str]) -> Iterator[Line]:
    group = title = lead = ""
    for line in map(str.rstrip, lines):
        if found := TITLE.fullmatch(line):
            is_group = found[1].startswith("Group")
            # lavaan numbers groups in the order of the data, oablib by the alphabet.
            group = found[1].partition("[")[2] if is_group else group
            title, lead = found[1], ""
        elif line.endswith(("=~", " ~", "~~")):
            lead = line.strip()
        elif found := NUMBERS.fullmatch(line):
            name, label, numbers = found.groups(default="")
            values = [float(text.replace("NA", "nan")) for text in numbers.split()]
            yield Line(group, title, lead, name, label, values)


def ours(name: str) -> list[Line]:
    return sorted(parsed(fitted(name).summary().splitlines()), key=lambda line: line.group)


def lavaan(name: str) -> list[Line]:
    return sorted(parsed(PRINTED[name]["lines"]), key=lambda line: line.group)


def parameters(lines: list[Line]) -> list[Line]:
    """Without the means of 0 of latent variables, which the text does not fix: lavaan does."""
    return [x for x in lines if x.title in BLOCKS and (x.title, x.numbers) != LATENT_MEAN]


def is_short_for(short: str, name: str) -> bool:
    """lavaan leaves letters out of long names."""
    letters = iter(name)
    return all(letter in letters for letter in short)


def close(numbers: list[float]) -> object:
    return pytest.approx(numbers, abs=PRINTED_ATOL, rel=0, nan_ok=True)


@pytest.mark.parametrize("name", PRINTED)
def test_parameters_are_printed_as_by_lavaan_line_by_line(name):
    for found, expected in zip(parameters(ours(name)), parameters(lavaan(name)), strict=True):
        assert found[:3] == expected[:3]
        assert is_short_for(expected.name, found.name), (found, expected)
        *numbers, _std_lv, std_all = expected.numbers
        assert found.numbers == close([*numbers, std_all]), expected


@pytest.mark.parametrize("name", PRINTED)
def test_labels_are_printed_where_lavaan_has_them(name):
    pairs = zip(parameters(ours(name)), parameters(lavaan(name)), strict=True)
    for found, expected in pairs:
        made_up = "." in expected.label
        assert found.label == ("equal" if made_up else expected.label)


def measured(lines: list[Line]) -> list[Line]:
    kept = [line for line in lines if line.title in MEASURE_TITLES]
    return [line for line in kept if (line.title, line.name) not in LEFT_OUT]


@pytest.mark.parametrize("name", PRINTED)
def test_fit_is_printed_as_by_lavaan_line_by_line(name):
    """Columns Standard and Scaled, and robust lines, where lavaan has them."""
    for found, expected in zip(measured(ours(name)), measured(lavaan(name)), strict=True):
        assert (found.title, found.name, found.label) == expected[1:2] + expected[3:5]
        assert found.numbers == close(expected.numbers), expected


@pytest.mark.parametrize("name", PRINTED)
def test_header_and_r_square_are_printed_as_by_lavaan(name):
    printed = {(line[:2], line[3:5]): line.numbers for line in reversed(lavaan(name))}
    found = [line for line in ours(name) if line.title not in (*BLOCKS, *MEASURE_TITLES)]
    for line in found:
        name_there = line.name.replace("of clusters", "of clusters [school_id]")
        assert line.numbers[0] == close(printed[line[:2], (name_there, line.label)][0]), line
    assert "Number of model parameters" in {line.name for line in found}


def test_r_square_has_the_adjusted_one_beside_it():
    fit = fitted("base_cluster")
    found = {line.name: line.numbers for line in ours("base_cluster") if line.title == "R-Square"}
    assert found == {name: close([r2, fit.r2_adjusted[name]]) for name, r2 in fit.r2.items()}


def test_flags_stand_at_the_end():
    few = data("base_model").assign(school=lambda frame: frame["school_id"] % 20)
    fit = sem.fit(PRINTED["base_cluster"]["model"], few, cluster="school")
    assert fit.summary().endswith(f"\nNote:\n\n  {fit.flags[0]}\n")
    assert "Note:" not in fitted("base_cluster").summary()


def test_long_names_keep_columns_in_line():
    lines = fitted("base_cluster").summary().splitlines()
    table = lines[lines.index("Regressions:") + 1 : lines.index("Covariances:") - 1]
    rows = [line for line in table if not line.endswith("~")]
    assert len({len(line) for line in rows}) == 1


class Page(HTMLParser):
    """Tags, and the text of cells; fails on what is left open."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.scopes: list[str] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.scopes += [value for name, value in attrs if name == "scope"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        self.texts.append(text)


@pytest.mark.parametrize("name", PRINTED)
def test_html_is_whole_and_loads_nothing(name):
    html = fitted(name)._repr_html_()
    checks.fail_if_unsafe(html, stem="summary")
    page = Page(html)
    assert page.scopes.count("row") == len(fitted(name).parameters)
    assert page.scopes.count("col") == 7
    assert "<caption>" in html
    robust = name in ("base_cluster", "factors_in_groups")
    assert html.count("(robust ") == 3 * robust


def test_html_escapes_what_comes_from_the_data():
    table = data("base_model")
    north = table["wave"].map({1: "<script>alert(1)</script>", 2: "a & b"})
    text = PRINTED["mediation_observed"]["model"].replace("a*", "").replace("a*b", "b")
    fit = sem.fit(text.split("indirect")[0], table.assign(north=north), group="north")
    html = replace(fit, flags=("<b>flag</b>",))._repr_html_()
    assert "<script" not in html
    assert "<b>" not in html
    texts = Page(html).texts
    assert "<b>flag</b>" in texts
    assert "Regressions (group 1 [<script>alert(1)</script>])" in texts
    assert "Regressions (group 2 [a & b])" in texts
    assert "P(>|z|)" in texts
