"""Effects with and without the mediator, and with a test of it that measures with error."""

import pandas as pd

from oablib.analysis.effects import Rules
from oablib.report.exhibit import About, Table
from oablib.report.labels import Labels
from oablib.report.numbers import number
from oablib.report.published import Published, cited
from oablib.report.table import show
from oablib.report.texts import listed, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

SHOWN = ["name", "direct", "direct_se", "published", "total", "total_se", "through", "through_se"]


@in_languages
def through_table(
    frame: pd.DataFrame,
    *,
    figures: Published,
    outcome: str,
    mediator: str,
    labels: Labels,
    about: About,
) -> Table:
    """Direct and total effects, and what runs through the mediator; frame: with_and_without."""
    rows = frame.assign(name=[labels.heading(name) for name in frame["name"]])
    if figures is not None:
        effects = figures["direct_effects"]
        published = [effects.get(name, {}).get("coef", float("nan")) for name in frame["name"]]
        rows["published"] = published
    shown = [name for name in SHOWN if name in rows]
    words = {"outcome": labels(outcome), "mediator": labels(mediator)}
    return show(rows[shown], about=about, **captions("tbl-through", **words))


@in_languages
def through_finding(
    frame: pd.DataFrame, *, figures: Published, level: float, mediator: str, labels: Labels
) -> str:
    """Which effect shrinks most when the mediator is in the equation, and which runs through it."""
    shrinks = frame["total_std"].abs() - frame["direct_std"].abs()
    most = frame.iloc[int(shrinks.argmax())]
    given = {
        "name": labels(most["name"]), "mediator": labels(mediator), "total": most["total_std"],
        "direct": most["direct_std"],
    }  # fmt: skip
    if shrinks.max() > 0:
        first = _(
            "With the {mediator} in the equation, the effect of {name} shrinks most: from "
            "{total:+.2f} to {direct:+.2f} standard deviations.",
            **given,
        )
    else:
        first = _("With the {mediator} in the equation, no effect is smaller in size.", **given)
    parts = [first, _through(frame, level=level, mediator=mediator, labels=labels)]
    grows = list(frame.loc[shrinks < 0, "name"])
    if grows and shrinks.max() > 0:
        parts.append(_("Larger with it: {names}.", names=listed(map(labels, grows))))
    if figures is not None:
        parts.append(
            _("Published effects: {source}.", source=cited(figures, part="direct_effects"))
        )
    return " ".join(parts)


def _through(frame: pd.DataFrame, *, level: float, mediator: str, labels: Labels) -> str:
    """Of which predictors a part runs through the mediator, after Holm's correction."""
    sure = list(frame.loc[frame["p_holm"] < level, "name"])
    if not sure:
        return _(
            "Of no predictor a part through the {mediator} is shown ({level:.0%} level, after "
            "Holm’s correction).",
            mediator=labels(mediator), level=level,
        )  # fmt: skip
    return _(
        "A part through the {mediator} is shown for {names} ({level:.0%} level, after Holm’s "
        "correction; scaled variables by a joint test of their categories).",
        mediator=labels(mediator), names=listed(map(labels, sure)), level=level,
    )  # fmt: skip


def moved(frame: pd.DataFrame) -> pd.DataFrame:
    """How far each effect lies from that of a test without error, at each lower reliability.

    frame: as effects.by_reliability. Columns: reliability, name, est, exact, move (in standard
    errors of the effect without error).
    """
    exact = frame[frame["reliability"] == frame["reliability"].max()].set_index("name")
    rows = frame[frame["reliability"] < frame["reliability"].max()]
    at = exact.loc[rows["name"]]
    move = (rows["est"].to_numpy() - at["est"].to_numpy()) / at["se"].to_numpy()
    return rows[["reliability", "name", "est"]].assign(exact=at["est"].to_numpy(), move=move)


@in_languages
def reliability_table(
    frame: pd.DataFrame, *, outcome: str, mediator: str, labels: Labels, about: About
) -> Table:
    """Effects at each reliability of the mediator's test, the error-free first."""
    wide = frame.pivot(index="name", columns="reliability", values="est")
    wide = wide.loc[list(dict.fromkeys(frame["name"])), sorted(wide.columns, reverse=True)]
    far = moved(frame)
    lowest = far[far["reliability"] == far["reliability"].min()].set_index("name")["move"]
    columns = {float(value): f"r_{value:g}" for value in wide.columns}
    rows = wide.rename(columns=columns).assign(move=lowest).reset_index()
    rows["name"] = [labels.heading(name) for name in rows["name"]]
    words = {"outcome": labels(outcome), "mediator": labels(mediator)}
    caption = captions("tbl-reliability", **words)
    headings = {
        column: _("reliability {value}", value=number(value, 2))
        for value, column in columns.items()
    }
    return show(rows, about=about, **(caption | {"labels": caption["labels"] | headings}))


@in_languages
def reliability_finding(frame: pd.DataFrame, *, mediator: str, rules: Rules, labels: Labels) -> str:
    """What measurement error does: to the mediator's own effect, and how far it moves others."""
    far = moved(frame)
    far = far[far["reliability"] == far["reliability"].min()]
    own, rest = far[far["name"] == mediator].iloc[0], far[far["name"] != mediator]
    most = rest.iloc[int(rest["move"].abs().argmax())]
    parts = [
        _(
            "If the reliability of the {mediator} is {value:.2f}, its own effect is "
            "{own:.2f} instead of {exact:.2f}; of the others that of {name} moves most, from "
            "{before:+.2f} to {after:+.2f}, or {move:.1f} standard errors.",
            mediator=labels(mediator), value=own["reliability"], own=own["est"],
            exact=own["exact"], name=labels(most["name"]), before=most["exact"],
            after=most["est"], move=abs(most["move"]),
        )
    ]  # fmt: skip
    names = list(rest.loc[rest["move"].abs() > rules.far, "name"])
    given = {"far": rules.far, "names": listed(map(labels, names))}
    if names:
        parts.append(
            _("Of the others these move by more than {far:.1f} standard errors: {names}.", **given)
        )
    else:
        parts.append(_("No other effect moves by more than {far:.1f} standard errors.", **given))
    turned = list(rest.loc[rest["est"] * rest["exact"] < 0, "name"])
    if turned:
        parts.append(_("The sign changes of {names}.", names=listed(map(labels, turned))))
    else:
        parts.append(_("No other effect changes its sign."))
    return " ".join(parts)
