"""What is shown of how much the indicator in use and its successor explain."""

from collections.abc import Mapping

import pandas as pd

from oablib.analysis.prediction.explained import EVERYBODY, OLDER, OWN
from oablib.indicator.pupil_scores.on_cohort import PUBLISHED
from oablib.protocol import models
from oablib.protocol.models import Model
from oablib.report.exhibit import About, Table
from oablib.report.labels import Labels
from oablib.report.published import Published, cited
from oablib.report.table import show
from oablib.report.texts import sentence, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions


def with_published(frame: pd.DataFrame, *, current: str, figures: Published) -> pd.DataFrame:
    """`explained` with the column published: of the indicator in use, and of the new model.

    The first is beside the older waves, from which that indicator was made; the second beside all.
    """
    fit = (figures or {}).get("fit", {})
    places = {
        (OLDER, current): fit.get("r2_adjusted_current"), (EVERYBODY, OWN): fit.get("r2_adjusted")
    }  # fmt: skip
    pairs = zip(frame["children"], frame["indicator"], strict=True)
    return frame.assign(published=pd.Series([places.get(pair) for pair in pairs], dtype=float))


@in_languages
def indicators_table(frame: pd.DataFrame, *, model: Model, labels: Labels, about: About) -> Table:
    """R2 of each indicator; frame: as `with_published`."""
    named = frame.assign(
        children=frame["children"].map(_.words("children")),
        indicator=[sentence(_name(each)) for each in frame["indicator"]],
    )
    words = {"outcome": labels(model.outcome), "mediator": labels(model.mediator)}
    return show(named, about=about, **captions("tbl-indicators", **words))


def _name(name: str) -> str:
    words = {OWN: _("estimated on these children"), PUBLISHED: _("published indicator")}
    return words[name] if name in words else models.load(name).short


@in_languages
def finding_indicators(frame: pd.DataFrame, *, current: str, figures: Published) -> str:
    """What of the published difference is of the model and what of the children; empty without."""
    if figures is None or frame.empty:
        return ""
    pairs = zip(frame["children"], frame["indicator"], strict=True)
    r2 = dict(zip(pairs, frame["r2_adjusted"], strict=True))
    fit, sample = figures["fit"], figures["sample"]
    old, new = r2[EVERYBODY, current], r2[EVERYBODY, OWN]
    values = {"old": old, "new": new, "points": 100 * abs(new - old)}
    if new > old:
        here = _(
            "**On the same children the new model explains more**: adjusted R2 {new:.3f} against "
            "{old:.3f} of the indicator in use ({points:.1f} percentage points).",
            **values,
        )
    else:
        here = _(
            "**On the same children the new model explains no more**: adjusted R2 {new:.3f} "
            "against {old:.3f} of the indicator in use ({points:.1f} percentage points).",
            **values,
        )
    published = _(
        "The published {published_old:.3f} and {published_new:.3f} cannot be compared "
        "[{source}]: the first is of the {n_old:,} children from whom that indicator was made, the "
        "second of {n_new:,}, partly other ones.",
        published_old=fit["r2_adjusted_current"], published_new=fit["r2_adjusted"],
        n_old=sample["n_original_indicator"], n_new=sample["n"], source=cited(figures, part="fit"),
    )  # fmt: skip
    return " ".join(filter(None, (here, published, _of_children(r2))))


def _of_children(r2: Mapping[tuple[str, str], float]) -> str:
    """What the choice of children alone changes: the same model on the older waves and on all."""
    if (OLDER, OWN) not in r2:
        return ""
    return _(
        "The same model explains {older:.3f} in the older waves and {all:.3f} in all: the choice "
        "of children alone changes R2 by {points:+.1f} percentage points.",
        older=r2[OLDER, OWN], all=r2[EVERYBODY, OWN],
        points=100 * (r2[EVERYBODY, OWN] - r2[OLDER, OWN]),
    )  # fmt: skip
