"""What the schools or municipalities have in common that lose or gain most."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import ComparisonError
from oablib.indicator import allocation, pupil_scores
from oablib.indicator.comparison.causes import Between, Level
from oablib.indicator.comparison.schools import ALL, GAIN_MOST, LOSE_MOST, OTHERS, groups
from oablib.indicator.comparison.settings import Rules
from oablib.indicator.comparison.standardised import key_of
from oablib.protocol.codebook import Table

GROUPS = (LOSE_MOST, GAIN_MOST, OTHERS)
ORIGIN = "origin"
COUNTED = ("places", "children")
"""Measures that are counts."""
NOT_HERE = -1  # row of a child of no compared place, as pandas has it
Rows: TypeAlias = Iterator[tuple[str, int, str, float, int]]


def profiles(
    between: Between, pairs: Mapping[Level, pd.DataFrame], *, table: Table, rules: Rules
) -> dict[Level, pd.DataFrame]:
    """Of each level, what the places have in common that change most; as `profile`.

    between: both indicators for the same children. pairs: level -> as from standardised.
    """
    there, law = between.children(after=True), between.how.allocation
    provenance = between.at(after=True).provenance
    children = there.frame(provenance=provenance, **there.codes)
    children["municipality"] = allocation.counted_in(children, there.sites, rules=law)
    return {
        level: profile(
            children.assign(joined=between.joined(level)),
            of_level,
            table=table,
            imputed=[pupil_scores.Provenance.MATCHED],
            rules=rules,
        )
        for level, of_level in pairs.items()
    }


def profile(
    children: pd.DataFrame,
    pairs: pd.DataFrame,
    *,
    table: Table,
    imputed: Sequence[int],
    rules: Rules,
) -> pd.DataFrame:
    """Shares of children with some characteristic, by group of places.

    children: the key of pairs (Categorical), provenance (codes, of which `imputed` are those of
    imputed scores), joined (bool: in the target group by the new indicator alone), origin,
    residence_mother, debt_restructuring, education_father and education_mother; table describes
    their codes, and what is none of these is unknown. Children of no compared place are left out.
    Returns measure; code (of an origin, else 0); group (lose most, gain most, others, all); value;
    n: children or places that a share is of. Measures: places, children (counts); imputed;
    imputed_over (share of places in which more than imputed_over of the scores are);
    low_education (both parents), short_residence, in_debt and origin, each among children for whom
    it is known; joined; and of those who joined, joined_imputed, and among those of them whose
    score is not imputed, joined_low_education (one parent or both). The share of nobody is NaN.
    Raises ComparisonError when the key is not categorical.
    """
    row, of_place = _groups(children[key_of(pairs)], groups(pairs, rules=rules))
    of_child = np.where(row >= 0, of_place[row], NOT_HERE)
    is_imputed = np.isin(children["provenance"].to_numpy(), np.array(imputed))
    rows = [
        *_rows("places", of_place, counted=True),
        *_rows("children", of_child, counted=True),
        *_rows("imputed", of_child, has=is_imputed),
        *_imputed_over(row, of_place, is_imputed, rules=rules),
        *_characteristics(children, of_child, table=table, rules=rules),
        *_joined(children, of_child, is_imputed, table=table, rules=rules),
        *_origins(children, of_child, table=table),
    ]
    return pd.DataFrame(rows, columns=["measure", "code", "group", "value", "n"])


def over_representation(frame: pd.DataFrame) -> pd.DataFrame:
    """Shares of both groups that change most, by those of all places.

    frame: as from `profile`. Columns: measure, code, group, share, of_all, ratio (NaN where a share
    is unknown or that of all is 0); counts are left out.
    """
    shares = frame[~frame["measure"].isin(COUNTED)]
    key = ["measure", "code"]
    of_all = shares[shares["group"] == ALL].set_index(key)["value"].rename("of_all")
    part = shares[shares["group"].isin((LOSE_MOST, GAIN_MOST))].join(of_all, on=key)
    ratio = part["value"] / part["of_all"].where(part["of_all"] > 0)
    part = part.rename(columns={"value": "share"}).assign(ratio=ratio)
    return part[[*key, "group", "share", "of_all", "ratio"]].reset_index(drop=True)


def _groups(key: pd.Series, groups: pd.Series) -> tuple[NDArray, NDArray]:
    """Row of each child's place in the categories, and the group of each category."""
    if not isinstance(key.dtype, pd.CategoricalDtype):
        raise ComparisonError(
            f"Column {key.name} of the children is {key.dtype}; expected a Categorical over all "
            "places, which makes counting them fast. Convert it once with astype."
        )
    group = groups.map({name: number for number, name in enumerate(GROUPS)})
    of_place = group.reindex(key.cat.categories).fillna(NOT_HERE).to_numpy().astype(np.int64)
    return key.cat.codes.to_numpy().astype(np.int64), of_place


