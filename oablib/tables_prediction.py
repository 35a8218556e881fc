"""Tables of the prediction: measures by method and population, calibration, waves."""

import pandas as pd

from oablib.exhibit import About, Table
from oablib.tables_canvas import IN_HEADINGS, Look, show
from oablib.wording import words

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


def settings(frame: pd.DataFrame) -> Table:
    """Settings of the splits."""
    about = About("every split", "params/rules/prediction.yaml")
    title = "How the prediction is tried out"
    return show(frame, "settings", title=title, unit=IN_HEADINGS, about=about)


def measures(frame: pd.DataFrame, *, splits: int, about: About) -> Table:
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


def schools(frame: pd.DataFrame, *, about: About) -> Table:
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


def calibration(frame: pd.DataFrame, *, about: About) -> Table:
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


def waves(frame: pd.DataFrame, *, about: About) -> Table:
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
