"""Whose scores can be relied on: schools by verdict, and by size, share imputed and urbanity."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.indicator.certainty.draws import SOURCES
from oablib.indicator.certainty.settings import Rules

NONE, AMOUNT, WIDE, DOUBT, COIN = "none", "amount", "wide", "doubt", "coin"
VERDICTS = (NONE, AMOUNT, WIDE, DOUBT, COIN)
"""Surely no score; a score whose amount is relied on; surely a score, of an amount that is not
relied on; a score above 0 in doubt; one that depends on a coin."""

SIZE, UNKNOWN, URBANITY = "size", "unknown", "urbanity"

NO_POINTS = 1e-9  # in place of a sum or mean of 0 that is divided by


def verdicts(frame: pd.DataFrame, *, rules: Rules) -> NDArray[np.object_]:
    """One of VERDICTS for each place (n,); frame: with chance, score, low and high."""
    chance, half = frame["chance"], (frame["high"] - frame["low"]) / 2
    low, high = rules.coin
    conditions = {
        COIN: chance.between(low, high),
        DOUBT: chance.between(rules.doubt, 1 - rules.doubt, inclusive="neither"),
        NONE: chance <= rules.doubt,
        AMOUNT: half <= rules.relied_on * frame["score"],
    }
    return np.select(list(conditions.values()), list(conditions), default=WIDE).astype(object)


def by_verdict(frame: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """Places by verdict: verdict, places, share_points.

    share_points: fraction of all points of scores as a run has them (`early`).
    """
    grouped = frame.groupby(verdicts(frame, rules=rules))
    points = grouped["early"].sum() / max(float(frame["early"].sum()), NO_POINTS)
    table = pd.DataFrame({"places": grouped.size(), "share_points": points})
    return table.reindex(list(VERDICTS), fill_value=0).rename_axis("verdict").reset_index()


def classed(sites: pd.DataFrame, *, rules: Rules) -> Iterator[tuple[str, float, pd.DataFrame]]:
    """Sites of each class: by what, smallest of the class (a code of urbanity), and the sites.

    Sites in a municipality of unknown urbanity are in no class of it.
    """
    urban = sites.dropna(subset=["urbanity"])
    for by, part, values, limits in (
        (SIZE, sites, sites["n_children"], rules.sizes),
        (UNKNOWN, sites, sites["unknown"] + sites["matched"], rules.unknown),
        (URBANITY, urban, urban["urbanity"], sorted(urban["urbanity"].unique())),
    ):
        for limit, of_class in within(part, values, limits):
            yield by, limit, of_class


def within(
    frame: pd.DataFrame, values: pd.Series, limits: Sequence[float]
) -> Iterator[tuple[float, pd.DataFrame]]:
    """Rows of each class that has some, by its smallest value; limits: rising."""
    row = np.searchsorted(limits, values, side="right") - 1
    for number, limit in enumerate(limits):
        if (row == number).any():
            yield float(limit), frame[row == number]


def half_width(frame: pd.DataFrame, low: str, high: str) -> pd.Series:
    """Half the interval of each score, points; limits of A - B below 0 are a score of 0."""
    return (frame[high].clip(lower=0) - frame[low].clip(lower=0)) / 2


def by_class(sites: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """Sites by class: by, at_least, schools, paid, and how sure scores are in it.

    paid: sites with a score as a run has it. score: their mean score. half: median half width of
    their intervals as a fraction of the score. wrong: expected share of sites that are on the other
    side of 0 than their chance says, the mean of the smaller of chance and its complement. ranks:
    median width of the interval of ranks, as a fraction of all sites.
    """
    rows = []
    for by, limit, part in classed(sites, rules=rules):
        paid = part[part["early"] > 0]
        half = half_width(paid, "low", "high") / paid["early"]
        ranks = (part["rank_high"] - part["rank_low"]) / len(sites)
        rows.append(
            {
                "by": by,
                "at_least": limit,
                "schools": len(part),
                "paid": len(paid),
                "score": paid["early"].mean(),
                "half": half.median(),
                "wrong": np.minimum(part["chance"], 1 - part["chance"]).mean(),
                "ranks": ranks.median(),
            }
        )
    return pd.DataFrame(rows)


def sources(sites: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """Shares of the variance of A - B by source and class: by, at_least, schools, sd, ...

    sd: median standard deviation of A - B, points, with all sources. A column a source: its share
    of the sum over sources of the class's mean variances, each school's divided by its children.
    """
    rows = []
    for by, limit, part in classed(sites, rules=rules):
        of_child = {name: float((part[name] / part["n_children"]).mean()) for name in SOURCES}
        total = max(sum(of_child.values()), 1e-12)
        row: dict[str, object] = {
            "by": by,
            "at_least": limit,
            "schools": len(part),
            "sd": part["beyond_se"].median(),
        }
        rows.append(row | {name: value / total for name, value in of_child.items()})
    return pd.DataFrame(rows)


def coins(sites: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """Sites whose payment depends on a coin, by size: at_least, sites, schools, points.

    schools: those of the `sites` of the class. points: of scores as a run has them.
    """
    verdict = pd.Series(verdicts(sites, rules=rules), index=sites.index)
    rows = []
    for limit, part in within(sites, sites["n_children"], rules.sizes):
        chosen = part[verdict[part.index] == COIN]
        rows.append((limit, len(part), len(chosen), float(chosen["early"].sum())))
    return pd.DataFrame(rows, columns=["at_least", "sites", "schools", "points"])
