"""How far the direct effects depend on choices: the answer."""

import pandas as pd

from oablib.analysis.effects import Clusters, Grades, Parents, Rules, Waves
from oablib.report.effects.intelligence import moved
from oablib.report.labels import Labels
from oablib.report.texts import listed, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)


@in_languages
def answer(
    *,
    parents: Parents | None,
    through: pd.DataFrame,
    reliability: pd.DataFrame,
    waves: Waves | None,
    grades: Grades | None,
    clusters: Clusters,
    outcome: str,
    mediator: str,
    rules: Rules,
    labels: Labels,
) -> str:
    """What effects come to, on which choices they depend, and the main limit."""
    depends, stable = _sorted(
        reliability=reliability, waves=waves, grades=grades, mediator=mediator, rules=rules,
        labels=labels,
    )  # fmt: skip
    parts = []
    if depends:
        parts.append(_("**Direct effects depend on {choices}.**", choices=listed(depends)))
    given = {"choices": listed(stable, style="or")}
    if stable and depends:
        parts.append(_("No dependence is shown on {choices}.", **given))
    elif stable:
        parts.append(_("**Direct effects are not shown to depend on {choices}.**", **given))
    limit = _(
        "The main limit: the reliability of the {mediator} is not in the sources, so that how far "
        "effects are off for its error is not known.",
        mediator=labels(mediator),
    )
    parts += [
        _education(parents, outcome=outcome, labels=labels),
        _through(through, mediator=mediator, labels=labels),
        _errors(clusters),
        limit,
    ]
    return " ".join(part for part in parts if part)


def _education(parents: Parents | None, *, outcome: str, labels: Labels) -> str:
    """What both parents' education comes to; empty for a model without the two."""
    if parents is None:
        return ""
    return _(
        "Children of parents in the categories of education with the lowest and with the highest "
        "value lie {points:.1f} points of the {outcome} apart, all else being equal.",
        points=abs(parents.rows["points"].iloc[-1]), outcome=labels(outcome),
    )  # fmt: skip


def _errors(clusters: Clusters) -> str:
    """By how much other clusters change errors; empty without any."""
    ratios = clusters.errors["ratio"].dropna()
    if ratios.empty:
        return ""
    return _(
        "Other clusters multiply standard errors by {low:.2f} to {high:.2f}.",
        low=ratios.min(),
        high=ratios.max(),
    )


def _sorted(
    *,
    reliability: pd.DataFrame,
    waves: Waves | None,
    grades: Grades | None,
    mediator: str,
    rules: Rules,
    labels: Labels,
) -> tuple[list[str], list[str]]:
    """Choices on which effects depend, and those of which no dependence is shown."""
    far = moved(reliability)
    lowest = far[(far["reliability"] == far["reliability"].min()) & (far["name"] != mediator)]
    word = _("the reliability of the {mediator}", mediator=labels(mediator))
    found = [(word, bool((lowest["move"].abs() > rules.far).any()))]
    if waves is not None:
        found.append((_("the wave"), waves.joint.p < rules.level))
    if grades is not None:
        found.append((_("the grade of the outcome"), grades.joint.p < rules.level))
    return [name for name, is_so in found if is_so], [name for name, is_so in found if not is_so]


def _through(through: pd.DataFrame, *, mediator: str, labels: Labels) -> str:
    shrinks = through["total_std"].abs() - through["direct_std"].abs()
    most = through.iloc[int(shrinks.argmax())]
    if shrinks.max() <= 0:
        return _("Without the {mediator} no effect would be larger.", mediator=labels(mediator))
    return _(
        "Without the {mediator} the effect of {name} would be {total:+.2f} instead of "
        "{direct:+.2f} standard deviations.",
        mediator=labels(mediator), name=labels(most["name"]), total=most["total_std"],
        direct=most["direct_std"],
    )  # fmt: skip
