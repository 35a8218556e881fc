"""Categories against their reference: who gets points, and who lies nearer to it than before."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from oablib.protocol.models import Model
from oablib.report.labels import Labels
from oablib.report.published import Published
from oablib.report.texts import listed, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)


@in_languages
def reference_finding(
    values: pd.DataFrame, *, direct: pd.DataFrame, figures: Published, model: Model, labels: Labels
) -> str:
    """Categories that lower a score, by scaled variable, and how near the reference they lie.

    values: pooled scale values, perhaps with current. direct: name and value of direct effects.
    """
    effects = direct.set_index("name")["value"]
    parts = []
    for name, sign in model.scaled.items():
        rows = values[(values["variable"] == name) & values["value"].notna()]
        points = effects[name] * rows["value"]
        texts = [_lower(rows[points < 0], name=name, reversed_=sign < 0, labels=labels)]
        if sign < 0:
            texts.append(_higher(rows[points > 0], labels=labels))
        if sign < 0 and figures is not None and "current" in rows:
            texts.append(_nearer(rows, name=name, figures=figures, labels=labels))
        parts.append(" ".join(text for text in texts if text))
    return "\n\n".join(parts)


def _lower(rows: pd.DataFrame, *, name: str, reversed_: bool, labels: Labels) -> str:
    given = {"name": labels(name), "categories": _named(rows, labels=labels)}
    if rows.empty:
        return _("No category of {name} lowers a score against its reference.", **given)
    if reversed_:
        return _(
            "{name} has reversed orientation: its effect is negative, so that categories with a "
            "value above the reference lower a score: {categories}.",
            **(given | {"name": labels.heading(name)}),
        )
    return _("Of {name} these lower a score against the reference: {categories}.", **given)


def _higher(rows: pd.DataFrame, *, labels: Labels) -> str:
    if rows.empty:
        return _("No category of it raises a score.")
    return _("These raise a score: {categories}.", categories=_named(rows, labels=labels))


def _nearer(rows: pd.DataFrame, *, name: str, figures: Mapping[str, Any], labels: Labels) -> str:
    """How many categories lie nearer to the reference than before, and whether as published."""
    compared = rows[rows["current"].notna() & (rows["se"] > 0)]
    if compared.empty:
        return ""
    farther = compared[compared["value"].abs() > compared["current"].abs()]
    listed_ = figures["scale_values"][name]
    pairs = zip(listed_["new"], listed_["current"], strict=True)
    before = {code for code, (new, old) in enumerate(pairs, start=1) if abs(new) > abs(old)}
    given = {
        "k": len(compared) - len(farther), "n": len(compared),
        "farther": _named(farther, labels=labels),
        "published": listed(labels.category(name, code) for code in sorted(before)),
    }  # fmt: skip
    if farther.empty:
        return _(
            "All {n} lie nearer to the reference than in the indicator then in use; in the "
            "published table {published} lies farther.",
            **given,
        )
    if set(farther["code"].astype(int)) == before:
        return _(
            "As published, {k} of {n} lie nearer to the reference than in the indicator then in "
            "use, and farther only {farther}.",
            **given,
        )
    return _(
        "Of {n}, {k} lie nearer to the reference than in the indicator then in use; farther lie "
        "{farther}, where in the published table only {published} does.",
        **given,
    )


def _named(rows: pd.DataFrame, *, labels: Labels) -> str:
    pairs: Sequence[tuple[str, int]] = list(zip(rows["variable"], rows["code"], strict=True))
    return listed(f"“{labels.category(name, code)}”" for name, code in pairs)