def _rows(
    measure: str,
    group: NDArray,
    *,
    has: NDArray | None = None,
    known: NDArray | None = None,
    code: int = 0,
    counted: bool = False,
) -> Rows:
    """A measure in each of GROUPS and in all: the share that `has` it of those it is `known` of.

    group, has, known: (n,), of children or places; those in no group are left out, None is True
    for all. counted: give the number in place of the share.
    """
    inside = group >= 0
    known = inside if known is None else inside & known
    has = known if has is None else known & has
    parts, numbers = (np.bincount(group[rows], minlength=len(GROUPS)) for rows in (has, known))
    for name, part, n in zip(
        [*GROUPS, ALL], [*parts, parts.sum()], [*numbers, numbers.sum()], strict=True
    ):
        share = part / n if n else np.nan
        yield measure, code, name, float(part) if counted else share, int(n)


def _imputed_over(row: NDArray, of_place: NDArray, is_imputed: NDArray, *, rules: Rules) -> Rows:
    """Places with a large share of imputed scores, among those that have children."""
    here, n = row >= 0, len(of_place)
    size = np.bincount(row[here], minlength=n)
    imputed = np.bincount(row[here & is_imputed], minlength=n)
    over = imputed > rules.imputed_over * size
    yield from _rows("imputed_over", of_place, has=over, known=size > 0)


def _characteristics(
    children: pd.DataFrame, of_child: NDArray, *, table: Table, rules: Rules
) -> Rows:
    measures = {
        "low_education": (("education_father", "education_mother"), rules.low_education),
        "short_residence": (("residence_mother",), rules.short_residence),
        "in_debt": (("debt_restructuring",), rules.in_debt),
    }
    for measure, (names, codes) in measures.items():
        has = np.logical_and.reduce([np.isin(children[name], codes) for name in names])
        known = np.logical_and.reduce([_is_known(children, name, table=table) for name in names])
        yield from _rows(measure, of_child, has=has, known=known)


def _joined(
    children: pd.DataFrame, of_child: NDArray, is_imputed: NDArray, *, table: Table, rules: Rules
) -> Rows:
    """Who is in the target group by the new indicator alone."""
    joined = children["joined"].to_numpy(dtype=bool)
    parents = ("education_father", "education_mother")
    low = np.logical_or.reduce([np.isin(children[name], rules.low_education) for name in parents])
    known = np.logical_and.reduce([_is_known(children, name, table=table) for name in parents])
    yield from _rows("joined", of_child, has=joined)
    yield from _rows("joined_imputed", of_child, has=is_imputed, known=joined)
    computed = joined & ~is_imputed & (known | low)
    yield from _rows("joined_low_education", of_child, has=low, known=computed)


def _origins(children: pd.DataFrame, of_child: NDArray, *, table: Table) -> Rows:
    values = children[ORIGIN].to_numpy()
    known = _is_known(children, ORIGIN, table=table)
    for code in table.column(ORIGIN).codes:
        yield from _rows(ORIGIN, of_child, has=values == code, known=known, code=code)


def _is_known(children: pd.DataFrame, name: str, *, table: Table) -> NDArray:
    return np.isin(children[name].to_numpy(), table.column(name).codes)
