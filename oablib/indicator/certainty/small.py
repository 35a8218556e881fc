"""Places by size, boards and municipalities beside sites; averaging early against late."""

import numpy as np
import pandas as pd

from oablib.indicator.certainty.classes import NO_POINTS, UNKNOWN, classed, half_width, within
from oablib.indicator.certainty.measured import Certainty
from oablib.indicator.certainty.settings import Rules

SITE, BOARD, MUNICIPALITY = "site", "board", "municipality"


def reliability(frame: pd.DataFrame) -> float:
    """Variance between places over all variance, of A - B a child; NaN for fewer than two.

    Draws of a place hold its own variance and that between places: what its noise leaves of the
    latter is what tells one place from another, this year's children being a sample. Errors that
    places share, such as those of effects, count as noise; that a score below 0 is none does not.
    """
    if len(frame) < 2:
        return np.nan
    n = frame["n_children"]
    between = float((frame["mean"] / n).var(ddof=1))
    noise = float(((frame["beyond_se"] / n) ** 2).mean())
    return max(1 - noise / between, 0.0) if between > 0 else 0.0


def by_size(certainty: Certainty, *, rules: Rules) -> pd.DataFrame:
    """Sites, boards and municipalities by size: what, at_least, places, half, reliability, wrong.

    Size is the number of pupils, of municipalities that of children. All is beyond this year's
    children. half: mean half width of the interval as a fraction of the mean score, both of places
    that more likely than not have a score. wrong: as in by_class.
    """
    rows = []
    for what, frame, limits in (
        (SITE, certainty.sites, rules.sizes),
        (BOARD, certainty.boards, rules.sizes),
        (MUNICIPALITY, certainty.municipalities, rules.municipality_sizes),
    ):
        for limit, part in within(frame, frame["n_children"], limits):
            chance = part["beyond_chance"]
            likely = part[chance >= 0.5]
            half = half_width(likely, "beyond_low", "beyond_high").mean()
            rows.append(
                {
                    "what": what,
                    "at_least": limit,
                    "places": len(part),
                    "half": half / max(likely["score"].mean(), NO_POINTS),
                    "reliability": reliability(part),
                    "wrong": np.minimum(chance, 1 - chance).mean(),
                }
            )
    return pd.DataFrame(rows)


def averaging(sites: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """Scores by share of imputed children: at_least, schools, paid, early, late, drawn and truth.

    Means a site, in points; the last row, with at_least NaN, is of all sites. paid: sites with a
    score by the first way. early: education averaged for each child; late: scores averaged over
    the draws of education; drawn: mean of the draws of everything that is uncertain; truth: where
    `sites` has it, else NaN.
    """
    classes = classed(sites, rules=rules)
    parts = [(limit, part) for by, limit, part in classes if by == UNKNOWN]
    truth = sites.get("truth", pd.Series(np.nan, index=sites.index))
    rows = [
        {
            "at_least": limit,
            "schools": len(part),
            "paid": int((part["early"] > 0).sum()),
            "early": part["early"].mean(),
            "late": part["late"].mean(),
            "drawn": part["score"].mean(),
            "truth": truth[part.index].mean(),
        }
        for limit, part in (*parts, (np.nan, sites))
    ]
    return pd.DataFrame(rows)
