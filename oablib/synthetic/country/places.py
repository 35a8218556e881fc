"""Municipalities and the made-up postcode areas that children live in."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.protocol.municipalities import municipalities
from oablib.synthetic.country.drawing import whole_parts
from oablib.synthetic.population import Frame, Rules, by_rank


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Where people live.

    municipalities: municipality, name, inhabitants (thousands), urbanity (1 very urban to 5) and
    city (log inhabitants, standardised), by code. areas: one row a postcode area in an order in
    which neighbours are near: municipality (row), postcode4, z (standing, mean 0, sd about 1).
    first, count: first area of each municipality and how many it has.
    """

    municipalities: Frame
    areas: Frame
    first: NDArray[np.int64]
    count: NDArray[np.int64]


def draw_places(rng: np.random.Generator, *, rules: Rules) -> Places:
    """Draw what is not known of municipalities, and their areas.

    The numbers of areas follow inhabitants; postcodes are given out in the order of codes, so that
    no area is a real one of that number.
    """
    rule = rules["places"]
    municipalities = _municipalities(rng, rule)
    count = _areas_of(municipalities["inhabitants"].to_numpy(), rule=rule)
    place = np.repeat(np.arange(len(count)), count)
    share = rule["municipality_share"]
    own = np.sqrt(share) * rng.normal(size=len(count))
    standing = rule["size_slope"] * municipalities["city"].to_numpy() + own
    areas = pd.DataFrame(
        {
            "municipality": place,
            "postcode4": rule["first_postcode"] + np.arange(len(place)),
            "z": standing[place] + np.sqrt(1 - share) * rng.normal(size=len(place)),
        }
    )
    first = np.concatenate([[0], np.cumsum(count)[:-1]])
    return Places(municipalities, areas, first, count)


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


def _areas_of(inhabitants: NDArray[np.float64], *, rule: Rules) -> NDArray[np.int64]:
    least = np.full(len(inhabitants), rule["fewest_areas"])
    return least + whole_parts(inhabitants, total=rule["areas"] - int(least.sum()))
