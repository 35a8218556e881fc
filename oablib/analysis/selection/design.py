"""Completed data sets as all variants read them: the same children, columns and scale values.

Criteria say something about two models only when both are likelihoods of the same numbers. So
all variants share the columns of a reference model's scale values: a variable that a variant
leaves out is in its data all the same, with no path.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import EstimationError, ModelError
from oablib.base.shown import showable
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics.two_step import from_sums, sums
from oablib.statistics.two_step.sums import Products

SMALLEST_SPREAD = 1e-9  # standard deviation of a column that is taken to be constant
LEAST_INDEPENDENT = 1e-9  # smallest eigenvalue of a correlation matrix; dependence leaves 1e-15

MERGED = ("dummies", "school_means", "products", "splines")
"""Fields of a model that say what a name means."""

OTHER_ROLE, OTHER_SCALE, ABSENT = "other_role", "other_scale", "absent_columns"
OTHER_CHILDREN, CONSTANT, DEPENDENT = "other_children", "constant_columns", "dependent_columns"
UNSEEN = "unseen_products"


class Refusal(NamedTuple):
    """Why a variant cannot be compared: a code, and the columns or the number of children."""

    code: str
    columns: tuple[str, ...] = ()
    children: int = 0


@showable(private=("products", "means", "covariances", "into"))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Design:
    """m completed data sets of the same n children, for all variants.

    models: variants that can be compared, the reference first. refused: variant -> why it cannot.
    names: columns, outcome and mediator first. products: of each data set, for draws of schools.
    means (m, p), covariances (m, p, p), divisor n, and into (m, q, p), as from_sums.Moments.
    costs: scaled variable -> scale values that are estimated for it. categories: scaled variable ->
    columns of its categories, the last ones of `names`.
    """

    reference: Model
    models: Mapping[str, Model]
    refused: Mapping[str, Refusal]
    names: tuple[str, ...]
    products: tuple[Products, ...]
    means: NDArray
    covariances: NDArray
    into: NDArray
    costs: Mapping[str, int]
    categories: Mapping[str, tuple[str, ...]]
    n: int
    n_clusters: int

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the variants, those of categories left out."""
        return self.names[: len(self.names) - sum(map(len, self.categories.values()))]

    @property
    def m(self) -> int:
        """Number of completed data sets."""
        return len(self.means)

    def start(self, name: str) -> Model:
        """The variant of this name; the reference where it is none, or cannot be compared."""
        return self.models.get(name, self.reference)

    def indices(self, names: Sequence[str]) -> list[int]:
        """Which columns these are."""
        return [self.names.index(name) for name in names]


def build(
    frames: Sequence[pd.DataFrame], *, reference: Model, variants: Mapping[str, Model], table: Table
) -> Design:
    """Read completed data sets once, for the reference model and all variants.

    A variant of another outcome or mediator, with scale values of its own, with unknown values in
    its columns, or with products that the imputation for the reference did not see is refused,
    with the reason. Raises ModelError when a name means two things;
    EstimationError as scale_values.estimate.
    """
    (design,) = build_by(frames, None, reference=reference, variants=variants, table=table)
    if design is None:
        raise EstimationError(
            f"Model {reference.name} cannot be estimated in every data set: a category has fewer "
            "than 5 children, or columns are constant or depend on each other. Merge categories in "
            "the codebook, or leave columns out of the model."
        )
    return design


def build_by(
    frames: Sequence[pd.DataFrame],
    groups: NDArray | None,
    *,
    reference: Model,
    variants: Mapping[str, Model],
    table: Table,
) -> list[Design | None]:
    """A design for each group; groups: (n,), code 0..G-1 of each child, or None for all as one.

    Each has scale values of its own; school means are those of whole schools. Schools are not
    kept apart in groups, so that nothing can be drawn from these designs. None for a group in
    which the reference cannot be estimated in every data set.
    """
    refused = {
        name: reason
        for name, model in variants.items()
        if (reason := _why_not_comparable(model, reference, frames))
    }
    models = {reference.name: reference}
    models |= {name: model for name, model in variants.items() if name not in refused}
    union = _union(models, reference)
    products = tuple(
        sums.products(frame, model=union, scaled_by=reference, table=table, groups=groups)
        for frame in frames
    )
    n_sums = len(products[0].sums)
    times = np.ones((1, n_sums)) if groups is None else np.eye(n_sums)
    categories = {
        name: tuple(indicators.values()) for name, indicators in products[0].categories.items()
    }
    names = (reference.outcome, reference.mediator, *union.direct)
    names += tuple(each for indicators in categories.values() for each in indicators)
    moments = [from_sums.moments(each, times=times, names=names) for each in products]
    designs: list[Design | None] = []
    for group in range(len(times)):
        if not all(group in each.draws for each in moments):
            designs.append(None)
            continue
        rows = [(each, each.draws.tolist().index(group)) for each in moments]
        design = Design(
            reference=reference,
            models=models,
            refused=refused,
            names=moments[0].names,
            products=products if groups is None else (),
            means=np.stack([each.means[row] for each, row in rows]),
            covariances=np.stack([each.covariances[row] for each, row in rows]),
            into=np.stack([each.into[row] for each, row in rows]),
            costs=_costs(products[0]),
            categories=categories,
            n=round(moments[0].n[rows[0][1]]),
            n_clusters=frames[0][reference.cluster].nunique(),
        )
        designs.append(_without_dependent_columns(design))
    return designs


