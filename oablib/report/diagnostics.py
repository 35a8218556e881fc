"""What the report on diagnostics shows: cost of unknown values, self-test, shifts of values."""

import numpy as np
import pandas as pd

from oablib.analysis.diagnostics import FAR, Recovered
from oablib.report import drawing
from oablib.report.exhibit import About, Figure, Table
from oablib.report.labels import Labels
from oablib.report.table import show
from oablib.report.texts import listed, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

INFORMATION_COLUMNS = ["lhs", "rhs", "est", "se", "riv", "fmi", "mce", "m_recommended"]
LARGE_ERROR = 0.1  # Monte Carlo error in standard errors, from which a p-value can change
COVERED = 0.95  # of the intervals of a correct self-test
SHIFTS = {-1: (drawing.INDIRECT, "v"), 0: (drawing.OURS, "o"), 1: (drawing.INK, "^")}
"""Shift -> colour and shape of its marks."""


def information(parameters: pd.DataFrame) -> pd.DataFrame:
    """The rows `~` of a pooled table: what is lost to unknown values, and to few imputations."""
    return parameters.loc[parameters["op"] == "~", INFORMATION_COLUMNS].reset_index(drop=True)


@in_languages
def information_table(frame: pd.DataFrame, *, m: int, labels: Labels, about: About) -> Table:
    """What unknown values cost each path, and how much it depends on the draws."""
    rows = frame.assign(
        lhs=[_("Effects on {variable}", variable=labels(name)) for name in frame["lhs"]],
        rhs=[labels.heading(name) for name in frame["rhs"]],
    )
    return show(rows.drop(columns="riv"), about=about, **captions("tbl-information", m=m))


@in_languages
def information_text(frame: pd.DataFrame, *, labels: Labels) -> str:
    """For which paths the draws matter."""
    ratios = frame["mce"] / frame["se"]
    worst = frame.loc[[ratios.idxmax()]].iloc[0]
    largest = float(ratios.max())
    values = {"path": labels.path(worst["lhs"], worst["rhs"]), "share": largest}
    if largest < LARGE_ERROR:
        return _(
            "For no path the Monte Carlo error reaches a tenth of the standard error ({path}: "
            "{share:.0%}): other draws would give practically the same estimates.",
            **values,
        )
    return _(
        "For {count} of {n} paths the Monte Carlo error is at least a tenth of the standard "
        "error, up to {share:.0%} for {path}: other draws may decide whether such an effect is "
        "significant.",
        count=int((ratios >= LARGE_ERROR).sum()), n=len(frame), **values,
    )  # fmt: skip


def _imputations(wanted: int, *, m: int) -> str:
    """Recommended and made imputations, in a sentence."""
    if wanted > m:
        return _(
            "Imputations: {m:,} were made, too few; {wanted:,} are recommended, so that standard "
            "errors vary by only 5% between sets of draws.",
            wanted=wanted, m=m,
        )  # fmt: skip
    return _(
        "Imputations: {m:,} were made, which is enough; {wanted:,} are recommended, so that "
        "standard errors vary by only 5% between sets of draws.",
        wanted=wanted, m=m,
    )  # fmt: skip


@in_languages
def self_test_table(frame: pd.DataFrame, *, labels: Labels, about: About) -> Table:
    """Planted effects and their estimates."""
    rows = frame.drop(columns=["se", "mc_se", "repeats"])
    rows["name"] = [labels.heading(name) for name in rows["name"]]
    repeats = int(frame["repeats"].max())
    return show(rows, about=about, **captions("tbl-self-test", repeats=repeats))


@in_languages
def limits() -> str:
    """What the self-test and the shifts cannot show."""
    return _(
        "A self-test detects a method that distorts effects, not a wrong assumption on why values "
        "are unknown. Shifts that are the same for all children are only one departure from "
        "missing at random."
    )


@in_languages
def self_test_text(planted: Recovered, *, labels: Labels) -> str:
    """Whether the planted effects came back, and how many intervals include them."""
    table = planted.table
    if table.empty:
        return ""
    covered = _(
        "The 95% intervals include the planted effect {inside} of {all} times; {expected:.0f} are "
        "expected.",
        inside=int(table["inside"].sum()), all=int(table["repeats"].sum()),
        expected=COVERED * int(table["repeats"].sum()),
    )  # fmt: skip
    return f"{_self_test(planted, labels=labels)} {covered}"


