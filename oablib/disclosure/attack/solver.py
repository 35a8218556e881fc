"""One linear or integer programme in HiGHS, asked many questions without being built again."""

import highspy
import numpy as np
from numpy.typing import NDArray

from oablib.base.errors import DisclosureError
from oablib.disclosure.attack.links import Linear
from oablib.disclosure.attack.places import EXACT

NODES = 10_000
"""Of a search for whole numbers. A search that ends without an answer counts as impossible, so that
what is not known to be safe is reported."""


class _Quiet(highspy.Highs):
    """HiGHS without callbacks, as turning them on prints its name into the report that is made."""

    def enableCallbacks(self) -> None:  # noqa: N802 - HiGHS's own name
        self.silent()


class Solver:
    """Extremes of columns of a programme; whole numbers are asked for with `possible` only."""

    def __init__(self, linear: Linear) -> None:
        self._linear = linear
        self._model = _model(linear, whole=False)
        self._whole: highspy.Highs | None = None
        self._asked = np.array([], np.int32)
        self.solved = 0

    def extreme(self, column: int, *, largest: bool) -> tuple[float, NDArray[np.float64]]:
        """Smallest or largest value of a column, and the values of all where it is reached."""
        self._ask(np.array([column], np.int32), np.array([1.0 if largest else -1.0]))
        values = np.array(self._model.getSolution().col_value)
        return float(values[column]), values

    def support(self, columns: NDArray[np.int32], weights: NDArray[np.float64]) -> float:
        """Largest weighted sum of columns."""
        self._ask(columns, weights)
        return -float(self._model.getInfo().objective_function_value)

    def spread(self, column: int, *, fixed: int, at: float) -> tuple[float, float]:
        """Smallest and largest value of a column while another has a value."""
        bounds = self._linear.low[fixed], self._linear.high[fixed]
        self._model.changeColBounds(fixed, at, at)
        ends = [self.extreme(column, largest=largest)[0] for largest in (False, True)]
        self._model.changeColBounds(fixed, *bounds)
        return ends[0], ends[1]

    def possible(self, column: int, low: float, high: float) -> list[int]:
        """Whole values from low to high that a column can have while all whole ones are whole."""
        if self._whole is None:
            self._whole = _model(self._linear, whole=True)
        return [
            value
            for value in range(int(np.ceil(low - EXACT)), int(np.floor(high + EXACT)) + 1)
            if self._is_possible(self._whole, column, value)
        ]

    def _ask(self, columns: NDArray[np.int32], weights: NDArray[np.float64]) -> None:
        """Solve for the largest weighted sum of columns."""
        before = self._asked
        self._model.changeColsCost(len(before), before, np.zeros(len(before)))
        self._model.changeColsCost(len(columns), columns, -weights)
        self._asked = columns
        self._solve(self._model)

    def _is_possible(self, model: highspy.Highs, column: int, value: int) -> bool:
        model.changeColBounds(column, value, value)
        model.run()
        self.solved += 1
        status = model.getModelStatus()  # changed bounds make it unknown
        model.changeColBounds(column, self._linear.low[column], self._linear.high[column])
        return status == highspy.HighsModelStatus.kOptimal

    def _solve(self, model: highspy.Highs) -> None:
        model.run()
        self.solved += 1
        if model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            # From another start: bounds a millionth apart can stall a search that was well begun.
            model.clearSolver()
            model.setOptionValue("presolve", "on")
            model.run()
            model.setOptionValue("presolve", "off")
        status = model.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            raise DisclosureError(
                f"A programme of {len(self._linear.rows):,} equations over released numbers ended "
                f"with {model.modelStatusToString(status)}; expected a solution, as what is "
                "released is true. Give the constants that the rows were computed with."
            )


def _model(linear: Linear, *, whole: bool) -> highspy.Highs:
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(linear.low), len(linear.rows)
    lp.col_cost_ = np.zeros(lp.num_col_)
    lp.col_lower_, lp.col_upper_ = np.array(linear.low, float), np.array(linear.high, float)
    lp.row_lower_ = np.array([row[0] for row in linear.rows], float)
    lp.row_upper_ = np.array([row[1] for row in linear.rows], float)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.cumsum([0] + [len(row[2]) for row in linear.rows])
    lp.a_matrix_.index_ = np.array([i for row in linear.rows for i in row[2]], np.int32)
    lp.a_matrix_.value_ = np.array([v for row in linear.rows for v in row[2].values()], float)
    if whole:
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[each] for each in linear.whole]
    model = _Quiet()
    model.setOptionValue("threads", 1)
    if whole:
        model.setOptionValue("mip_max_nodes", NODES)
    else:
        # Each question starts from the answer to the one before, which presolve would throw away.
        model.setOptionValue("presolve", "off")
    model.passModel(lp)
    return model
