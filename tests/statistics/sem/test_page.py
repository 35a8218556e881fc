"""docs/sem.md: its code runs and gives its numbers, its names exist, its template is no newer."""

import re
from typing import Any

import pytest
from lavaan_reference import data
from pooling_reference import frames

from oablib import pooling, sem
from oablib.base import errors
from tests.places import ROOT

PAGE = (ROOT / "docs" / "sem.md").read_text(encoding="utf-8")
TEMPLATE = (ROOT / "tests" / "measured" / "sem_page.md").read_text(encoding="utf-8")
OWNERS = {"sem": sem, "pooling": pooling}
# The page prints four decimals.
PRINTED_ATOL = 1.001e-4


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)


def models() -> dict[str, str]:
    named = (block.split("\n", 1) for block in blocks("text") if block.startswith("# "))
    return {first.removeprefix("# "): rest for first, rest in named}


@pytest.fixture(scope="module")
def variables() -> dict[str, Any]:
    """What the page's Python code leaves behind, run in the project's folder."""
    left: dict[str, Any] = {"frames": frames(), **models()}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        for block in blocks("python"):
            exec(block, left)
    return left


def rows(heading: str) -> list[list[str]]:
    """Cells of the table whose heading begins so."""
    table = PAGE[PAGE.index(heading) :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in table]


def test_page_holds_the_template_line_by_line():
    title, rest = TEMPLATE.split("\n", 1)
    parts = re.split(r"\{\{\w+\}\}", rest)
    page = PAGE.removeprefix(title)
    for part in parts:
        assert part in page, f"run `python3 nox.py -s sem_page`: {part!r}"
        page = page[page.index(part) + len(part) :]


def test_paths_of_the_page_are_those_of_the_fit(variables):
    for path, _, est, _, se, *_ in rows("| path | est, R | est, oablib | se, R | se, oablib | std"):
        row = variables["fit"].parameter(*path.split())
        found = {"est": float(est), "se": float(se)}
        assert found == pytest.approx({name: row[name] for name in found}, abs=PRINTED_ATOL)


def test_measures_of_the_page_are_those_of_the_fit(variables):
    for _, name, _, value in rows("| lavaan | oablib | value, R")[:-1]:
        assert float(value) == pytest.approx(getattr(variables["fit"], name), abs=PRINTED_ATOL)


def test_pooled_rows_of_the_page_are_those_of_the_pooled_fit(variables):
    pooled = variables["pooled"].parameters.set_index(["lhs", "op", "rhs"])
    found = rows("| path | est, R | est, oablib | se, R | se, oablib | df_rubin")
    assert len(found) == 5
    for path, _, est, _, se, *_ in found:
        row = pooled.loc[tuple(path.split())]
        assert [float(est), float(se)] == pytest.approx([row["est"], row["se"]], abs=PRINTED_ATOL)


def test_both_columns_of_the_page_agree():
    """Not to the last digit: there lavaan stops short of the optimum."""
    found = rows("| path | est, R | est, oablib | se, R | se, oablib | std")
    found += rows("| path | est, R | est, oablib | se, R | se, oablib |\n")
    for _, est_r, est, se_r, se, *_ in found:
        numbers = [float(text) for text in (est, se)]
        assert numbers == pytest.approx([float(est_r), float(se_r)], abs=PRINTED_ATOL)


@pytest.mark.parametrize("owner", OWNERS)
def test_functions_named_on_the_page_exist(owner):
    named = set(re.findall(rf"(?<![\w.]){owner}\.([a-z]\w*)", PAGE)) - {"md"}
    assert len(named) >= 7
    assert [name for name in named if not hasattr(OWNERS[owner], name)] == []


def test_fields_named_on_the_page_exist(variables):
    named = set(re.findall(r"`(?:print\()?fit\.([a-z]\w*)", PAGE))
    assert len(named) >= 12
    assert [name for name in named if not hasattr(variables["fit"], name)] == []


def test_errors_named_on_the_page_exist():
    named = set(re.findall(r"`(\w+Error)`", PAGE))
    assert named == {"EstimationError", "ModelError", "ComparisonError", "PoolingError"}
    assert all(hasattr(errors, name) for name in named)


def test_parameters_counted_on_the_page(variables):
    lavaans = {"likelihood": "conditional", "mean_structure": False}
    assert variables["fit"].n_parameters == 49
    assert sem.fit(models()["base"], data("base_model"), **lavaans).n_parameters == 12
