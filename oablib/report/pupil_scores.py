"""What the report on the scores of the country's children shows: tables, a figure, its answer."""

import numpy as np
import pandas as pd

from oablib.analysis.representativeness import Rules as SampleRules
from oablib.analysis.representativeness import WeightedEffects
from oablib.indicator.pupil_scores import Indicator, Rules
from oablib.indicator.pupil_scores.indicator import PER_UNIT
from oablib.report import drawing, indicators, weighted_effects
from oablib.report.exhibit import About, Figure, Table
from oablib.report.labels import Labels
from oablib.report.numbers import number, percent
from oablib.report.table import show
from oablib.report.texts import listed, sentence, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

COLOURS = {"direct": drawing.OURS, "education": drawing.PALE, "matched": drawing.INDIRECT}


@in_languages
def effects_table(
    frame: pd.DataFrame,
    *,
    new: Indicator,
    beside: Indicator | None,
    current: Indicator,
    labels: Labels,
    about: About,
) -> Table:
    """Direct effects of the applied indicator, of the one beside it, and of the one in use."""
    origins = _.words("origins")
    named = frame.assign(
        name=frame["name"].map(labels.heading), current_from=frame["current_from"].map(origins)
    )
    columns = ["name", "new", "beside", "current", "current_from", "low", "high"]
    shown = named[[name for name in columns if name in named]]
    texts = {
        "applied": sentence(indicators.named(new)),
        "beside": sentence(indicators.named(beside)) if beside else "",
        "current": sentence(indicators.named(current)),
    }
    filled = shown.dropna(axis="columns", how="all")
    caption = captions("tbl-effects", **texts)
    return show(filled, about=about, **caption | ({} if "low" in filled else {"note": ""}))


@in_languages
def contributions_table(
    frame: pd.DataFrame, *, new: Indicator, current: Indicator, labels: Labels, about: About
) -> Table:
    """What each category adds to a score under both indicators; not where both add nothing."""
    rows = frame[(frame["new"] != 0) | (frame["current"] != 0)]
    pairs = zip(rows["variable"], rows["code"], strict=True)
    named = rows.assign(
        variable=rows["variable"].map(labels.heading),
        category=[
            _("per point") if code == PER_UNIT else labels.category(name, code)
            for name, code in pairs
        ],
    )
    texts = {
        "applied": sentence(indicators.named(new)), "current": sentence(indicators.named(current))
    }  # fmt: skip
    return show(
        named[["variable", "category", "new", "current", "difference"]],
        about=about,
        **captions("tbl-contributions", **texts),
    )


@in_languages
def settings_table(rules: Rules, *, labels: Labels) -> Table:
    """Settings of the scores."""
    words, values = _.words("settings"), _.words("values")
    rows = []
    for key, name in words.items():
        value = rules.shown[key]
        if isinstance(value, tuple):
            text = listed(_variable(each, labels=labels) for each in value)
        elif isinstance(value, float):
            text = percent(value)
        else:
            text = values[value] if isinstance(value, str) else number(float(str(value)), 0)
        rows.append((name, text))
    about = About(_("every score"), "params/rules/pupil_scores.yaml")
    frame = pd.DataFrame(rows, columns=["setting", "value"])
    return show(frame, about=about, **captions("tbl-settings"))


@in_languages
def sources_table(frame: pd.DataFrame, *, about: About) -> Table:
    """How many scores have which source."""
    rows = frame[["provenance", "children", "share", "mean"]]
    named = rows.assign(provenance=rows["provenance"].map(_.words("provenance")))
    return show(named, about=about, **captions("tbl-sources"))


@in_languages
@drawing.styled
def distribution_figure(frame: pd.DataFrame, *, boundary: float, about: About) -> Figure:
    """Children by score, stacked by the source of the score, with the boundary.

    frame: lower and upper ends of classes, open at the first and last, and a column per source.
    """
    figure, axes = drawing.canvas(height=3.6)
    widths = (frame["upper"] - frame["lower"]).dropna()
    width = float(widths.min()) if len(widths) else 1.0
    lower = frame["lower"].fillna(frame["upper"] - width).fillna(0.0)
    below, names = np.zeros(len(frame)), _.words("provenance_in_figures")
    for name, colour in COLOURS.items():
        count = frame[name].fillna(0).to_numpy() / 1000
        axes.bar(lower, count, width, below, align="edge", color=colour, label=names[name])
        below = below + count
    axes.axvline(boundary, color=drawing.GREEN, lw=1.6)
    top = axes.get_ylim()[1]
    axes.text(boundary, top, " " + _("boundary"), color=drawing.INK, va="top", ha="left")
    axes.set(xlabel=_("onderwijsscore without constant (points)"), ylabel=_("children (thousands)"))
    axes.grid(axis="y")
    drawing.legend(figure, axes, columns=2)
    peak = float(lower.iloc[int(below.argmax())])
    return drawing.exhibited(
        figure,
        about=about,
        alt=_(
            "Stacked bars with a peak at {peak:.1f} points; the boundary is at {boundary:.1f}.",
            peak=peak,
            boundary=boundary,
        ),
        numbers=frame,
        headings={"lower": _("lower end (points)"), "upper": _("upper end (points)"), **names},
        **captions("fig-distribution", boundary=boundary, width=width),
    )


