"""The municipalities, postcode areas and rules that a country is drawn with."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.protocol.municipalities import municipalities
from oablib.synthetic.drawing import Frame, Rules, by_rank, keys, whole_parts


@dataclass(frozen=True, slots=True, eq=False)
class Areas:
    """Where people live.

    municipalities: municipality, name, inhabitants (thousands), urbanity (1 very urban to 5) and
    city (log inhabitants, standardised), by code. table: one row a postcode area in an order in
    which neighbours are near: municipality (row), postcode4, z (standing, mean 0, sd about 1).
    first, count: first area of each municipality and how many it has.
    """

    municipalities: Frame
    table: Frame
    first: NDArray[np.int64]
    count: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """What children are drawn with.

    rng: of all draws, which are made one after the other. rules: of the country; cohort:
    params/rules/synthetic.yaml, whose shifts and shares hold here too. published: herijking2021.
    known: the shares of herziening2015, education_known_in_register. sites: see `draw_sites`.
    """

    rng: np.random.Generator
    rules: Rules
    cohort: Rules
    published: Rules
    known: Rules
    areas: Areas
    sites: Frame

    @property
    def origins(self) -> list[str]:
        """Keys of the groups of origin; the code of a group is its position, from 1."""
        return keys(self.published, "origin_groups")


def draw_areas(rng: np.random.Generator, *, rules: Rules) -> Areas:
    """Draw what is not known of municipalities, and their areas.

    The numbers of areas follow inhabitants; postcodes are given out in the order of codes, so that
    no area is a real one of that number.
    """
    rule = rules["places"]
    municipalities = _municipalities(rng, rule)
    fewest = np.full(len(municipalities), rule["fewest_areas"])
    inhabitants = municipalities["inhabitants"].to_numpy()
    count = fewest + whole_parts(inhabitants, total=rule["areas"] - int(fewest.sum()))
    municipality = np.repeat(np.arange(len(count)), count)
    share = rule["municipality_share"]
    noise = np.sqrt(share) * rng.normal(size=len(count))
    standing = rule["size_slope"] * municipalities["city"].to_numpy() + noise
    n = len(municipality)
    table = pd.DataFrame(
        {
            "municipality": municipality,
            "postcode4": rule["first_postcode"] + np.arange(n),
            "z": standing[municipality] + np.sqrt(1 - share) * rng.normal(size=n),
        }
    )
    first = np.concatenate([[0], np.cumsum(count)[:-1]])
    return Areas(municipalities, table, first, count)


def _municipalities(rng: np.random.Generator, rule: Rules) -> Frame:
    frame = municipalities()
    size = rule["inhabitants"]
    drawn = size["median"] * np.exp(size["sigma"] * rng.normal(size=len(frame)))
    inhabitants = frame["inhabitants"].fillna(pd.Series(np.round(drawn, 1)))
    log = np.log(inhabitants)
    city = (log - log.mean()) / log.std()
    urban = city + rule["urbanity_noise"] * rng.normal(size=len(frame))
    return frame.assign(
        inhabitants=inhabitants,
        city=city,
        urbanity=by_rank(-urban.to_numpy(), np.array(rule["urbanity_shares"])),
    )
