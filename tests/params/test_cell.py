"""The parameters of a notebook are read as code and shown as the run set them."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from oablib.base.errors import RenderError
from oablib.params import cell as parameter_cell

SOURCE = "run: str = 'demo'  # naam, één regel\nseed: int = 1  # seed\nwidth = 7\nbare: int"


def test_declared_names_are_those_with_a_value() -> None:
    cell = new_code_cell(SOURCE, metadata={"tags": ["parameters"]})
    assert parameter_cell.declared(new_notebook(cells=[cell])) == ["run", "seed", "width"]


def test_a_notebook_without_the_cell_declares_nothing() -> None:
    assert parameter_cell.declared(new_notebook(cells=[new_code_cell("seed = 1")])) == []


def test_values_replace_defaults_and_comments_stay() -> None:
    text = parameter_cell.merged(SOURCE, {"run": "é'x", "seed": 7, "other": 1})
    assert text.split("\n") == [
        'run: str = "é\'x"  # naam, één regel',
        "seed: int = 7  # seed",
        "width = 7",
        "bare: int",
    ]


def test_a_cell_that_is_no_python_is_refused() -> None:
    with pytest.raises(RenderError, match="line 2"):
        parameter_cell.merged("a = 1\nb = = 2", {})


def test_many_threads_may_parse_at_once() -> None:
    source = "\n".join(f"x{i} = [[{i}], {{'a': ({i}, lambda y: y + {i})}}]" for i in range(300))
    with ThreadPoolExecutor(8) as threads:
        trees = list(threads.map(parameter_cell.parsed, [source] * 64))
    assert len({len(tree.body) for tree in trees}) == 1
