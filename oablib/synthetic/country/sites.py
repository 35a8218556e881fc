"""School sites: municipality, area, size, standing, board and codes."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.errors import ParameterError
from oablib.synthetic.country.world import Areas
from oablib.synthetic.drawing import BRINS, Frame, Rules, brin_code, whole_parts

ORDINARY, TRAVELLING = 1, 2
BOARDS = (10_000, 100_000)  # codes have five digits


def draw_sites(rng: np.random.Generator, *, areas: Areas, share: float, rules: Rules) -> Frame:
    """Sites with pupils on the later reference date, then those that closed or merged before it.

    One row a site, in the order of areas: municipality and area (rows), pupils (0 for those that
    are gone), z (standing, mean 0, sd about 1), school_type, near_centre, newcomers
    (whether many are not in the register), opened, gave_to and gave_share (the row of a gone site
    where that share of its pupils was before, -1 for none), board, school_id.

    Raises ParameterError when the share gives fewer sites than a country needs.
    """
    count = round(rules["sites"] * share)
    if not 0 < share <= 1 or count < rules["smallest_country"]:
        raise ParameterError(
            f"A share of {share:g} of the country has {count} sites; expected a share up to 1 "
            f"with at least {rules['smallest_country']} sites "
            f"(share {rules['smallest_country'] / rules['sites']:.4f})."
        )
    sites = _standing(rng, areas=areas, count=count, rules=rules)
    _add_marks(rng, sites, share=share, rules=rules)
    sites["board"] = _boards(rng, count=count, rule=rules["schools"])
    sites["brin"] = _brins(rng, sites, chance=rules["schools"]["further_site"])
    sites = _with_gone_sites(rng, sites, rule=rules["turnover"])
    low, high = BOARDS
    boards = low + rng.choice(high - low, sites["board"].max() + 1, replace=False)
    sites["board"] = boards[sites["board"]].astype(str)
    brins = rng.choice(BRINS, sites["brin"].max() + 1, replace=False)
    # Sites of a BRIN are numbered from 00 in the order of their rows.
    numbers = sites.groupby("brin").cumcount()
    pairs = zip(brins[sites["brin"]], numbers, strict=True)
    sites["school_id"] = [f"{brin_code(brin)}{number:02d}" for brin, number in pairs]
    return sites


def _standing(rng: np.random.Generator, *, areas: Areas, count: int, rules: Rules) -> Frame:
    rule = rules["schools"]
    inhabitants = areas.municipalities["inhabitants"].to_numpy()
    parts = _sites_of(inhabitants, total=count)
    municipality = np.repeat(np.arange(len(parts)), parts)
    within = rng.integers(0, areas.count[municipality])
    area = np.sort(areas.first[municipality] + within)
    size = rule["size_median"] * np.exp(rule["size_sigma"] * rng.normal(size=count))
    near = rule["area_share"]
    z = np.sqrt(near) * areas.table["z"].to_numpy()[area]
    return pd.DataFrame(
        {
            "municipality": municipality,
            "area": area,
            "pupils": np.clip(np.rint(size), *rule["size_range"]).astype(int),
            "z": z + np.sqrt(1 - near) * rng.normal(size=count),
        }
    )


def _sites_of(inhabitants: NDArray[np.float64], *, total: int) -> NDArray[np.int64]:
    """Sites of each municipality: every one has a site where there are enough for that."""
    parts = whole_parts(inhabitants, total=total)
    while (parts == 0).any() and total >= 3 * len(parts):
        parts[np.argmax(parts)] -= 1
        parts[np.argmin(parts)] += 1
    return parts


def _add_marks(rng: np.random.Generator, sites: Frame, *, share: float, rules: Rules) -> None:
    n = len(sites)
    order = rng.permutation(n)
    travelling = order[: max(1, round(rules["schools"]["travelling"] * share))]
    sites["school_type"] = np.where(np.isin(np.arange(n), travelling), TRAVELLING, ORDINARY)
    low, high = rules["schools"]["travelling_size"]
    sites.loc[travelling, "pupils"] = rng.integers(low, high + 1, len(travelling))
    sites.loc[travelling, "z"] += rules["schools"]["travelling_standing"]
    for mark, part in (
        ("near_centre", rules["asylum"]["sites_near_centre"]),
        ("newcomers", rules["not_registered"]["newcomer_sites"]),
    ):
        sites[mark] = np.isin(np.arange(n), rng.permutation(n)[: max(1, round(part * n))])
    opened = order[::-1][: max(1, round(rules["turnover"]["opened"] * n))]
    sites["opened"] = np.isin(np.arange(n), opened)


def _boards(rng: np.random.Generator, *, count: int, rule: Rules) -> NDArray[np.int64]:
    """Number of the board of each of `count` sites: neighbouring sites share a board."""
    size = rule["board_median"] * np.exp(rule["board_sigma"] * rng.normal(size=count))
    sizes = np.clip(np.rint(size), 1, rule["board_largest"]).astype(np.int64)
    return np.repeat(np.arange(count), sizes)[:count]


def _brins(rng: np.random.Generator, sites: Frame, *, chance: float) -> NDArray[np.int64]:
    """Number of the BRIN of each site: some share that of the site before, of board and town."""
    town, board = sites["municipality"].to_numpy(), sites["board"].to_numpy()
    alone = rng.random(len(sites)) >= chance
    alone[0] = True
    alone[1:] |= (board[1:] != board[:-1]) | (town[1:] != town[:-1])
    return np.cumsum(alone) - 1


def _with_gone_sites(rng: np.random.Generator, sites: Frame, *, rule: Rules) -> Frame:
    """Add sites that merged (their BRIN remains) or closed (it ends), and who took their pupils."""
    n = len(sites)
    merged, closed = (max(1, round(rule[key] * n)) for key in ("merged", "closed"))
    free = rng.permutation(np.flatnonzero(~sites["opened"].to_numpy()))
    took = free[: merged + 3 * closed]
    gone = np.concatenate([np.arange(merged), merged + np.arange(len(took) - merged) % closed])
    sites["gave_to"], sites["gave_share"] = -1, 0.0
    sites.loc[took, "gave_to"] = n + gone
    sites.loc[took[:merged], "gave_share"] = rule["merged_gave"]
    sites.loc[took[merged:], "gave_share"] = rule["closed_gave"]
    old = sites.iloc[took[: merged + closed]].copy()
    old.loc[:, ["pupils", "gave_to", "gave_share"]] = [0, -1, 0.0]
    old["school_type"] = ORDINARY
    fresh = sites["brin"].max() + 1 + np.arange(closed)
    old["brin"] = np.concatenate([old["brin"].to_numpy()[:merged], fresh])
    return pd.concat([sites, old], ignore_index=True)
