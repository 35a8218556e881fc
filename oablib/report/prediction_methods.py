"""What is said of the methods of prediction: which there are, and whether imputing pays."""

import pandas as pd

from oablib.analysis.prediction import methods
from oablib.analysis.prediction.splits import EVERYBODY, REGISTER
from oablib.protocol.models import Model
from oablib.report.labels import Labels
from oablib.report.prediction import imputed_names, method_words
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)

FEWEST_SPLITS = 2  # for a standard deviation


@in_languages
def compared(splits: pd.DataFrame, *, model: Model, labels: Labels) -> str:
    """Which methods are compared, and in how many splits each could be estimated."""
    present, names = set(splits["method"]), imputed_names(model, labels=labels)
    if methods.IMPUTED not in present:
        text = _("One method applies to this model: all characteristics.")
    elif methods.WEIGHTING in present:
        text = _(
            "Methods compared: all characteristics; only the imputed characteristics ({names}); "
            "all but these and their school means; weighting of the children of whom all is "
            "known, the alternative in the plan of 2015; and, as it suggests, all characteristics "
            "for children of whom they are known, all but the imputed for others.",
            names=names,
        )
    else:
        text = _(
            "Methods compared: all characteristics; only the characteristics that the model "
            "imputes where they are unknown ({names}; here all are known); and all but these and "
            "their school means.",
            names=names,
        )
    if REGISTER in set(splits["population"]):
        text += " " + _(
            "A method that leaves them out gives the same whether they are known or unknown as in "
            "registers; the last method gives what all characteristics give where all is known."
        )
    return f"{text} {_failures(splits, model=model, labels=labels)}"


def _failures(splits: pd.DataFrame, *, model: Model, labels: Labels) -> str:
    total = splits["split"].nunique()
    failed = splits[splits["failed"] != ""].groupby("method", sort=False)["split"].nunique()
    if failed.empty:
        return _.plural(
            "Every method could be estimated in the one split.",
            "Every method could be estimated in all {n} splits.",
            n=total,
        )
    words = method_words(splits, model=model, labels=labels)
    parts = [
        _("{method} in {n:,} of {total:,}", method=words[str(code)], n=int(n), total=total)
        for code, n in failed.items()
    ]
    return _("Splits that failed: {parts}. Means are over the others.", parts="; ".join(parts))


@in_languages
def imputed_or_left_out(splits: pd.DataFrame, *, clear: float) -> str:
    """Whether imputing what is unknown predicts better than leaving it out; empty without both.

    splits: of a prediction; compared split by split, where values are unknown as in registers.
    clear: standard deviations over splits; a difference that is larger is called clear.
    """
    population = REGISTER if REGISTER in set(splits["population"]) else EVERYBODY
    rows = splits[splits["population"] == population]
    wide = rows.pivot(index="split", columns="method", values="r2_score")
    if not {methods.ALL, methods.MIXED} <= set(wide):
        return ""
    gain = (wide[methods.ALL] - wide[methods.MIXED]).dropna()
    if len(gain) < FEWEST_SPLITS:
        return ""
    values = {
        "imputed": wide.loc[gain.index, methods.ALL].mean(),
        "mixed": wide.loc[gain.index, methods.MIXED].mean(),
        "points": 100 * abs(gain.mean()),
        "sd": 100 * gain.std(),
    }
    if abs(gain.mean()) <= clear * gain.std():
        return _(
            "Imputing what is unknown and leaving it out for these children predict about equally "
            "well: R2 of the score {imputed:.1%} against {mixed:.1%} (difference {points:.1f} "
            "percentage points, sd over splits {sd:.1f}).",
            **values,
        )
    if gain.mean() > 0:
        return _(
            "Imputing what is unknown predicts better than leaving it out for these children: R2 "
            "of the score {imputed:.1%} against {mixed:.1%} (difference {points:.1f} percentage "
            "points, sd over splits {sd:.1f}).",
            **values,
        )
    return _(
        "Leaving out what is unknown for these children predicts better than imputing it: R2 of "
        "the score {mixed:.1%} against {imputed:.1%} (difference {points:.1f} percentage points, "
        "sd over splits {sd:.1f}).",
        **values,
    )