@in_languages
def reuse_sentence(frame: pd.DataFrame) -> str:
    """Which part of the imputed scores rests on the donors that are used most.

    frame: numbers of times in classes, the last of them open.
    """
    if frame.empty:
        return _("No score is imputed by predictive mean matching.")
    most = frame.iloc[-1]
    if most["children"] == most["donors"]:
        return _("Every donor is used once.")
    if len(frame) == 1:
        return ""
    return _(
        "{once:.0%} of the imputed scores are from a donor that is used once. Donors that are used "
        "{times:,} times or more give {share:.1%} of the imputed scores.",
        once=frame.loc[frame["times"] == 1, "share"].sum(),
        times=int(most["times"]),
        share=most["share"],
    )


@in_languages
def matched_by_school_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Schools by the share of scores from donors."""
    ends = zip(frame["lower"], frame["upper"], strict=True)
    ranges = [_("{low:.0%} to {high:.0%}", low=low, high=high) for low, high in ends]
    return show(
        frame.assign(share=ranges)[["share", "schools", "pupils"]],
        about=about,
        **captions("tbl-matched-by-school"),
    )


@in_languages
def agreement_sentence(frame: pd.DataFrame, *, beside: Indicator | None, share: float) -> str:
    """How far the indicator beside the applied one finds the same children; empty without one."""
    if beside is None or frame.empty or frame["same"].isna().all():
        return ""
    row = frame.iloc[0]
    return _(
        "Of the children with the lowest {share:.0%} of scores, {same:.1%} are also among the "
        "lowest {share:.0%} by the {beside} (correlation {r:.3f}).",
        beside=indicators.named(beside),
        same=row["same"],
        share=share,
        r=row["correlation"],
    )


@in_languages
def answer(
    sources: pd.DataFrame,
    *,
    boundary: float,
    mean: float,
    schools: pd.DataFrame,
    new: Indicator,
    beside: Indicator | None,
    agreement: pd.DataFrame,
    share: float,
    distances: pd.DataFrame,
    weighted: WeightedEffects,
    rules: SampleRules,
) -> str:
    """The indicator that is applied, the sources of scores, and the boundary of the lowest ones.

    schools: by share of imputed scores. agreement: with the indicator beside the applied one.
    distances, weighted: the cohort beside these children, judged by `rules`.
    """
    shares = sources.set_index("provenance")["share"]
    applied = indicators.named(new)
    if indicators.is_estimated(new):
        texts = [_("This report applies the **{applied}**, not a published one.", applied=applied)]
    else:
        texts = [_("This report applies the **{applied}**, as published.", applied=applied)]
    if shares.notna().all():
        texts.append(
            _(
                "**{computed:.1%} of scores** are computed from characteristics, known or imputed, "
                "{matched:.1%} are imputed by predictive mean matching, and {asylum:.1%} (asylum) "
                "are the mean of the lowest {share:.0%}.",
                computed=shares["direct"] + shares["education"],
                matched=shares["matched"],
                asylum=shares["asylum"],
                share=share,
            )
        )
    texts.append(
        _(
            "The boundary of the lowest {share:.0%} is **{distance:.1f} points** below the mean of "
            "all children.",
            share=share,
            distance=mean - boundary,
        )
    )
    texts.append(agreement_sentence(agreement, beside=beside, share=share))
    texts.append(_many(schools))
    texts.append(weighted_effects.verdict(distances, weighted=weighted, rules=rules))
    texts.append(_("Main limit: how production chooses donors is not public."))
    return " ".join(text for text in texts if text)


def _many(schools: pd.DataFrame) -> str:
    most, total = schools.iloc[-1], int(schools["schools"].sum())
    values = {"n": int(most["schools"]), "total": total, "least": most["lower"]}
    if not values["n"]:
        return _(
            "At none of {total:,} school sites are more than {least:.0%} of scores imputed by "
            "matching.",
            **values,
        )
    return _(
        "At {n:,} of {total:,} school sites more than {least:.0%} of scores are imputed by "
        "matching.",
        **values,
    )


def _variable(name: str, *, labels: Labels) -> str:
    """A column of the children in words: of the codebook, or of what scores are made of."""
    own = _.words("columns")
    return own[name] if name in own else labels(name)
