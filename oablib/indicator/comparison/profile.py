"""What the schools have in common that lose or gain most."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import ComparisonError
from oablib.indicator.comparison.schools import ALL, GAIN_MOST, LOSE_MOST, OTHERS, groups
from oablib.indicator.comparison.settings import Rules
from oablib.indicator.comparison.standardised import key_of
from oablib.protocol.codebook import Table

GROUPS = (LOSE_MOST, GAIN_MOST, OTHERS)
ORIGIN = "origin"
NOT_HERE = -1  # place of a child of no compared school, as pandas has it


def profile(
    children: pd.DataFrame,
    pairs: pd.DataFrame,
    *,
    table: Table,
    imputed: Sequence[int],
    rules: Rules,
) -> pd.DataFrame:
    """Shares of children with some characteristic, by group of schools.

    children: the key of pairs (Categorical), provenance (codes, of which `imputed` are those of
    imputed scores), origin, residence_mother, debt_restructuring, education_father and
    education_mother; table describes their codes, and what is none of these is unknown. Children
    of no compared school are left out. Returns measure; code (of an origin, else 0); group (lose
    most, gain most, others, all); value; n: children or schools that a share is of. Measures:
    schools, children (counts); imputed; imputed_over (share of schools in which more than
    imputed_over of the scores are); low_education (both parents), short_residence, in_debt and
    origin, each among children for whom it is known. The share of nobody is NaN.
    Raises ComparisonError when the key is not categorical.
    """
    place, of_school = _places(children[key_of(pairs)], groups(pairs, rules=rules))
    of_child = np.where(place >= 0, of_school[place], NOT_HERE)
    is_imputed = np.isin(children["provenance"].to_numpy(), np.array(imputed))
    everybody = np.ones(len(children), dtype=bool)
    schools, counts = _counted(of_school), _counted(of_child)
    rows = [
        *_rows("schools", schools, schools, counted=True),
        *_rows("children", counts, counts, counted=True),
        *_shares("imputed", of_child, has=is_imputed, known=everybody),
        *_imputed_over(place, of_school, is_imputed, rules=rules),
        *_characteristics(children, of_child, table=table, rules=rules),
        *_origins(children, of_child, table=table),
    ]
    return pd.DataFrame(rows, columns=["measure", "code", "group", "value", "n"])


def _places(key: pd.Series, of: pd.Series) -> tuple[NDArray, NDArray]:
    """Place of each child's school in the categories, and the group of each category."""
    if not isinstance(key.dtype, pd.CategoricalDtype):
        raise ComparisonError(
            f"Column {key.name} of the children is {key.dtype}; expected a Categorical over all "
            "schools, which makes counting them fast. Convert it once with astype."
        )
    group = of.map({name: place for place, name in enumerate(GROUPS)})
    of_school = group.reindex(key.cat.categories).fillna(NOT_HERE).to_numpy().astype(np.int64)
    return key.cat.codes.to_numpy().astype(np.int64), of_school


def _counted(group: NDArray) -> NDArray:
    """How many are in each of GROUPS; those in none are left out."""
    return np.bincount(group[group >= 0], minlength=len(GROUPS))


def _rows(
    measure: str, has: NDArray, known: NDArray, *, code: int = 0, counted: bool = False
) -> Iterator[tuple[str, int, str, float, int]]:
    """A measure in each group and in all; has, known: counts by group."""
    for name, part, n in zip([*GROUPS, ALL], [*has, has.sum()], [*known, known.sum()], strict=True):
        share = part / n if n else np.nan
        yield measure, code, name, float(part) if counted else share, int(n)


def _shares(
    measure: str, of_child: NDArray, *, has: NDArray, known: NDArray, code: int = 0
) -> Iterator[tuple[str, int, str, float, int]]:
    yield from _rows(measure, _counted(of_child[has & known]), _counted(of_child[known]), code=code)


def _imputed_over(
    place: NDArray, of_school: NDArray, is_imputed: NDArray, *, rules: Rules
) -> Iterator[tuple[str, int, str, float, int]]:
    """Schools with a large share of imputed scores, among those that have children."""
    here, n = place >= 0, len(of_school)
    size = np.bincount(place[here], minlength=n)
    imputed = np.bincount(place[here & is_imputed], minlength=n)
    over = imputed > rules.imputed_over * size
    yield from _rows("imputed_over", _counted(of_school[over]), _counted(of_school[size > 0]))


def _characteristics(
    children: pd.DataFrame, of_child: NDArray, *, table: Table, rules: Rules
) -> Iterator[tuple[str, int, str, float, int]]:
    asked = {
        "low_education": (("education_father", "education_mother"), rules.low_education),
        "short_residence": (("residence_mother",), rules.short_residence),
        "in_debt": (("debt_restructuring",), rules.in_debt),
    }
    for measure, (names, codes) in asked.items():
        values = [children[name].to_numpy() for name in names]
        has = np.logical_and.reduce([np.isin(each, codes) for each in values])
        pairs = zip(names, values, strict=True)
        known = np.logical_and.reduce([_is_known(each, table, name) for name, each in pairs])
        yield from _shares(measure, of_child, has=has, known=known)


def _origins(
    children: pd.DataFrame, of_child: NDArray, *, table: Table
) -> Iterator[tuple[str, int, str, float, int]]:
    values = children[ORIGIN].to_numpy()
    known = _is_known(values, table, ORIGIN)
    of_known, values = of_child[known], values[known]
    everybody = np.ones(len(values), dtype=bool)
    for category in table.column(ORIGIN).categories:
        has = values == category.code
        yield from _shares(ORIGIN, of_known, has=has, known=everybody, code=category.code)


def _is_known(values: NDArray, table: Table, name: str) -> NDArray:
    return np.isin(values, [each.code for each in table.column(name).categories])
