"""Effect coding: latent variables in the average unit and from the average origin of indicators.

Per latent variable and group the loadings have mean 1 and the intercepts sum to 0, in place of a
marker and of a mean fixed at 0 (Little, Slegers & Card, 2006, Struct. Equ. Modeling 13:59; lavaan
0.6-14, effect.coding).
"""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, NamedTuple

from oablib.base.errors import ModelError
from oablib.statistics.sem.text.restrictions import Restriction

if TYPE_CHECKING:
    from oablib.statistics.sem.text.spec import Cell


class Sum(NamedTuple):
    """Cells, by position, whose values add up to a total."""

    text: str
    positions: tuple[int, ...]
    total: float

    def restriction(self, cells: Sequence["Cell"]) -> Restriction:
        """The same of the parameters in these cells."""
        summed = [cells[position] for position in self.positions]
        terms = tuple((cell.free, 1.0) for cell in summed if cell.value is None)
        # A label that another cell fixes fixes all cells with it.
        fixed = sum(float(cell.value or 0) for cell in summed)
        return Restriction(self.text, True, terms, fixed - self.total)


def fail_if_intercepts_are_left_out(kinds: Collection[str], *, mean_structure: bool) -> None:
    """Raise ModelError for coded intercepts of a model without a mean structure."""
    if "intercepts" in kinds and not mean_structure:
        raise ModelError(
            "effect_coding of intercepts, but mean_structure=False leaves intercepts out; drop "
            "one of the two."
        )


def coded(
    cells: Sequence["Cell"], latent: Sequence[str], kinds: Collection[str]
) -> tuple[list["Cell"], list[Sum]]:
    """Cells with the means of latent variables freed where intercepts sum to 0, and the sums.

    As in lavaan, a latent variable with a fixed loading keeps its unit, and one with a fixed
    intercept among its indicators its origin.
    """
    result, sums = list(cells), []
    groups = range(1 + max(cell.group for cell in cells))
    for group, name in ((group, name) for group in groups for name in latent):
        here = [n for n, cell in enumerate(result) if cell.group == group]
        loadings = [n for n in here if result[n].op == "=~" and result[n].lhs == name]
        measured = {result[n].rhs for n in loadings}
        means = [n for n in here if result[n].op == "~1" and result[n].lhs in measured]
        where = f", group {group + 1}" if len(groups) > 1 else ""
        if "loadings" in kinds and _are_free(result, loadings):
            text = f"{name} =~ loadings: mean == 1{where}"
            sums.append(Sum(text, tuple(loadings), float(len(loadings))))
        if "intercepts" in kinds and _are_free(result, means):
            sums.append(Sum(f"{name} =~ intercepts: sum == 0{where}", tuple(means), 0.0))
            for n in here:
                if result[n].op == "~1" and result[n].lhs == name and not result[n].shown:
                    result[n] = result[n]._replace(value=None, shown=True)
    return result, sums


def _are_free(cells: Sequence["Cell"], positions: Sequence[int]) -> bool:
    return all(cells[position].value is None for position in positions)
