"""Categories against their reference: who gets points, and who lies farther from it than before."""

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
        if name not in effects:
            continue
        rows = values[(values["variable"] == name) & values["value"].notna()]
        points = effects[name] * rows["value"]
        is_turned = bool(sign < 0 and effects[name] < 0)
        texts = [_lower(rows[points < 0], name=name, is_turned=is_turned, labels=labels)]
        if sign < 0:
            texts.append(_higher(rows[points > 0], labels=labels))
        if sign < 0 and figures is not None and "current" in rows:
            texts.append(_farther(rows, name=name, figures=figures, labels=labels))
        parts.append(" ".join(text for text in texts if text))
    return "\n\n".join(parts)


def _lower(rows: pd.DataFrame, *, name: str, is_turned: bool, labels: Labels) -> str:
    given = {"name": labels(name), "categories": _named(rows, labels=labels)}
    if rows.empty:
        return _("No category of {name} lowers a score against its reference.", **given)
    if is_turned:
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


def _farther(rows: pd.DataFrame, *, name: str, figures: Mapping[str, Any], labels: Labels) -> str:
    """Which categories lie farther from the reference than before, and whether as published."""
    compared = rows[rows["current"].notna() & (rows["se"] > 0)]
    if compared.empty:
        return ""
    farther = compared[compared["value"].abs() > compared["current"].abs()]
    near = len(compared) - len(farther)
    if farther.empty:
        texts = [_("None lies farther from the reference than in the indicator then in use.")]
    else:
        texts = [
            _(
                "Farther from the reference than in the indicator then in use: {farther}.",
                farther=_named(farther, labels=labels),
            )
        ]
    if near and not farther.empty:
        texts.append(
            _.plural(
                "{n} other category lies nearer to the reference or as far.",
                "{n} other categories lie nearer to the reference or as far.",
                n=near,
            )
        )
    texts.append(_published(compared, farther, name=name, figures=figures, labels=labels))
    return " ".join(text for text in texts if text)


def _published(
    compared: pd.DataFrame,
    farther: pd.DataFrame,
    *,
    name: str,
    figures: Mapping[str, Any],
    labels: Labels,
) -> str:
    """Which of these categories lie farther in the published table; empty where it has none."""
    table = figures["scale_values"].get(name)
    if table is None:
        return ""
    pairs = zip(table["new"], table["current"], strict=True)
    all_ = {code for code, (new, old) in enumerate(pairs, start=1) if abs(new) > abs(old)}
    published = sorted(all_ & set(compared["code"].astype(int)))
    if published == sorted(farther["code"].astype(int)):
        return _("The published table says the same.")
    if not published:
        return _("In the published table none does.")
    named = [f"“{labels.category(name, code)}”" for code in published]
    return _("Farther in the published table: {names}.", names=listed(named))


def _named(rows: pd.DataFrame, *, labels: Labels) -> str:
    pairs: Sequence[tuple[str, int]] = list(zip(rows["variable"], rows["code"], strict=True))
    return listed(f"“{labels.category(name, code)}”" for name, code in pairs)
