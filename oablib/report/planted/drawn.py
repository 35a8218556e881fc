"""What was planted beside what was found."""

from dataclasses import dataclass

import pandas as pd

from oablib.analysis.selection.forward_search import TURNED_DOWN
from oablib.base.shown import showable
from oablib.report.exhibit import About
from oablib.report.labels import Labels
from oablib.report.planted.settings import Planted, rules
from oablib.report.texts import listed, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)

RECOVERED = 3.0  # standard deviations over seeds; in 2% of cohorts one of seven effects is further


@showable()
@dataclass(frozen=True, slots=True)
class Drawn:
    """What is true of the n children of a run, who were drawn with a seed."""

    rules: Planted
    n: int
    seed: int

    @property
    def is_chosen(self) -> bool:
        """Whether the seed was chosen for nearness to the published figures."""
        return (self.n, self.seed) == (self.rules.chosen.n, self.rules.chosen.seed)


def of(about: About, *, published: str, n: int, seed: int) -> Drawn | None:
    """What is true of the children of a run; None where they are real, or not known to be drawn.

    published: name of the run's published figures; the truth is known beside those it was taken
    from.
    """
    if not about.drawn:
        return None
    planted = rules()
    return Drawn(planted, n, seed) if published == planted.published else None


def effects(direct: pd.DataFrame, *, drawn: Drawn) -> pd.DataFrame:
    """Columns spread and distance of direct effects: sd over seeds, and difference in these.

    direct: name, value and published, which was planted. NaN for an effect that was not published.
    """
    values = [drawn.rules.spread_at(name, n=drawn.n) for name in direct["name"]]
    spread = pd.Series(values, index=direct.index)
    distance = (direct["value"] - direct["published"]) / spread
    return pd.DataFrame({"spread": spread, "distance": distance})


@in_languages
def recovery_text(direct: pd.DataFrame, *, drawn: Drawn | None, labels: Labels) -> str:
    """Whether planted effects were found again; empty for children that are not drawn."""
    if drawn is None:
        return ""
    distance = effects(direct, drawn=drawn)["distance"].abs().set_axis(direct["name"]).dropna()
    if distance.empty:
        return ""
    far = distance.index[distance >= RECOVERED]
    if far.empty:
        text = _(
            "**Planted effects recovered.** The published effects are planted in these synthetic "
            "data; all {n} estimates lie less than {limit:g} standard deviations over seeds from "
            "them; {name} lies furthest ({largest:.1f}).",
            n=len(distance),
            limit=RECOVERED,
            largest=distance.max(),
            name=labels(str(distance.idxmax())),
        )
    else:
        text = _(
            "**Not all planted effects recovered.** The published effects are planted in these "
            "synthetic data; further than {limit:g} standard deviations over seeds from them: "
            "{names}.",
            limit=RECOVERED,
            names=listed(map(labels, far)),
        )
    spread = _(
        "The standard deviation over seeds is that of {cohorts:,} cohorts of {n:,} children.",
        cohorts=drawn.rules.cohorts,
        n=drawn.rules.n,
    )
    if drawn.n != drawn.rules.n:
        spread = _(
            "The standard deviation over seeds is that of {cohorts:,} cohorts of {n:,} children, "
            "scaled to {here:,}.",
            cohorts=drawn.rules.cohorts,
            n=drawn.rules.n,
            here=drawn.n,
        )
    if not drawn.is_chosen:
        return f"{text} {spread}"
    chosen = _(
        "Seed {seed} was chosen because its complete data lie near the published figures: the "
        "distances are smaller than those of a cohort taken as it comes.",
        seed=drawn.seed,
    )
    return f"{text} {spread} {chosen}"


def paths_text(trail: pd.DataFrame, *, drawn: Drawn | None, labels: Labels) -> str:
    """Which candidates that did not enter are true in the drawn children; empty without any."""
    if drawn is None or trail.empty:
        return ""
    last = trail[trail["round"] == trail["round"].max()]
    rows = zip(last["lhs"], last["rhs"], last["decision"], strict=True)
    true = [
        labels.path(lhs, rhs)
        for lhs, rhs, decision in rows
        if drawn.rules.has_path(lhs, rhs) and decision in TURNED_DOWN
    ]
    if not true:
        return ""
    return _.plural(
        "In these synthetic data the path {paths} does exist: it was planted.",
        "In these synthetic data the paths {paths} do exist: they were planted.",
        n=len(true),
        paths=listed(true),
    )
