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
    """Places by verdict: verdict, places, children, points, share_places, share_points.

    points: of scores as a run has them (`early`); shares are fractions of all places and points.
    """
    verdict = verdicts(frame, rules=rules)
    grouped = frame.groupby(verdict)
    table = pd.DataFrame(
        {
            "places": grouped.size(),
            "children": grouped["n_children"].sum(),
            "points": grouped["early"].sum(),
        }
    ).reindex(list(VERDICTS), fill_value=0)
    table["share_places"] = table["places"] / len(frame)
    table["share_points"] = table["points"] / max(float(frame["early"].sum()), 1e-9)
    return table.rename_axis("verdict").reset_index()


def classed(sites: pd.DataFrame, *, rules: Rules) -> Iterator[tuple[str, float, pd.DataFrame]]:
    """Sites of each class: by what, smallest of the class (a code of urbanity), and the sites."""
    imputed = sites["unknown"] + sites["matched"]
    for by, values, limits in (
        (SIZE, sites["n_children"], rules.sizes),
        (UNKNOWN, imputed, rules.unknown),
        (URBANITY, sites["urbanity"], tuple(sorted(sites["urbanity"].dropna().unique()))),
    ):
        for limit, part in within(sites, values, limits):
            yield by, limit, part


def within(
    frame: pd.DataFrame, values: pd.Series, limits: Sequence[float]
) -> Iterator[tuple[float, pd.DataFrame]]:
    """Rows of each class that has some, by its smallest value; limits: rising."""
    row = np.searchsorted(limits, values, side="right") - 1
    for number, limit in enumerate(limits):
        if (row == number).any():
            yield float(limit), frame[row == number]


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
        half = (paid["high"] - paid["low"].clip(lower=0)) / 2 / paid["early"]
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
    """Sites whose payment depends on a coin, by size: at_least, sites, schools, children, points.

    schools: those of the `sites` of the class. points: of scores as a run has them.
    """
    verdict = pd.Series(verdicts(sites, rules=rules), index=sites.index)
    rows = []
    for limit, part in within(sites, sites["n_children"], rules.sizes):
        chosen = part[verdict[part.index] == COIN]
        sums = (int(chosen["n_children"].sum()), float(chosen["early"].sum()))
        rows.append((limit, len(part), len(chosen), *sums))
    return pd.DataFrame(rows, columns=["at_least", "sites", "schools", "children", "points"])
