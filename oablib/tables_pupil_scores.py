"""Tables of the country's children and of their scores."""

import pandas as pd

from oablib.exhibit import About, Table
from oablib.tables_canvas import IN_HEADINGS, Look, show
from oablib.wording import words


def about(country: pd.DataFrame) -> About:
    """Population, n and source for captions, out of the results table `country`."""
    row = country.iloc[0]
    who = (
        f"{row['children']:,} children on 1 October {row['year']}: {row['pupils']:,} pupils at "
        f"{row['sites']:,} school sites and {row['toddlers']:,} toddlers"
    )
    return About(who, str(row["source"]))


def turnover(frame: pd.DataFrame, *, about: About) -> Table:
    """Who came, stayed and left."""
    return show(frame, "turnover", title="From one reference date to the next",
                unit="children", about=about, look=Look(labels={"what": ""}))  # fmt: skip


def registered(frame: pd.DataFrame, *, about: About) -> Table:
    """Who is absent from the population register."""
    return show(
        frame,
        "registered",
        title="Children of whom somebody is not in the population register",
        unit=IN_HEADINGS,
        note="Without child or parent in the register no score can be computed",
        about=about,
        look=Look(shares=("share",), labels={"absent": "not in the register"}),
    )


def known(frame: pd.DataFrame, *, about: About) -> Table:
    """Known education by year of enrolment, the published shares beside."""
    return show(
        frame.assign(parent=frame["parent"].map({"father": "Father", "mother": "Mother"})),
        "known",
        title="Whose education registers know",
        unit="% of all children",
        note="Years enrolled; 0: toddlers. Published: De Mooij et al. (2015), appendix 2",
        about=about,
        look=Look(groups="parent", shares=("known", "published")),
    )


def settings(frame: pd.DataFrame) -> Table:
    """Settings of the scores."""
    about = About("every score", "params/rules/pupil_scores.yaml")
    return show(frame, "settings", title="How scores are made", unit=IN_HEADINGS, about=about)


def effects(frame: pd.DataFrame, *, about: About) -> Table:
    """Direct effects of both indicators, and where each is from."""
    labels = {"low": "current, least", "high": "current, most", "new_from": "new: from",
              "current_from": "current: from"}  # fmt: skip
    return show(
        frame,
        "effects",
        title="Direct effects of both indicators",
        unit="points per unit of the predictor",
        note="Least and most: what rounding of the published standardised effect leaves open",
        about=about,
        look=Look(labels=labels, digits=3),
    )


def contributions(frame: pd.DataFrame, *, about: About) -> Table:
    """What each category adds to a score under both indicators."""
    named = frame.assign(variable=frame["variable"].map(words))
    columns = ["variable", "label", "new", "current", "difference"]
    return show(
        named[columns],
        "contributions",
        title="What each category adds to a score",
        unit="points",
        about=about,
        look=Look(groups="variable", labels={"label": "category"}),
    )


def sources(frame: pd.DataFrame, *, about: About) -> Table:
    """Where scores come from."""
    told = {
        "direct": "computed, all known",
        "education": "computed, education drawn",
        "matched": "lent by a donor",
        "asylum": "asylum: mean of the lowest 15 %",
    }
    return show(
        frame.assign(provenance=frame["provenance"].map(told)),
        "sources",
        title="Where scores come from",
        unit=IN_HEADINGS,
        about=about,
        look=Look(shares=("share",), labels={"mean": "mean score (points)", "provenance": "score"}),
    )


def reuse(frame: pd.DataFrame, *, about: About) -> Table:
    """How often a donor lends its score."""
    return show(
        frame,
        "reuse",
        title="How often donors lend their score",
        unit=IN_HEADINGS,
        note="times: children who got the score of one donor; share: of those who got one",
        about=about,
        look=Look(shares=("share",)),
    )


def matched_by_school(frame: pd.DataFrame, *, about: About) -> Table:
    """Schools by the share of scores that donors lent."""
    named = frame.assign(
        share=[f"{100 * a:.0f} to {100 * b:.0f} %" for a, b in
               zip(frame["lower"], frame["upper"], strict=True)]
    )  # fmt: skip
    return show(
        named[["share", "schools", "pupils"]],
        "matched-by-school",
        title="Schools by the share of scores that donors lent",
        unit=IN_HEADINGS,
        about=about,
        look=Look(labels={"share": "share of pupils"}),
    )
