"""What the report on the imputation's diagnostics shows: tables, a figure, and its answer."""

import numpy as np
import pandas as pd

from oablib.analysis.diagnostics import FAR, Recovered
from oablib.base.wording import words
from oablib.report import drawing
from oablib.report.exhibit import About, Figure, Table
from oablib.report.numbers import percent
from oablib.report.table import show
from oablib.report.texts import texts_beside

_ = texts_beside(__file__)
captions = _.captions

INFORMATION_COLUMNS = ["lhs", "rhs", "est", "se", "riv", "fmi", "mce", "m_recommended"]
SHIFTS = {
    -1: ("one lower", drawing.INDIRECT, "v"),
    0: ("as imputed", drawing.OURS, "o"),
    1: ("one higher", drawing.INK, "^"),
}
SHIFT_NAMES = {shift: name for shift, (name, _, _) in SHIFTS.items()}


def information(parameters: pd.DataFrame) -> pd.DataFrame:
    """The rows `~` of a pooled table: what is lost to unknown values, and to few imputations."""
    return parameters.loc[parameters["op"] == "~", INFORMATION_COLUMNS].reset_index(drop=True)


def information_table(frame: pd.DataFrame, *, m: int, about: About) -> Table:
    """What unknown values cost each path, and how much it depends on the draws."""
    return show(frame, about=about, **captions("tbl-information", m=m))


def self_test_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Planted effects and their estimates."""
    return show(frame.drop(columns="mc_se"), about=about, **captions("tbl-self-test"))


def sensitivity_table(frame: pd.DataFrame, *, outcome: str, about: About) -> Table:
    """Direct effects under each shift, side by side; se is that without shift."""
    wide = frame.pivot(index="name", columns="shift", values="value")
    wide = wide.loc[list(dict.fromkeys(frame["name"]))]
    centre = frame[frame["shift"] == 0].set_index("name")["se"]
    moved = wide.drop(columns=0).sub(wide[0], axis=0).div(centre, axis=0).abs().max(axis=1)
    return show(
        wide.rename(columns=SHIFT_NAMES).assign(se=centre, largest_move=moved).reset_index(),
        about=about,
        **captions("tbl-sensitivity", outcome=words(outcome)),
    )


@drawing.styled
def sensitivity_figure(frame: pd.DataFrame, *, about: About) -> Figure:
    """Direct effects with 95 % intervals for each shift of the imputed values, in units of se.

    frame: name, shift, value, se, ci_lower, ci_upper. Effects have units of their own, so that
    distances from the effect without shift are drawn, in its standard errors.
    """
    names = list(dict.fromkeys(frame["name"]))
    centre = frame[frame["shift"] == 0].set_index("name")
    figure, axes = drawing.canvas(height=0.9 + 0.5 * len(names))
    for shift, (label, colour, shape) in SHIFTS.items():
        part = frame[frame["shift"] == shift]
        middle, unit = (part["name"].map(centre[column]) for column in ("value", "se"))
        low, value, high = ((part[c] - middle) / unit for c in ("ci_lower", "value", "ci_upper"))
        axes.errorbar(
            value, np.arange(len(names)) + 0.22 * shift, xerr=[value - low, high - value],
            fmt=shape, ms=4.5, capsize=2, color=colour, label=label,
        )  # fmt: skip
    axes.axvline(0, color=drawing.GREY, lw=0.8)
    axes.grid(axis="x")
    drawing.row_labels(axes, map(words, names))
    axes.set_xlabel("distance from the effect as imputed (its standard errors)")
    drawing.legend(figure, axes)
    named = frame.assign(name=frame["name"].map(words), shift=frame["shift"].map(SHIFT_NAMES))
    return drawing.exhibited(
        figure,
        about=about,
        alt="Dots with intervals. Effects: "
        f"{drawing.in_words(frame, named['name'] + ', ' + named['shift'])}.",
        numbers=named,
        **captions("fig-sensitivity"),
    )


def answer(planted: Recovered, *, lost: pd.DataFrame, m: int) -> str:
    """The result of the self-test, and the effect that loses most to unknown values."""
    if m == 1:
        return "**Nothing was unknown**: results owe nothing to an imputation."
    most, wanted = lost.iloc[int(lost["fmi"].argmax())], int(lost["m_recommended"].max())
    return (
        f"{_self_test(planted)} Most is lost to unknown values for the path from "
        f"{words(str(most['rhs']))} to {words(str(most['lhs']))}: {percent(most['fmi'])} of its "
        f"information. For standard errors that can be repeated, {wanted} "
        f"imputations are recommended; there were {m}."
    )


def _self_test(planted: Recovered) -> str:
    table = planted.table
    if planted.failed:
        return (
            f"**The self-test failed**: of {len(table)} planted effects these came back more than "
            f"{FAR:g} standard errors off: {', '.join(map(words, planted.failed))}."
        )
    return (
        f"All {len(table)} planted effects came back in the self-test, "
        f"{int(table['inside'].sum())} of {int(table['repeats'].sum())} times inside their 95 % "
        "interval."
    )