def _without_dependent_columns(design: Design) -> Design | None:
    """Variants whose columns are constant, or follow from those before them, are refused.

    None where these are columns of the reference itself.
    """
    columns = [design.reference.outcome, design.reference.mediator]
    models: dict[str, Model] = {}
    refused = dict(design.refused)
    for name, model in design.models.items():
        wider = [*columns, *(each for each in model.direct if each not in columns)]
        if _is_definite(design, wider):
            columns, models[name] = wider, model
        elif name == design.reference.name:
            return None
        else:
            constant = tuple(each for each in wider if _is_constant(design, each))
            refused[name] = Refusal(CONSTANT if constant else DEPENDENT, constant)
    columns += [each for indicators in design.categories.values() for each in indicators]
    kept = design.indices(columns)
    return replace(
        design,
        models=models,
        refused=refused,
        names=tuple(columns),
        means=design.means[:, kept],
        covariances=design.covariances[:, kept][:, :, kept],
        into=design.into[:, :, kept],
    )


def _is_constant(design: Design, column: str) -> bool:
    (index,) = design.indices([column])
    return bool(np.sqrt(design.covariances[:, index, index].min()) < SMALLEST_SPREAD)


def _is_definite(design: Design, columns: Sequence[str]) -> bool:
    chosen = design.indices(columns)
    inner = design.covariances[:, chosen][:, :, chosen]
    size = np.sqrt(np.diagonal(inner, axis1=1, axis2=2))
    if size.min() < SMALLEST_SPREAD:
        return False
    correlation = inner / (size[:, :, None] * size[:, None, :])
    return bool(np.linalg.eigvalsh(correlation).min() > LEAST_INDEPENDENT)


def _costs(products: Products) -> dict[str, int]:
    """Scale values that are estimated for each scaled variable."""
    free = {
        name: len(set(indicators.values()) - products.fixed.keys())
        for name, indicators in products.categories.items()
    }
    return {name: count for name, count in free.items() if count}


def _why_not_comparable(
    model: Model, reference: Model, frames: Sequence[pd.DataFrame]
) -> Refusal | None:
    frame = frames[0]
    for role in ("outcome", "mediator", "cluster"):
        column = getattr(model, role)
        if column != getattr(reference, role):
            return Refusal(OTHER_ROLE, (column,))
    other_scale = {
        name for name, sign in model.scaled.items() if reference.scaled.get(name) != sign
    }
    if other_scale:
        return Refusal(OTHER_SCALE, tuple(sorted(other_scale)))
    absent = tuple(name for name in model.columns if name not in frame)
    if absent:
        return Refusal(ABSENT, absent)
    if len(frames) > 1 and (unseen := _unseen(model, reference)):
        return Refusal(UNSEEN, unseen)
    unknown = int(frame[list(model.columns)].isna().any(axis=1).sum())
    return Refusal(OTHER_CHILDREN, children=unknown) if unknown else None


def _unseen(model: Model, reference: Model) -> tuple[str, ...]:
    """Products and splines of imputed columns that the reference's equations do not have.

    Values drawn without them pull their effects towards zero (docs/products.md).
    """
    imputed = {*reference.imputed}
    return tuple(
        name
        for name in model.direct
        if model.parts_of(name) != (name,)
        and name not in reference.direct
        and imputed & {*model.columns_of(name)}
    )


def _union(models: Mapping[str, Model], reference: Model) -> Model:
    """A model with the columns of all; scaled columns are the reference's."""
    direct: dict[str, None] = {}
    numeric: dict[str, None] = {}
    merged: dict[str, dict[str, Any]] = {role: {} for role in MERGED}
    for name, model in models.items():
        direct |= dict.fromkeys(model.direct)
        numeric |= dict.fromkeys(model.numeric)
        for role, meanings in merged.items():
            for key, meaning in getattr(model, role).items():
                if meanings.setdefault(key, meaning) != meaning:
                    raise ModelError(
                        f"Model {name} defines {key!r} in {role} as {meaning}, another variant as "
                        f"{meanings[key]}; give one of them another name."
                    )
    fields: dict[str, Any] = {"direct": tuple(direct), "numeric": tuple(numeric), **merged}
    return replace(reference, **fields)
