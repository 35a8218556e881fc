"""What a notebook declares, and what somebody has given: read from the cells that were executed."""

import pytest

from oablib.base.errors import ParameterError
from oablib.params.cell import in_namespace as declared

CELL = """run: str | None = None  # name of the run
imputations: int | None = None  # completed data sets
seed: int | None = None  # master seed"""


def executed(*cells: str) -> dict[str, object]:
    """Globals of a kernel after these cells, as IPython leaves them."""
    namespace: dict[str, object] = {"In": [""]}
    for cell in cells:
        if not cell.startswith("%"):
            exec(cell, namespace)
        namespace["In"] = [*namespace["In"], cell]
    return namespace


def test_nothing_is_given_where_nobody_gave_anything() -> None:
    result = declared(executed("import os", CELL))
    assert result.names == ("run", "imputations", "seed") and result.given == {}


def test_an_edited_cell_gives() -> None:
    edited = CELL.replace("imputations: int | None = None", "imputations: int | None = 20")
    assert declared(executed(edited)).given == {"imputations": 20}
    assert declared(executed(f"{CELL}\nseed = 7")).given == {"seed": 7}


def test_papermill_gives_and_an_empty_text_is_a_value() -> None:
    result = declared(executed(CELL, '# Parameters\nseed = 7\nrun = ""\n'))
    assert result.given == {"seed": 7, "run": ""}


@pytest.mark.parametrize(
    ("cells", "near"),
    [
        ([CELL, "# Parameters\nimputaions = 20\n"], "did you mean 'imputations'"),
        ([f"{CELL}\nsede = 7"], "did you mean 'seed'"),
        ([f"{CELL}\nsede: int = 7"], "did you mean 'seed'"),
        ([CELL, "# Parameters\ndraws = 7\n"], "that this notebook does not use"),
        ([CELL, "# Parameters\nspilts = 7\n"], "did you mean 'splits'"),
    ],
)
def test_a_name_that_is_not_declared_is_refused_with_the_nearest(
    cells: list[str], near: str
) -> None:
    with pytest.raises(ParameterError, match=near):
        declared(executed(*cells))


def test_cells_of_somebody_who_tries_things_are_left_alone() -> None:
    tried = ("%timeit 1", "trial = 5", "width: int = 3", "def (")
    namespace = executed(CELL, *tried[:3])
    namespace["In"] = [*namespace["In"], tried[3]]
    assert declared(namespace).given == {}


def test_the_parameters_cell_that_was_executed_last_counts() -> None:
    edited = CELL.replace("seed: int | None = None", "seed: int | None = 3")
    assert declared(executed(edited, CELL)).given == {}


def test_a_value_of_another_kind_is_refused() -> None:
    with pytest.raises(ParameterError, match="seed: expected a text or a number"):
        declared(executed(f"{CELL}\nseed = [1]"))
