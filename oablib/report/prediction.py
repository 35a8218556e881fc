"""What the report on the prediction shows: measures by method and population, and calibration."""

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from oablib.analysis import prediction
from oablib.analysis.prediction import Rules, methods
from oablib.analysis.prediction.splits import EVERYBODY, KNOWN, REGISTER, UNKNOWN
from oablib.protocol.models import Model
from oablib.report import drawing
from oablib.report.exhibit import About, Figure, Table
from oablib.report.labels import Labels
from oablib.report.numbers import number, percent
from oablib.report.table import show
from oablib.report.texts import listed, sentence, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

COLOURS = {KNOWN: drawing.OURS, REGISTER: drawing.INDIRECT, EVERYBODY: drawing.GREY}
ROW = 30  # characters of a label beside a figure, before it is broken
OF_IMPUTATION = ("imputations", "register_imputations")  # settings
BY_SCORE = "score"
"""What children are grouped by, beside their categories."""


def imputed_names(model: Model, *, labels: Labels) -> str:
    """The characteristics of a model that are imputed where they are unknown, in words."""
    return listed(labels(name) for name in methods.imputed_of(model))


def method_words(frame: pd.DataFrame, *, model: Model, labels: Labels) -> dict[str, str]:
    """Code of a method of prediction -> words within a sentence.

    frame: with the populations; where all children are the only one, nothing is imputed.
    """
    words = {str(code): text for code, text in _.words("methods").items()}
    if set(frame["population"].dropna()) != {EVERYBODY}:
        return words
    names = imputed_names(model, labels=labels)
    return words | {
        methods.IMPUTED: _("only {names}", names=names),
        methods.WITHOUT: _("all but {names}", names=names),
    }


@in_languages
def composition(model: Model, *, labels: Labels) -> str:
    """What the score is made of, and what it leaves out."""
    kept, left_out = prediction.composition(model)
    return _.plural(
        "The score has one characteristic: {kept}. Left out: {left_out}.",
        "The score adds up {n} characteristics: {kept}. Left out: {left_out}.",
        n=len(kept),
        kept="; ".join(labels(name) for name in kept),
        left_out="; ".join(labels(name) for name in left_out),
    )


@in_languages
def settings_table(rules: Rules, *, model: Model, is_imputed: bool, labels: Labels) -> Table:
    """Settings of the splits, as far as they matter to this model.

    is_imputed: whether any child has an unknown value that is imputed.
    """
    rows = [
        (text, _value(getattr(rules, name), is_share=name.endswith("share")))
        for name, text in _.words("settings").items()
        if is_imputed or name not in OF_IMPUTATION
    ]
    rows += [
        (_("imputed from, instead of the {test}", test=labels(test)), labels(rules.stand_ins[test]))
        for test in (model.outcome, model.mediator)
        if is_imputed and test in rules.stand_ins
    ]
    if prediction.applies(model, rules=rules):
        rows += [
            (_pattern(pattern.unknown, labels=labels), percent(pattern.share, 1))
            for pattern in rules.register
        ]
    about = About(_("every split"), "params/rules/prediction.yaml")
    frame = pd.DataFrame(rows, columns=["setting", "value"])
    return show(frame, about=about, **captions("tbl-settings"))


