"""Tables of the prediction: measures by method and population, calibration, waves."""

import numpy as np
import pandas as pd

from oablib.base.wording import number, percent, words
from oablib.protocol.codebook import Table as CodebookTable
from oablib.report.drawing import (
    GREY,
    INDIRECT,
    INK,
    OURS,
    PALE,
    canvas,
    exhibited,
    legend,
    row_labels,
    styled,
)
from oablib.report.exhibit import About, Figure, Table
from oablib.report.table import IN_HEADINGS, Look, show

UNKNOWN = "unknown"


def group_labels(frame: pd.DataFrame, *, table: CodebookTable) -> pd.Series:
    """Labels for the rows of prediction's calibration: categories, or the number of a group."""
    pairs = zip(frame["by"], frame["code"], strict=True)
    return pd.Series([_group_label(by, int(code), table) for by, code in pairs])


def _group_label(by: str, code: int, table: CodebookTable) -> str:
    if by == "score":
        return f"group {code}"
    return UNKNOWN if code < 0 else table.column(by).category(code).label_nl


POPULATIONS = {
    "known": "Children whose education is known",
    "register": "The same, with the register's pattern of unknown education",
    "all": "All children, as delivered",
}
HEADINGS = {
    "r2": "R2",
    "r2_sd": "R2, sd",
    "r2_score": "R2 of the score",
    "r2_score_sd": "R2 of the score, sd",
    "ppv": "predictive value",
    "school_correlation": "correlation of schools",
    "school_rmse": "error of schools (points)",
    "n": "children",
}
NOTE = (
    "R2: of the outcome by the analysis model, intelligence among its predictors; R2 of the score: "
    "of what intelligence leaves of the outcome, by the score; slope: of that on the score. "
    "sensitivity, predictive value: lowest 15 % by score for the lowest 15 % by what was observed"
)


def settings_table(frame: pd.DataFrame) -> Table:
    """Settings of the splits."""
    about = About("every split", "params/rules/prediction.yaml")
    title = "How the prediction is tried out"
    return show(frame, "settings", title=title, unit=IN_HEADINGS, about=about)


def measures_table(frame: pd.DataFrame, *, splits: int, about: About) -> Table:
    """Means over splits, in groups by population, with the standard deviation of both R2."""
    columns = [
        "population", "method", "n", "r2", "r2_sd", "r2_score", "r2_score_sd", "slope",
        "sensitivity", "ppv",
    ]  # fmt: skip
    return show(
        _populations(frame.dropna(subset=["r2"]))[columns].round({"n": 0}).astype({"n": int}),
        "measures",
        title="Out of sample: means over splits",
        unit=IN_HEADINGS,
        note=f"{NOTE}; sd: over {splits} splits",
        about=about,
        look=_look(),
    )


def schools_table(frame: pd.DataFrame, *, about: About) -> Table:
    """How near predicted means of schools come to observed ones, by method."""
    columns = ["method", "school_correlation", "school_correlation_sd", "school_rmse"]
    labels = HEADINGS | {"school_correlation_sd": "its sd over splits"}
    return show(
        frame.loc[frame["population"] == "all", columns],
        "schools",
        title="Means of schools, predicted and observed",
        unit=IN_HEADINGS,
        note="Observed: outcome corrected for intelligence. By weighting, the mean of a school is "
        "that of its known children",
        about=about,
        look=Look(digits=3, labels=labels),
    )


