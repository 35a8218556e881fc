"""What the report on the prediction shows: measures by method and population, and calibration."""

import numpy as np
import pandas as pd

from oablib.base.wording import words
from oablib.protocol.codebook import Table as CodebookTable
from oablib.report import drawing
from oablib.report.exhibit import About, Figure, Table
from oablib.report.numbers import number, percent
from oablib.report.table import show
from oablib.report.texts import texts_beside

_ = texts_beside(__file__)
captions = _.captions

UNKNOWN = "unknown"
POPULATIONS = {
    "known": ("Children whose education is known", "education known", drawing.OURS),
    "register": (
        "The same, with the register's pattern of unknown education",
        "register's pattern",
        drawing.INDIRECT,
    ),
    "all": ("All children, as delivered", "all, as delivered", drawing.GREY),
}
"""Population -> heading in a table, name in a figure, and colour."""


def settings_table(frame: pd.DataFrame) -> Table:
    """Settings of the splits."""
    about = About("every split", "params/rules/prediction.yaml")
    return show(frame, about=about, **captions("tbl-settings"))


@drawing.styled
def spread_figure(splits: pd.DataFrame, *, about: About) -> Figure:
    """Out-of-sample R2 of every split, one line a method, one colour a population.

    splits: method, population, r2.
    """
    part = splits.dropna(subset=["r2"])
    methods = list(dict.fromkeys(part["method"]))
    figure, axes = drawing.canvas(height=1.2 + 0.62 * len(methods))
    spoken = []
    for index, (population, (_, label, colour)) in enumerate(POPULATIONS.items()):
        chosen, shift = part[part["population"] == population], 0.24 * (index - 1)
        rows = chosen["method"].map(methods.index) + shift
        axes.plot(chosen["r2"], rows, "o", ms=3, alpha=0.35, color=colour, ls="")
        means = chosen.groupby("method", sort=False)["r2"].mean()
        strokes = [methods.index(name) + shift for name in means.index]
        axes.plot(means, strokes, "|", ms=11, mew=2.2, color=colour, ls="", label=label)
        spoken += [f"{name}, {label}: mean {number(mean)}" for name, mean in means.items()]
    drawing.row_labels(axes, methods)
    axes.grid(axis="x")
    axes.set_xlabel("out-of-sample R2 of the outcome")
    drawing.legend(figure, axes)
    return drawing.exhibited(
        figure,
        about=about,
        alt=f"Dots with means. {'; '.join(spoken)}.",
        numbers=part[["split", "method", "population", "n", "r2"]],
        **captions("fig-spread"),
    )


def measures_table(frame: pd.DataFrame, *, splits: int, about: About) -> Table:
    """Means over splits, in groups by population, with the standard deviation of both R2."""
    r2 = ["r2", "r2_sd", "r2_score", "r2_score_sd"]
    columns = ["population", "method", "n", *r2, "slope", "sensitivity", "ppv"]
    rows = frame.dropna(subset=["r2"]).sort_values(
        "population", key=lambda names: names.map(list(POPULATIONS).index), kind="stable"
    )
    headings = {name: heading for name, (heading, _, _) in POPULATIONS.items()}
    named = rows.assign(population=rows["population"].map(headings))
    return show(
        named[columns].round({"n": 0}).astype({"n": int}),
        about=about,
        digits=dict.fromkeys(r2, 3),
        **captions("tbl-measures", splits=splits),
    )


def schools_table(frame: pd.DataFrame, *, about: About) -> Table:
    """How near predicted means of schools are to observed ones, by method."""
    columns = ["method", "school_correlation", "school_correlation_sd", "school_rmse"]
    return show(
        frame.loc[frame["population"] == "all", columns], about=about, **captions("tbl-schools")
    )


def group_labels(frame: pd.DataFrame, *, table: CodebookTable) -> pd.Series:
    """Labels for the rows of prediction's calibration: categories, or the number of a group."""
    pairs = zip(frame["by"], frame["code"], strict=True)
    return pd.Series([_group_label(by, int(code), table) for by, code in pairs])


def _group_label(by: str, code: int, table: CodebookTable) -> str:
    if by == "score":
        return f"group {code}"
    return UNKNOWN if code < 0 else table.column(by).category(code).label_nl


@drawing.styled
def calibration_figure(frame: pd.DataFrame, *, about: About) -> Figure:
    """Observed against predicted means in groups of equal size by score, with the diagonal.

    frame: by, code, predicted, observed, sd; rows of by = "score".
    """
    part = frame[frame["by"] == "score"]
    figure, axes = drawing.canvas(height=4.2)
    ends = np.array([part[["predicted", "observed"]].min().min(), part["predicted"].max() + 0.5])
    axes.plot(ends, ends, color=drawing.PALE, lw=2, label="as predicted")
    axes.errorbar(
        part["predicted"], part["observed"], yerr=part["sd"], fmt="o", color=drawing.OURS, ms=4.5,
        capsize=2, ecolor=drawing.INK, elinewidth=0.8, label="groups by score",
    )  # fmt: skip
    axes.grid()
    axes.set_xlabel("mean score (points)")
    axes.set_ylabel("mean of the outcome at equal intelligence (points)")
    drawing.legend(figure, axes)
    pairs = zip(part["predicted"], part["observed"], strict=True)
    spoken = "; ".join(f"predicted {number(a)}, observed {number(b)}" for a, b in pairs)
    return drawing.exhibited(
        figure,
        about=about,
        alt=f"Dots beside a diagonal. {spoken}.",
        numbers=part[["code", "n", "predicted", "observed", "difference", "sd"]],
        **captions("fig-calibration"),
    )


def calibration_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Predicted and observed means by group of children."""
    rows = frame[frame["by"] != "score"]
    named = rows.assign(by=rows["by"].map(words), n=rows["n"].round().astype(int))
    return show(
        named[["by", "category", "n", "predicted", "observed", "difference", "sd"]],
        about=about,
        **captions("tbl-calibration"),
    )


def waves_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Each wave predicted from the others."""
    rows = frame[(frame["population"] == "all") & frame["r2"].notna()]
    columns = ["tested_on", "method", "n", "r2", "r2_score", "slope", "sensitivity", "r2_training"]
    return show(rows[columns].astype({"n": int}), about=about, **captions("tbl-waves"))


def answer(summary: pd.DataFrame, *, splits: int) -> str:
    """Out-of-sample R2 with its spread, that of education alone, and the children identified."""
    rows = summary.set_index(["method", "population"]).to_dict("index")
    whole, known = (rows["all characteristics", name] for name in ("all", "known"))
    alone, without = (rows.get((name, "all")) for name in ("education only", "without education"))
    text = (
        f"Out of sample the model explains **{percent(known['r2'], 1)}** of the variance of the "
        f"scores of children whose parents' education is known (standard deviation over {splits} "
        f"splits: {percent(known['r2_sd'], 1)}), and {percent(whole['r2'], 1)} of that of all."
    )
    if alone and without:
        text += (
            f" Education alone comes to {percent(alone['r2'], 1)}, everything but education to "
            f"{percent(without['r2'], 1)}."
        )
    return (
        f"{text} Of the children with the lowest 15 % of scores, {percent(whole['ppv'])} are among "
        "the lowest 15 % by what was observed; one point of score stands for "
        f"{number(whole['slope'])} points observed."
    )
