"""What the direct effects come to: the answer, and why errors differ from published ones."""

import math
from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from oablib.protocol.models import Model
from oablib.report import model_fit
from oablib.report.labels import Labels
from oablib.report.planted import Drawn
from oablib.report.published import Published, cited
from oablib.report.texts import listed, texts_beside
from oablib.report.translated import in_languages
from oablib.statistics.two_step import Analysis
from oablib.statistics.two_step.categories.tests import CATEGORIES

_ = texts_beside(__file__)

NEAR = 1.2  # ratio of standard errors, beyond what n explains, from which one is explained


@in_languages
def answer(
    direct: pd.DataFrame,
    *,
    fit: pd.DataFrame,
    figures: Published,
    drawn: Drawn | None,
    outcome: str,
    mediator: str,
    model: str,
    labels: Labels,
) -> str:
    """Which effects are shown, published ones, explained variance, fit, and the main limit.

    drawn: what was planted in drawn children; None for others. model: its name.
    """
    parts = (
        differing(direct, outcome=outcome, mediator=mediator, labels=labels),
        against_published(direct, drawn=drawn),
        model_fit.explained(fit, figures=figures, outcome=labels(outcome), drawn=drawn is not None),
        model_fit.verdict(fit, model=labels(model)),
        _(
            "The main limit: effects are biased if the model lacks something that affects both "
            "background and {outcome}.",
            outcome=labels(outcome),
        ),
    )
    return " ".join(part for part in parts if part)


@in_languages
def estimator_text(analysis: Analysis, *, asked: str, model: Model, labels: Labels) -> str:
    """How direct effects were estimated, and what the correction moved most.

    asked: estimator that the run asks for.
    """
    if analysis.estimator != asked:
        return _(
            "Direct effects are **not corrected** for the estimation of scale values from the same "
            "children: without some of the groups of schools a category is absent. In small data "
            "slopes of scaled variables are biased; merge rare categories in the codebook."
        )
    if analysis.estimator == "published":
        return _(
            "As in the published report, direct effects are **not corrected** for the estimation "
            "of scale values from the same children; `estimator: jackknife` corrects them."
        )
    corrected = model.direct_rows(analysis.parameters)
    plain = model.direct_rows(analysis.pooled.parameters)
    moved = (corrected["est"] - plain["est"]) / corrected["se"]
    name = str(moved.abs().idxmax())
    return _(
        "Direct effects are corrected for the estimation of scale values from the same children. "
        "The correction moves that of {name} most, from {before:+.2f} to {after:+.2f}, or "
        "{errors:.2f} standard errors.",
        name=labels(name),
        before=plain.loc[name, "est"],
        after=corrected.loc[name, "est"],
        errors=abs(moved[name]),
    )


def differing(direct: pd.DataFrame, *, outcome: str, mediator: str, labels: Labels) -> str:
    """Which predictors have a direct effect: scaled variables by the joint test of categories."""
    sure = direct[direct["differs"]]
    names = {"outcome": labels(outcome), "mediator": labels(mediator)}
    if sure.empty:
        return _(
            "At equal {mediator}, **none of {n} predictors** shows a direct effect on the "
            "{outcome} (5% level; scaled variables by a joint test of their categories).",
            n=len(direct),
            **names,
        )
    shown = [_shown(row, labels=labels) for row in sure.to_dict("records")]
    text = _(
        "At equal {mediator}, **{k} of {n} predictors** show a direct effect on the {outcome} (5% "
        "level): {effects}.",
        k=len(sure),
        n=len(direct),
        effects=listed(shown),
        **names,
    )
    weak = direct.loc[direct["weak"], "name"]
    if weak.empty:
        return text
    return f"{text} " + _(
        "Slopes say little where the total effect is weak: {names}.",
        names=listed(map(labels, weak)),
    )


def _shown(row: dict[Hashable, Any], *, labels: Labels) -> str:
    """A predictor with its effect in points per unit, or with what was tested."""
    if row["tested"] == CATEGORIES:
        return _("{name} (joint test of its categories)", name=labels(row["name"]))
    return _("{name} ({value:+.2f} points per unit)", name=labels(row["name"]), value=row["value"])


