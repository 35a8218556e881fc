"""Places by size, boards and municipalities beside sites; averaging early against late."""

import numpy as np
import pandas as pd

from oablib.indicator.certainty.classes import UNKNOWN, classed, within
from oablib.indicator.certainty.measured import Certainty
from oablib.indicator.certainty.settings import Rules

SITE, BOARD, MUNICIPALITY = "site", "board", "municipality"


def reliability(frame: pd.DataFrame) -> float:
    """Variance between places over all variance, of A - B a child; NaN for fewer than two.

    Draws of a place hold its own variance and that between places: what its noise leaves of the
    latter is what tells one place from another, this year's children being a sample.
    """
    if len(frame) < 2:
        return np.nan
    n = frame["n_children"]
    between = float((frame["mean"] / n).var(ddof=1))
    noise = float(((frame["beyond_se"] / n) ** 2).mean())
    return max(1 - noise / between, 0.0) if between > 0 else 0.0


def by_size(certainty: Certainty, *, rules: Rules) -> pd.DataFrame:
    """Sites, boards and municipalities by size: what, at_least, places, half, reliability, wrong.

    Size is the number of pupils, of municipalities that of children.
    half: mean half width of the interval beyond this year's children as a fraction of the mean
    score, both of places with one; wrong: as in by_class, beyond this year's children.
    """
    rows = []
    for what, frame, limits in (
        (SITE, certainty.sites, rules.sizes),
        (BOARD, certainty.boards, rules.sizes),
        (MUNICIPALITY, certainty.municipalities, rules.municipality_sizes),
    ):
        for limit, part in within(frame, frame["n_children"], limits):
            chance = part["beyond_chance"]
            paid = part[part["score"] > 0]
            half = (paid["beyond_high"] - paid["beyond_low"].clip(lower=0)) / 2
            rows.append(
                {
                    "what": what,
                    "at_least": limit,
                    "places": len(part),
                    "half": half.mean() / max(paid["score"].mean(), 1e-9),
                    "reliability": reliability(part),
                    "wrong": np.minimum(chance, 1 - chance).mean(),
                }
            )
    return pd.DataFrame(rows)


def averaging(sites: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """Scores by share of unknown education: at_least, schools, early, late, drawn and truth.

    Means a site, in points. early: education averaged for each child; late: scores averaged over
    the draws of education; drawn: mean of the draws of everything that is uncertain; truth: where
    `sites` has it, else NaN.
    """
    truth = sites.get("truth", pd.Series(np.nan, index=sites.index))
    rows = [
        {
            "at_least": limit,
            "schools": len(part),
            "early": part["early"].mean(),
            "late": part["late"].mean(),
            "drawn": part["score"].mean(),
            "truth": truth[part.index].mean(),
        }
        for by, limit, part in classed(sites, rules=rules)
        if by == UNKNOWN
    ]
    return pd.DataFrame(rows)
