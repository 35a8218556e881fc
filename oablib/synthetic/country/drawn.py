"""Draw the country: children of two reference dates, sites and municipalities."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from oablib import params
from oablib.base.errors import ParameterError
from oablib.base.language import Words
from oablib.base.origin import Origin
from oablib.protocol import codebook
from oablib.synthetic import settings as cohort_settings
from oablib.synthetic.country import settings, turnover
from oablib.synthetic.country.background import add_background
from oablib.synthetic.country.children import draw_children
from oablib.synthetic.country.delivered import delivered
from oablib.synthetic.country.registers import add_registers
from oablib.synthetic.country.sites import draw_sites
from oablib.synthetic.country.world import World, draw_areas

YEARS = (2001, 2099)  # of registration, as the codebook's asylum_registered allows


@dataclass(frozen=True, slots=True, eq=False)
class Country:
    """A synthetic country on the reference dates of two years, and the truth behind it.

    children: year -> one row a child in random order, columns of the codebook's table `children`.
    sites (of both years), municipalities (all 342): the codebook's tables of these names.
    education: year -> child_id, the true education_father and education_mother, and with them
    origin, residence_mother and debt_restructuring, for every child of that year.
    origin: for captions and manifests.
    """

    children: Mapping[int, pd.DataFrame]
    sites: pd.DataFrame
    municipalities: pd.DataFrame
    education: Mapping[int, pd.DataFrame]
    origin: Origin


def draw_country(*, share: float, year: int, seed: int) -> Country:
    """Draw a share of the country on the reference dates of year - 1 and year.

    Children are a year older on the second, also where the day of the reference date changed.
    share: of the sites, each of full size; 1 is the whole country, about 1.4 million pupils and
    250,000 toddlers. What decides the draw is in params/rules/synthetic_country.yaml,
    municipalities.yaml and synthetic.yaml, and in params/published.

    Raises ParameterError when the share leaves fewer than 12 sites or is over 1, or the year is
    not from 2001 to 2099.
    """
    if not YEARS[0] <= year <= YEARS[1]:
        raise ParameterError(f"The year {year} was asked; expected {YEARS[0]} to {YEARS[1]}.")
    rng, rules = np.random.default_rng(seed), settings.rules()
    areas = draw_areas(rng, rules=rules)
    sites = draw_sites(rng, areas=areas, share=share, rules=rules)
    world = World(
        rng=rng,
        rules=rules,
        cohort=cohort_settings.rules(),
        published=params.published("herijking2021"),
        known=params.published("herziening2015")["education_known_in_register"],
        areas=areas,
        sites=sites,
    )
    children = draw_children(world)
    add_background(world, children)
    add_registers(world, children, year=year, share=share)
    by_year = {year - 1: turnover.before(world, children), year: turnover.now(children)}
    book = codebook.load("codebook")
    pairs = {
        year: delivered(world, frame, table=book.table("children"))
        for year, frame in by_year.items()
    }
    return Country(
        children={year: frame for year, (frame, _) in pairs.items()},
        sites=_sites(world)[[column.key for column in book.table("sites").columns]],
        municipalities=areas.municipalities[["municipality", "name", "urbanity"]],
        education={year: truth for year, (_, truth) in pairs.items()},
        origin=_origin(share=share, year=year, seed=seed),
    )


def _origin(*, share: float, year: int, seed: int) -> Origin:
    parts = f"{share:.2%} of its schools, {year - 1} and {year}, seed {seed}"
    delen = f"{share:.2%} van de scholen, {year - 1} en {year}, startgetal {seed}".replace(".", ",")
    words = Words(en=f"synthetic country ({parts})", nl=f"synthetisch land ({delen})")
    return Origin(words, drawn=True)


def _sites(world: World) -> pd.DataFrame:
    """Sites with codes for rows, by school_id."""
    sites = world.sites
    codes = world.areas.municipalities["municipality"].to_numpy()
    postcodes = world.areas.table["postcode4"].to_numpy()
    coded = sites.assign(
        municipality=codes[sites["municipality"]],
        postcode4=postcodes[sites["area"]].astype(np.int16),
        school_type=sites["school_type"].astype(np.int8),
    )
    return coded.sort_values("school_id", ignore_index=True)