def against_published(direct: pd.DataFrame, *, drawn: Drawn | None) -> str:
    """How many published effects lie in our intervals; empty without published ones."""
    if "published" not in direct:
        return ""
    listed_ = direct[direct["published"].notna()]
    inside = int(listed_["published"].between(listed_["ci_lower"], listed_["ci_upper"]).sum())
    counts = {"k": inside, "n": len(listed_)}
    if drawn is None:
        return _("{k} of {n} published effects lie inside these intervals.", **counts)
    if drawn.is_chosen:
        return _(
            "The published effects are planted in these synthetic data, with a seed chosen for "
            "nearness; {k} of {n} lie inside the interval: a test of the program, not of the "
            "world.",
            **counts,
        )
    return _(
        "The published effects are planted in these synthetic data; {k} of {n} lie inside the "
        "interval: a test of the program, not of the world.",
        **counts,
    )


@in_languages
def errors_text(
    direct: pd.DataFrame,
    *,
    n: int,
    figures: Published,
    school_means: tuple[str, ...],
    labels: Labels,
) -> str:
    """Which way standard errors differ from published ones, and why; empty without published ones.

    school_means: predictors that are averages of schools.
    """
    if figures is None or "se_ratio" not in direct:
        return ""
    expected = math.sqrt(figures["sample"]["n"] / n)
    rows = direct[direct["se_ratio"].notna()]
    high, low = rows.iloc[int(rows["se_ratio"].argmax())], rows.iloc[int(rows["se_ratio"].argmin())]
    parts = [
        _(
            "With scale values taken as known, standard errors are {low:.2f} ({lowest}) to "
            "{high:.2f} ({highest}) times the published ones; {expected:.2f} is expected from the "
            "number of children alone.",
            low=low["se_ratio"],
            lowest=labels(low["name"]),
            high=high["se_ratio"],
            highest=labels(high["name"]),
            expected=expected,
        )
    ]
    if high["se_ratio"] > NEAR * expected:
        parts.append(
            _(
                "The largest: {fmi:.0%} of the information on {name} is missing, which alone makes "
                "an error {factor:.2f} times as large.",
                fmi=high["fmi"],
                name=labels(high["name"]),
                factor=1 / math.sqrt(1 - high["fmi"]),
            )
        )
    if low["se_ratio"] * NEAR < expected and low["name"] in school_means:
        parts.append(
            _(
                "The smallest is of a school mean, whose error depends on the number of schools "
                "and on how alike their children are; neither is published."
            )
        )
    source = _("Published figures: {source}.", source=cited(figures, part="direct_effects"))
    return " ".join((*parts, known_text(rows, labels=labels), source))


def known_text(rows: pd.DataFrame, *, labels: Labels) -> str:
    """What it changes to count that scale values were estimated; empty where nothing was."""
    if "se_known" not in rows:
        return ""
    change = np.log(rows["se"].to_numpy(float) / rows["se_known"].to_numpy(float))
    most = int(np.abs(change).argmax())
    values = {
        "name": labels(rows["name"].iloc[most]),
        "factor": math.exp(change[most]),
        "down": int((change < 0).sum()),
        "up": int((change > 0).sum()),
    }
    text = _(
        "With the uncertainty of the scale values included, {down} standard errors become smaller "
        "and {up} larger; that of {name} changes most (times {factor:.2f}).",
        **values,
    )
    if not values["down"]:
        return text
    return f"{text} " + _(
        "They become smaller where errors in scale values and in slopes are negatively correlated."
    )


@in_languages
def recovery_heading(hidden: str, *, labels: Labels) -> str:
    """Heading and method of the test in which known values were hidden."""
    heading, text = (
        _("Known values hidden: are the effects recovered?"),
        _(
            "Part of the {hidden} was hidden before imputation. A difference beyond two pooled "
            "standard errors speaks against the imputation.",
            hidden=labels(hidden),
        ),
    )
    return f"## {heading}\n\n{text}"


@in_languages
def recovery_text(table: pd.DataFrame, *, labels: Labels) -> str:
    """Whether effects with values hidden and imputed are those of the complete data."""
    far = table[table["difference_in_se"].abs() > 2]
    if far.empty:
        return _(
            "All {n} effects lie within two standard errors of those of the complete data.",
            n=len(table),
        )
    return _(
        "Beyond two standard errors from the complete data: {names}.",
        names=listed(labels(name) for name in far["name"]),
    )
