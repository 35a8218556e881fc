"""How sure the score of each place is: chances, intervals and ranks out of draws."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from oablib.base.shown import showable
from oablib.indicator import allocation
from oablib.indicator.certainty import draws as drawing
from oablib.indicator.certainty.draws import OF_THESE_CHILDREN, SOURCES
from oablib.indicator.certainty.estimates import Estimates
from oablib.indicator.certainty.layout import Layout
from oablib.indicator.certainty.settings import Rules
from oablib.indicator.certainty.spread import Pieces, bandwidth, widened

Points = NDArray[np.float64]


@showable(private=("sites", "municipalities", "boards"))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Certainty:
    """How sure scores are, with one row a place that has children who count.

    sites: school_id, board, municipality, urbanity, n_children; unknown and matched (fractions of
    pupils with drawn education, and with the score of a donor); the columns of `_judged`; early and
    late: scores by a run's two ways of averaging; education, donors, estimates, sampling: variance
    of A - B that each source alone gives, points squared.
    municipalities: municipality, n_children and the columns of `_judged`.
    boards: board, sites, n_children, and the columns of `_judged` for the sum of its sites' scores.
    """

    sites: pd.DataFrame
    municipalities: pd.DataFrame
    boards: pd.DataFrame


def measure(layout: Layout, estimates: Estimates, *, rules: Rules, seed: int) -> Certainty:
    """Draw everything that is uncertain and judge the score of each place.

    Draws reuse the m draws of education, each child one of its own, so that they lack 1 / m of the
    variance, and what children have in common in a draw; and their mean is itself that of m draws.
    By Rubin's rules (1 + 1/m) V is wanted, with V the variance between whole draws. Deviations of
    draws from their mean are made larger to have it: see `spread.widened`. Estimates are noisy and
    draws of them twice so, which makes schools look alike; `spread.of_noise` takes that out.
    docs/decisions/0019.
    """
    drawn = drawing.draw(layout, estimates, varied=SOURCES, draws=rules.draws, seed=seed)
    alone = {
        source: drawing.draw(
            layout, estimates, varied=(source,), draws=rules.source_draws, seed=seed
        )
        for source in OF_THESE_CHILDREN
    }
    whole = drawing.rounds(layout, estimates.indicator)
    held = drawing.draw(layout, estimates, varied=(), draws=1, seed=seed)
    counted = _sites(layout)
    there = (counted["n_children"] > 0).to_numpy()
    n = counted["n_children"].to_numpy()[there]
    pieces = Pieces(drawn, alone["education"], alone["estimates"], held, whole)
    these, beyond = pieces.sites(there, children=n)
    variances = {source: each.sites.var(axis=0, ddof=1)[there] for source, each in alone.items()}
    # Education counts as in the intervals, with the variance of Rubin's rules.
    alone_there = alone["education"].sites[:, there]
    (wide,) = widened([alone_there], alone_there, whole=whole.sites[:, there], children=n)
    variances["education"] = wide.var(axis=0, ddof=1)
    # The same draws with and without sampling differ by nothing else.
    variances["sampling"] = (drawn.sampled_sites - drawn.sites).var(axis=0, ddof=1)[there]
    judged = _judged(these, beyond, layout=layout, rules=rules)
    late = np.maximum(np.round(whole.sites[:, there], layout.law.decimals), 0).mean(axis=0)
    parts = [counted[there].reset_index(drop=True), judged]
    sites = pd.concat(parts, axis=1).assign(late=late, **variances)
    return Certainty(
        sites=sites,
        municipalities=_municipalities(layout, pieces, rules=rules),
        boards=_boards(sites, these, beyond, layout=layout, rules=rules),
    )


def of_payer(certainty: Certainty) -> pd.DataFrame:
    """Each site and municipality for whom pays it: level, place, n_children, score, low, high, ...

    score: mean over draws; low, high, chance: of these children; beyond_low, beyond_high,
    beyond_chance: of others of the same kind; limits are not below 0. rank, rank_low, rank_high.
    """
    limits = ["low", "high", "beyond_low", "beyond_high"]
    columns = ["level", "place", "n_children", "score", "low", "high", "chance", "beyond_low",
               "beyond_high", "beyond_chance", "rank", "rank_low", "rank_high"]  # fmt: skip
    parts = [
        certainty.sites.assign(level="site", place=certainty.sites["school_id"]),
        certainty.municipalities.assign(
            level="municipality", place=certainty.municipalities["municipality"]
        ),
    ]
    frame = pd.concat([part[columns] for part in parts], ignore_index=True)
    return frame.assign(**{name: frame[name].clip(lower=0) for name in limits})


def _judged(
    these: Points,
    beyond: Points,
    *,
    layout: Layout,
    rules: Rules,
    margin: tuple[Points, Points] | None = None,
) -> pd.DataFrame:
    """What draws (d, places) say of each place.

    margin: of these and beyond, what is above 0 where there is a score; the same unless given.

    mean and se of A - B; score: mean of the scores, 0 where A - B is negative; low, high: limits of
    the interval of A - B at the rules' level, for these children; chance: of a score above 0;
    beyond_low, beyond_high, beyond_se, beyond_chance: the same for other children of the same kind;
    rank, rank_low, rank_high: place in the order of A - B, 1 for the highest.
    """
    tails = [(1 - rules.level) / 2, (1 + rules.level) / 2]
    low, high = np.quantile(these, tails, axis=0)
    beyond_low, beyond_high = np.quantile(beyond, tails, axis=0)
    ranks = these.shape[1] - np.argsort(np.argsort(these, axis=1), axis=1)
    rank_low, rank_high = np.quantile(ranks, tails, axis=0)
    least = layout.law.least_points
    above_zero, beyond_above_zero = margin or (these, beyond)
    return pd.DataFrame(
        {
            "mean": these.mean(axis=0),
            "se": these.std(axis=0, ddof=1),
            "score": np.maximum(these, 0).mean(axis=0),
            "low": low,
            "high": high,
            "chance": _chance(above_zero, least=least),
            "beyond_low": beyond_low,
            "beyond_high": beyond_high,
            "beyond_se": beyond.std(axis=0, ddof=1),
            "beyond_chance": _chance(beyond_above_zero, least=least),
            "rank": ranks.mean(axis=0),
            "rank_low": rank_low,
            "rank_high": rank_high,
        }
    )


def _chance(points: Points, *, least: float) -> Points:
    """Chance that each place has at least so many points, (places,), out of draws (d, places).

    Draws are made smooth by a normal kernel that leaves their mean and variance as they are, so
    that chances of less than a draw are those of its tail.
    """
    mean, sd = points.mean(axis=0), points.std(axis=0, ddof=1)
    width = bandwidth(1.0, len(points))
    kept = 1 / np.sqrt(1 + width**2)
    distance = (kept * (points - mean) + mean - least) / np.where(sd > 0, kept * width * sd, 1)
    smooth = ndtr(distance).mean(axis=0)
    return np.asarray(np.where(sd > 0, smooth, mean >= least))


def _sites(layout: Layout) -> pd.DataFrame:
    """What is known of all sites, in their order, with their scores as a run has them."""
    children, counted = layout.children, layout.counted
    size, pupils = len(children.sites), len(counted.site)
    n = np.bincount(counted.site, minlength=size)
    marks = {"unknown": layout.profiles.rows, "matched": layout.recipients}
    shares = {
        name: np.bincount(counted.site[rows[rows < pupils]], minlength=size) / np.maximum(n, 1)
        for name, rows in marks.items()
    }
    listed = children.municipalities.set_index("municipality")["urbanity"]
    early = allocation.schools(
        children.frame(score=layout.early.score), children.sites, rules=layout.law
    ).set_index("school_id")["achterstandsscore"]
    sites = children.sites[["school_id", "board", "municipality"]].assign(
        urbanity=children.sites["municipality"].map(listed), n_children=n, **shares
    )
    return sites.assign(early=sites["school_id"].map(early).to_numpy())


def _municipalities(layout: Layout, pieces: Pieces, *, rules: Rules) -> pd.DataFrame:
    row = layout.counted.municipality
    n = np.bincount(row[row >= 0], minlength=len(layout.children.municipalities))
    there = n > 0
    these, beyond = pieces.municipalities(there, children=n[there])
    judged = _judged(these, beyond, layout=layout, rules=rules)
    listed = layout.children.municipalities.loc[there, ["municipality"]]
    return pd.concat([listed.reset_index(drop=True).assign(n_children=n[there]), judged], axis=1)


def _boards(
    sites: pd.DataFrame, these: Points, beyond: Points, *, layout: Layout, rules: Rules
) -> pd.DataFrame:
    """Boards: what their sites' scores add up to, each of them 0 where it is negative."""
    number, names = pd.factorize(sites["board"], sort=True)
    belongs = np.zeros((len(sites), len(names)))
    belongs[np.arange(len(sites)), number] = 1
    judged = _judged(
        np.maximum(these, 0) @ belongs,
        np.maximum(beyond, 0) @ belongs,
        layout=layout,
        rules=rules,
        margin=(_highest(these, number), _highest(beyond, number)),
    )
    counts = {"board": names, "sites": belongs.sum(axis=0).astype(int)}
    children = belongs.T @ sites["n_children"].to_numpy()
    frame = pd.DataFrame(counts | {"n_children": children.astype(int)})
    return pd.concat([frame, judged], axis=1)


def _highest(points: Points, number: NDArray[np.intp]) -> Points:
    """The highest points of any site of each board, (d, boards); number: (sites,) its board."""
    order = np.argsort(number, kind="stable")
    first = np.searchsorted(number[order], np.arange(number.max() + 1))
    return np.maximum.reduceat(points[:, order], first, axis=1)
