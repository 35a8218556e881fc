"""What is shown of effects with weights to the children that the indicator is applied to."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from oablib.analysis.representativeness import Rules, WeightedEffects
from oablib.analysis.representativeness.shares import ALL
from oablib.protocol.models import Model
from oablib.report.exhibit import About, Table
from oablib.report.labels import Labels
from oablib.report.table import show
from oablib.report.texts import listed, texts_beside
from oablib.report.translated import in_languages
from oablib.statistics.pooling.modification import holm

_ = texts_beside(__file__)
captions = _.captions


@in_languages
def weighted_effects_table(
    found: WeightedEffects, *, model: Model, labels: Labels, about: About
) -> Table:
    """Direct effects without and with weights, and the difference."""
    columns = ["name", "unweighted", "se_unweighted", "weighted", "se_weighted", "change", "p"]
    rows = found.effects[columns].assign(name=found.effects["name"].map(labels.heading))
    return show(
        rows, about=about, **captions("tbl-weighted-effects", outcome=labels(model.outcome))
    )


@in_languages
def finding_weighted(found: WeightedEffects, *, rules: Rules, labels: Labels) -> str:
    """Whether weights change an effect, and how unequal they are."""
    frame = _judged(found, rules=rules)
    large = frame[frame["large"]]
    little = frame[frame["sure"] & ~frame["large"]]
    worst = frame.iloc[int(frame["change"].abs().argmax())]
    if large.empty:
        text = _(
            "**Weights change no effect notably**: the largest change is {change:+.2f} standard "
            "errors ({variable}).",
            change=worst["change"], variable=labels(worst["name"]),
        )  # fmt: skip
    else:
        text = _(
            "**Weights change the effect of {variables}**: for these the composition of the sample "
            "matters, and the effects of the report should be read with those by weights beside "
            "them.",
            variables=_moved(large, labels=labels),
        )
    if not little.empty:
        text += " " + _(
            "By little, but more than chance, they change that of {variables}.",
            variables=_moved(little, labels=labels),
        )
    elif not frame["sure"].any():
        text += " " + _(
            "No difference is more than chance (smallest p by Holm {p:.3f}).", p=frame["holm"].min()
        )
    weights = _(
        "Weights are raked to {margins}; the largest is {largest:.2f} times the mean, and together "
        "they act as if {lost:.0%} of the children were not there.",
        margins=listed(map(labels, found.margins)),
        largest=found.largest,
        lost=1 - 1 / found.design_effect,
    )
    return " ".join(filter(None, (text, weights, _absent(found.absent, labels=labels))))


def _judged(found: WeightedEffects, *, rules: Rules) -> pd.DataFrame:
    """Effects with p corrected by Holm, and whether weights move them notably, and surely."""
    corrected = holm(found.effects["p"].to_numpy(dtype=np.float64))
    large = found.effects["change"].abs() >= rules.notable_change
    return found.effects.assign(holm=corrected, large=large, sure=corrected < rules.level)


def verdict(distances: pd.DataFrame, *, weighted: WeightedEffects, rules: Rules) -> str:
    """One sentence: whether the cohort stands for the children of the country."""
    moved = int(_judged(weighted, rules=rules)["large"].sum())
    if moved:
        return _.plural(
            "Weighting the cohort to these children changes {n} effect notably.",
            "Weighting the cohort to these children changes {n} effects notably.",
            n=moved,
        )
    everybody = distances[distances["wave"] == ALL]
    if (everybody["dissimilarity"] > rules.largest_dissimilarity).any():
        return _(
            "The cohort is not distributed as these children are; weights for that change no "
            "effect notably."
        )
    return _(
        "The cohort is distributed much as these children are; weights for that change no effect "
        "notably."
    )


def _moved(rows: pd.DataFrame, *, labels: Labels) -> str:
    return listed(
        _(
            "{variable} ({change:+.2f} standard errors, p by Holm {p:.3f})",
            variable=labels(row["name"]), change=row["change"], p=row["holm"],
        )
        for row in rows.to_dict("records")
    )  # fmt: skip


def _absent(pairs: Sequence[tuple[str, int]], *, labels: Labels) -> str:
    """Categories of the population without a child in the sample; empty without any."""
    if not pairs:
        return ""
    return _(
        "No child of the sample has {categories}; the other categories stand for them.",
        categories=listed(f"“{labels.category(name, code)}”" for name, code in pairs),
    )
