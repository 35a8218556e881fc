"""Standard errors of direct effects with other clusters than schools.

Two kinds of clusters of which neither lies within the other are counted together: the covariance
by the one plus that by the other, less that by both (Cameron, Gelbach & Miller, 2011, J. Bus.
Econ. Stat. 29:238).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from oablib.analysis.effects.settings import Rules
from oablib.base.shown import showable
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.statistics.two_step import Equation, side_by_side

OWN, TOGETHER = "own", "together"
CROSSED = "both_clusters"


@showable()
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Clusters:
    """Errors by clusters.

    errors: name, clusters (a column, or "together" of it and the model's own), n_clusters, se (of
    the model's clusters), other_se, ratio (other_se by se); n_clusters of "together": of the
    kind that has fewer. too_few: columns with fewer clusters than can be trusted. nested: columns
    within whose clusters the model's own lie. unknown: column -> children whose cluster is unknown,
    for which it is not used.
    """

    errors: pd.DataFrame
    too_few: tuple[str, ...]
    nested: tuple[str, ...]
    unknown: Mapping[str, int]


def by_clusters(
    frames: Sequence[pd.DataFrame], *, model: Model, table: Table, rules: Rules
) -> Clusters:
    """Errors of direct effects with the clusters of the rules that the cohort has.

    Without any of them `errors` has no rows. Sampling within data sets alone: imputation adds the
    same to both errors.
    """
    frame = frames[0]
    named = [name for name in rules.clusters if name in frame and name != model.cluster]
    unknown = {name: int(frame[name].isna().sum()) for name in named}
    there = [name for name in named if not unknown[name]]
    enough = [name for name in there if frame[name].nunique() >= rules.least_clusters]
    nested = [name for name in enough if frame.groupby(model.cluster)[name].nunique().max() == 1]
    own = _variances(frames, model=model, table=table, cluster=model.cluster)
    parts = []
    for name in enough:
        other = _variances(frames, model=model, table=table, cluster=name)
        n = frame[name].nunique()
        parts.append(_rows(own, other, clusters=name, model=model, n=n))
        if name not in nested:
            crossed = [
                each.assign(
                    **{CROSSED: each[model.cluster].astype(str) + " " + each[name].astype(str)}
                )
                for each in frames
            ]
            both = _variances(crossed, model=model, table=table, cluster=CROSSED)
            fewer = min(n, frame[model.cluster].nunique())
            summed = own + other - both
            parts.append(_rows(own, summed, clusters=TOGETHER, model=model, n=fewer))
    columns = ["name", "clusters", "n_clusters", "se", "other_se", "ratio"]
    errors = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    too_few = tuple(name for name in there if name not in enough)
    return Clusters(errors, too_few, tuple(nested), {k: n for k, n in unknown.items() if n})


def _variances(
    frames: Sequence[pd.DataFrame], *, model: Model, table: Table, cluster: str
) -> np.ndarray:
    """Mean sampling variance of each direct effect, (k,)."""
    equation = Equation(model.outcome, model.outcome, (model.mediator, *model.direct))
    found = side_by_side(frames, equations=[equation], model=model, table=table, cluster=cluster)
    return np.diagonal(found.covariances, axis1=1, axis2=2).mean(axis=0)[1:]


def _rows(
    own: np.ndarray, other: np.ndarray, *, clusters: str, model: Model, n: int
) -> pd.DataFrame:
    # With few clusters of both kinds the difference of covariances can be negative: no error then.
    other_se = np.sqrt(np.where(other > 0, other, np.nan))
    return pd.DataFrame(
        {
            "name": model.direct, "clusters": clusters, "n_clusters": n, "se": np.sqrt(own),
            "other_se": other_se, "ratio": other_se / np.sqrt(own),
        }
    )  # fmt: skip