def calibration_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Predicted and observed means by group of children."""
    rows = frame[frame["by"] != "score"]
    named = rows.assign(by=rows["by"].map(words), n=rows["n"].round().astype(int))
    columns = ["by", "category", "n", "predicted", "observed", "difference", "sd"]
    return show(
        named[columns],
        "calibration",
        title="Predicted and observed by group",
        unit="points of the outcome at equal intelligence",
        note="n: children of a test part; sd: of the difference over splits",
        about=about,
        look=Look(groups="by", labels={"n": "children"}),
    )


def waves_table(frame: pd.DataFrame, *, about: About) -> Table:
    """Each wave predicted from the others."""
    rows = frame[(frame["population"] == "all") & frame["r2"].notna()]
    columns = ["tested_on", "method", "n", "r2", "r2_score", "slope", "sensitivity", "r2_training"]
    labels = {"r2_training": "R2 in training"}
    return show(
        rows[columns].astype({"n": int}),
        "waves",
        title="Each wave predicted from the others",
        unit=IN_HEADINGS,
        about=about,
        look=Look(groups="tested_on", digits=3, labels=HEADINGS | labels),
    )


def _populations(frame: pd.DataFrame) -> pd.DataFrame:
    order = {name: place for place, name in enumerate(POPULATIONS)}
    sorted_ = frame.sort_values("population", key=lambda names: names.map(order), kind="stable")
    return sorted_.assign(population=sorted_["population"].map(POPULATIONS))


def _look() -> Look:
    return Look(
        groups="population",
        digits={"r2": 3, "r2_sd": 3, "r2_score": 3, "r2_score_sd": 3},
        shares=("sensitivity", "ppv"),
        labels=HEADINGS,
    )


def answer(summary: pd.DataFrame, *, splits: int) -> str:
    """Out-of-sample R2 with its spread, what education alone would do, and who is found."""
    whole = _row(summary, "all characteristics", "all")
    known = _row(summary, "all characteristics", "known")
    text = (
        f"Out of sample the model explains **{percent(known['r2'], 1)}** of the variance of the "
        f"scores of children whose parents' education is known (standard deviation over {splits} "
        f"splits: {percent(known['r2_sd'], 1)}), and {percent(whole['r2'], 1)} of that of all."
    )
    alone = _row(summary, "education only", "all")
    without = _row(summary, "without education", "all")
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


def _row(summary: pd.DataFrame, method: str, population: str) -> dict[str, float]:
    """Measures of one method and population; empty where there are none."""
    chosen = (summary["method"] == method) & (summary["population"] == population)
    numbers = summary[chosen].select_dtypes("number")
    return {str(name): float(numbers[name].iloc[0]) for name in numbers} if chosen.any() else {}


POPULATION_LOOKS = {
    "known": ("education known", OURS),
    "register": ("register's pattern", INDIRECT),
    "all": ("all, as delivered", GREY),
}


@styled
def spread_figure(splits: pd.DataFrame, *, about: About) -> Figure:
    """Out-of-sample R2 of every split, one line a method, one colour a population.

    splits: method, population, r2.
    """
    part = splits.dropna(subset=["r2"])
    methods = list(dict.fromkeys(part["method"]))
    figure, axes = canvas(height=1.2 + 0.62 * len(methods))
    spoken = []
    for place, (population, (label, colour)) in enumerate(POPULATION_LOOKS.items()):
        own = part[part["population"] == population]
        lines = own["method"].map(methods.index) + 0.24 * (place - 1)
        axes.plot(own["r2"], lines, "o", ms=3, alpha=0.35, color=colour, ls="")
        means = own.groupby("method", sort=False)["r2"].mean()
        at = [methods.index(name) + 0.24 * (place - 1) for name in means.index]
        axes.plot(means, at, "|", ms=11, mew=2.2, color=colour, ls="", label=label)
        spoken += [f"{name}, {label}: mean {number(mean)}" for name, mean in means.items()]
    row_labels(axes, methods)
    axes.grid(axis="x")
    axes.set_xlabel("out-of-sample R2 of the outcome")
    legend(figure, axes)
    return exhibited(
        figure,
        "spread",
        title="Out-of-sample R2, split by split",
        unit="fraction of the variance of the outcome",
        note="A dot a split; strokes: means",
        about=about,
        alt=f"Dots with means. {'; '.join(spoken)}.",
        numbers=part[["split", "method", "population", "n", "r2"]],
    )


@styled
def calibration_figure(frame: pd.DataFrame, *, about: About) -> Figure:
    """Observed against predicted means in groups of equal size by score, with the diagonal.

    frame: by, code, predicted, observed, sd; rows of by = "score".
    """
    part = frame[frame["by"] == "score"]
    figure, axes = canvas(height=4.2)
    ends = np.array([part[["predicted", "observed"]].min().min(), part["predicted"].max() + 0.5])
    axes.plot(ends, ends, color=PALE, lw=2, label="as predicted")
    axes.errorbar(
        part["predicted"], part["observed"], yerr=part["sd"], fmt="o", color=OURS, ms=4.5,
        capsize=2, ecolor=INK, elinewidth=0.8, label="groups by score",
    )  # fmt: skip
    axes.grid()
    axes.set(
        xlabel="mean score (points)", ylabel="mean of the outcome at equal intelligence (points)"
    )
    legend(figure, axes)
    pairs = zip(part["predicted"], part["observed"], strict=True)
    told = "; ".join(f"predicted {number(a)}, observed {number(b)}" for a, b in pairs)
    return exhibited(
        figure,
        "calibration",
        title="Does a score mean what it says?",
        unit="points of the outcome at equal intelligence",
        note="Tenths of the children by score; bars: standard deviation over splits",
        about=about,
        alt=f"Dots beside a diagonal. {told}.",
        numbers=part[["code", "n", "predicted", "observed", "difference", "sd"]],
    )