def _self_test(planted: Recovered, *, labels: Labels) -> str:
    """Whether the planted effects came back, and which did not."""
    if planted.failed:
        return _(
            "The self-test failed: of {n} planted effects these were more than {far:g} Monte Carlo "
            "standard errors off: {failed}.",
            n=len(planted.table), far=FAR, failed=listed(map(labels, planted.failed)),
        )  # fmt: skip
    return _(
        "The self-test passed: all {n} planted effects were found within {far:g} Monte Carlo "
        "standard errors.",
        n=len(planted.table), far=FAR,
    )  # fmt: skip


def moves(frame: pd.DataFrame) -> pd.DataFrame:
    """How far shifts move each effect: name, se without shift, move, sign and significance.

    frame: as diagnostics.sensitivity. move: the largest over both shifts, in standard errors of
    the effect without shift. sign: whether a shift changes it; significance: whether a shift
    changes `differs`, which for a scaled variable is of the joint test of its categories. Shifts
    that could not be analysed count in neither.
    """
    rows = frame.dropna(subset=["value"]).assign(
        positive=lambda each: each["value"] > 0,
        significant=lambda each: each["differs"].astype(bool),
    )
    centre = rows[rows["shift"] == 0].set_index("name")
    shifted = rows[rows["shift"] != 0].set_index("name")
    middle = centre.loc[shifted.index]
    changes = pd.DataFrame(
        {
            "move": ((shifted["value"] - middle["value"]) / middle["se"]).abs(),
            "sign": shifted["positive"] != middle["positive"],
            "significance": shifted["significant"] != middle["significant"],
        }
    )
    result = changes.groupby(level=0).max().reindex(centre.index)
    result = result.assign(se=centre["se"]).rename_axis("name").reset_index()
    flags = {name: result[name].fillna(False).astype(bool) for name in ("sign", "significance")}
    return result.assign(**flags)


@in_languages
def sensitivity_table(frame: pd.DataFrame, *, outcome: str, labels: Labels, about: About) -> Table:
    """Direct effects under each shift, side by side, and the largest move."""
    wide = frame.pivot(index="name", columns="shift", values="value")
    rows = wide.loc[list(dict.fromkeys(frame["name"]))].rename(columns=_.words("shifts"))
    rows = rows.assign(largest_move=moves(frame).set_index("name")["move"]).reset_index()
    rows["name"] = [labels.heading(name) for name in rows["name"]]
    return show(rows, about=about, **captions("tbl-sensitivity", outcome=labels(outcome)))


@in_languages
@drawing.styled
def sensitivity_figure(frame: pd.DataFrame, *, labels: Labels, about: About) -> Figure:
    """Direct effects with 95 % intervals for each shift of the imputed values, in units of se.

    frame: name, shift, value, se, ci_lower, ci_upper. Effects have units of their own, so that
    distances from the effect without shift are drawn, in its standard errors.
    """
    names, words = list(dict.fromkeys(frame["name"])), _.words("shifts")
    centre = frame[frame["shift"] == 0].set_index("name")
    figure, axes = drawing.canvas(height=0.9 + 0.5 * len(names))
    for shift, (colour, shape) in SHIFTS.items():
        part = frame[frame["shift"] == shift]
        middle, unit = (part["name"].map(centre[column]) for column in ("value", "se"))
        low, value, high = ((part[c] - middle) / unit for c in ("ci_lower", "value", "ci_upper"))
        axes.errorbar(
            value, np.arange(len(names)) + 0.22 * shift, xerr=[value - low, high - value],
            fmt=shape, ms=4.5, lw=1.2, capsize=2, color=colour, label=words[shift],
        )  # fmt: skip
    axes.axvline(0, color=drawing.GREY, lw=0.8)
    axes.grid(axis="x")
    drawing.row_labels(axes, map(labels.heading, names))
    axes.set_xlabel(_("distance from the effect as imputed, in its standard errors"))
    drawing.legend(figure, axes)
    named = frame.assign(
        name=[labels.heading(name) for name in frame["name"]], shift=frame["shift"].map(words)
    )
    effects = drawing.in_words(frame, named["name"] + ", " + named["shift"])
    return drawing.exhibited(
        figure,
        about=about,
        alt=_("Dots with intervals. {effects}.", effects=effects),
        numbers=named,
        headings=_.words("columns"),
        **captions("fig-sensitivity"),
    )