@in_languages
@drawing.styled
def spread_figure(splits: pd.DataFrame, *, model: Model, labels: Labels, about: About) -> Figure:
    """Out-of-sample R2 of every split, one line a method, one colour a population.

    splits: method, population, r2.
    """
    part = splits.dropna(subset=["r2"])
    shown = list(dict.fromkeys(part["method"]))
    words = method_words(part, model=model, labels=labels)
    populations = _.words("populations")
    present = [name for name in populations if name in set(part["population"])]
    figure, axes = drawing.canvas(height=1.2 + 0.62 * len(shown))
    spoken = []
    for index, population in enumerate(present):
        chosen, shift = part[part["population"] == population], 0.24 * (index - len(present) // 2)
        colour, label = COLOURS[population], populations[population]
        rows = chosen["method"].map(shown.index) + shift
        axes.plot(chosen["r2"], rows, "o", ms=3, alpha=0.35, color=colour, ls="")
        means = chosen.groupby("method", sort=False)["r2"].mean()
        strokes = [shown.index(name) + shift for name in means.index]
        axes.plot(means, strokes, "|", ms=11, mew=2.2, color=colour, ls="", label=label)
        spoken += [
            _("{method}, {population}: {mean:.2f}", method=words[name], population=label, mean=mean)
            for name, mean in means.items()
        ]
    drawing.row_labels(axes, shown)
    broken = [textwrap.fill(sentence(words[name]), ROW) for name in shown]
    axes.set_yticks(range(len(shown)), broken)
    axes.grid(axis="x")
    axes.set_xlabel(_("out-of-sample R2 of the {outcome}", outcome=labels(model.outcome)))
    drawing.legend(figure, axes)
    numbers = part.assign(
        method=part["method"].map(words), population=part["population"].map(populations)
    )
    return drawing.exhibited(
        figure,
        about=about,
        alt=_("Dots with means. Means: {values}.", values="; ".join(spoken)),
        numbers=numbers[["split", "method", "population", "n", "r2"]],
        headings=_headings(),
        **captions("fig-spread", outcome=labels(model.outcome)),
    )


@in_languages
def measures_table(frame: pd.DataFrame, *, model: Model, labels: Labels, about: About) -> Table:
    """Means over splits, in groups by population, with the standard deviation of R2.

    frame: the summary of a prediction.
    """
    r2 = ["r2", "r2_sd", "r2_score"]
    columns = ["population", "method", "n", *r2, "slope", "sensitivity", "ppv"]
    headings = _.words("headings_of_populations")
    rows = frame.dropna(subset=["r2"]).sort_values(
        "population", key=lambda names: names.map(list(headings).index), kind="stable"
    )
    words = method_words(frame, model=model, labels=labels)
    named = rows.assign(
        population=rows["population"].map(headings),
        method=[sentence(words[code]) for code in rows["method"]],
    )
    return show(
        named[columns].round({"n": 0}).astype({"n": int}),
        about=about,
        digits=dict.fromkeys(r2, 3),
        **captions("tbl-measures", outcome=labels(model.outcome), mediator=labels(model.mediator)),
    )


@in_languages
def schools_table(frame: pd.DataFrame, *, model: Model, labels: Labels, about: About) -> Table:
    """How near predicted means of schools are to observed ones, by method."""
    columns = ["method", "school_correlation", "school_correlation_sd", "school_rmse"]
    rows = frame.loc[frame["population"] == EVERYBODY, columns]
    words = method_words(frame, model=model, labels=labels)
    named = rows.assign(method=[sentence(words[code]) for code in rows["method"]])
    return show(named, about=about, **captions("tbl-schools", mediator=labels(model.mediator)))


@in_languages
@drawing.styled
def calibration_figure(
    frame: pd.DataFrame, *, model: Model, labels: Labels, about: About
) -> Figure:
    """Observed against predicted means in groups of equal size by score, with the diagonal.

    frame: by, code, predicted, observed, sd; rows of by = "score".
    """
    part = frame[(frame["by"] == BY_SCORE) & frame["n"].notna()]
    figure, axes = drawing.canvas(height=4.2)
    ends = np.array([part[["predicted", "observed"]].min().min(), part["predicted"].max() + 0.5])
    axes.plot(ends, ends, color=drawing.PALE, lw=2, label=_("observed = predicted"))
    axes.errorbar(
        part["predicted"], part["observed"], yerr=part["sd"], fmt="o", color=drawing.OURS, ms=4.5,
        capsize=2, ecolor=drawing.INK, elinewidth=0.8, label=_("groups by score"),
    )  # fmt: skip
    axes.grid()
    outcome, mediator = labels(model.outcome), labels(model.mediator)
    axes.set_xlabel(_("mean score (points)"))
    name = _("mean {outcome} at equal {mediator} (points)", outcome=outcome, mediator=mediator)
    axes.set_ylabel(textwrap.fill(name, ROW))
    drawing.legend(figure, axes)
    pairs = zip(part["predicted"], part["observed"], strict=True)
    spoken = "; ".join(
        _("predicted {a:.2f}, observed {b:.2f}", a=predicted, b=observed)
        for predicted, observed in pairs
    )
    return drawing.exhibited(
        figure,
        about=about,
        alt=_("Dots beside a diagonal. {values}.", values=sentence(spoken)),
        numbers=part[["code", "n", "predicted", "observed", "difference", "sd"]].rename(
            columns={"code": "group"}
        ),
        headings=_headings(),
        **captions("fig-calibration", outcome=outcome, mediator=mediator),
    )


def group_words(by: str, code: int, *, labels: Labels) -> str:
    """Label of a category; words for an unknown one."""
    return _("unknown") if code == UNKNOWN else labels.category(by, code)


@in_languages
def calibration_table(frame: pd.DataFrame, *, model: Model, labels: Labels, about: About) -> Table:
    """Predicted and observed means by group of children."""
    rows = frame[frame["by"] != BY_SCORE]
    pairs = zip(rows["by"], rows["code"], strict=True)
    named = rows.assign(
        by=rows["by"].map(labels.heading),
        category=[group_words(by, int(code), labels=labels) for by, code in pairs],
        n=rows["n"].round(),
    )
    texts = {"outcome": labels(model.outcome), "mediator": labels(model.mediator)}
    return show(
        named[["by", "category", "n", "predicted", "difference", "sd"]],
        about=about,
        **captions("tbl-calibration", **texts),
    )


@in_languages
def waves_table(frame: pd.DataFrame, *, variable: str, labels: Labels, about: About) -> Table:
    """Each wave predicted from the others, by all characteristics; variable: that says the wave."""
    chosen = (frame["population"] == EVERYBODY) & (frame["method"] == methods.ALL)
    columns = ["tested_on", "n", "r2", "r2_score", "slope", "sensitivity", "r2_training"]
    rows = frame.loc[chosen, columns].astype({"n": int})
    named = [labels.category(variable, wave) for wave in rows["tested_on"]]
    return show(rows.assign(tested_on=named), about=about, **captions("tbl-waves"))


def _value(value: float, *, is_share: bool) -> str:
    return percent(value) if is_share else number(value, 0)


def _pattern(unknown: Sequence[str], *, labels: Labels) -> str:
    if not unknown:
        return _("register: all known")
    return _("register: {names} unknown", names=listed(labels(name) for name in unknown))


def _headings() -> Mapping[str, str]:
    """Column -> heading, as a reader finds it in a file."""
    headings: Mapping[str, str] = captions("tbl-measures", outcome="", mediator="")["labels"]
    return headings