@in_languages
def sensitivity_text(frame: pd.DataFrame, *, labels: Labels) -> str:
    """How far shifts move the effects, and whether sign or significance of any changes."""
    if frame.empty:
        return ""
    changes, words = moves(frame), _.words("shifts")
    lacking = [
        _("The analysis with imputed values {shift} could not be estimated.", shift=words[shift])
        for shift in frame.loc[frame["value"].isna(), "shift"].unique()
    ]
    if changes["move"].isna().all():
        return " ".join(lacking)
    moved = [_furthest(changes, labels=labels), _changed(changes, labels=labels)]
    return " ".join(moved + lacking)


def _furthest(changes: pd.DataFrame, *, labels: Labels) -> str:
    """The effect that moves most, and whether any moves by more than its standard error."""
    furthest = changes.loc[[changes["move"].fillna(0.0).idxmax()]].iloc[0]
    values = {"variable": labels(furthest["name"]), "move": furthest["move"]}
    beyond = listed(map(labels, changes.loc[changes["move"] > 1, "name"]))
    if (changes["move"] > 1).sum() == 1:
        return _(
            "Only the effect of {variable} moves by more than its standard error: by {move:.2f} "
            "standard errors.",
            **values,
        )
    if beyond:
        return _(
            "Effects that a shift moves by more than their standard error: {beyond}; that of "
            "{variable} moves most, by {move:.2f} standard errors.",
            beyond=beyond, **values,
        )  # fmt: skip
    return _(
        "No shift moves an effect by more than its standard error; that of {variable} moves most, "
        "by {move:.2f} standard errors.",
        **values,
    )


def _changed(changes: pd.DataFrame, *, labels: Labels) -> str:
    """Effects whose sign or significance a shift changes."""
    sign, significance = (
        listed(map(labels, changes.loc[changes[kind], "name"])) for kind in ("sign", "significance")
    )
    if sign and significance:
        return _(
            "A shift changes the sign of {sign}, and the significance at 5% of {significance}.",
            sign=sign, significance=significance,
        )  # fmt: skip
    if sign:
        return _("A shift changes the sign of {sign}, and no significance at 5%.", sign=sign)
    if significance:
        return _(
            "A shift changes the significance at 5% of {significance}, and no sign.",
            significance=significance,
        )
    return _("No shift changes the sign of an effect or its significance at 5%.")


@in_languages
def answer(
    planted: Recovered, *, lost: pd.DataFrame, shifted: pd.DataFrame, m: int, labels: Labels
) -> str:
    """Whether results depend on values being missing at random, the cost, the test, the limit.

    lost: as information. shifted: as diagnostics.sensitivity. m: data sets.
    """
    if m == 1:
        return _(
            "**No value was unknown**: no result depends on an imputation, and values that are "
            "missing not at random (MNAR) are no concern."
        )
    most = lost.loc[[lost["fmi"].idxmax()]].iloc[0]
    parts = [
        _verdict(moves(shifted)),
        sensitivity_text(shifted, labels=labels),
        _(
            "Unknown values cost most for {path}: {share:.0%} of the information is missing.",
            path=labels.path(most["lhs"], most["rhs"]), share=most["fmi"],
        ),
        _imputations(int(lost["m_recommended"].max()), m=m),
        _self_test(planted, labels=labels),
        _("The main limit: data cannot show whether values are missing not at random, or how far."),
    ]  # fmt: skip
    return " ".join(parts)


def _verdict(changes: pd.DataFrame) -> str:
    if changes["move"].isna().all():
        return _("**Whether results change under values missing not at random is not known.**")
    if (changes["move"] > 1).any() or changes[["sign", "significance"]].any(axis=None):
        return _(
            "**Some results change if unknown values are one level or standard deviation lower or "
            "higher than imputed (missing not at random, MNAR).**"
        )
    return _(
        "**Results hardly change if unknown values are one level or standard deviation lower or "
        "higher than imputed (missing not at random, MNAR).**"
    )
