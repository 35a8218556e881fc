"""What families are: origin, education, arrival in the Netherlands, debts, income and age."""

import numpy as np
from numpy.typing import NDArray

from oablib.synthetic.country.world import World
from oablib.synthetic.drawing import Frame, Rules, by_rank, highest, redrawn, standard

RECENT, SETTLED = 5, 10
"""Years: limits of the residence groups of Walhout & Scholtus (2021), table 3.1.1."""


def add_background(world: World, children: Frame) -> None:
    """Add what is true of every child on the later date.

    origin, education_father and education_mother (codes), asylum (bool), duration (years since the
    mother arrived, at least 10 for all who were born here), debt and debt_before (0, 1), mother_age
    (years), household_income (thousand euro a year) and latent (the parents' education).
    """
    rules = world.rules
    children["origin"] = _origin(world, children)
    _add_education(world, children)
    children["asylum"] = _asylum(world, children)
    children["duration"] = _duration(world, children)
    _add_debt(world, children)
    children["household_income"] = _income(world.rng, children, rule=rules["income"])
    children["mother_age"] = _mother_age(world.rng, children, rule=rules["mother_age_at_birth"])


def _origin(world: World, children: Frame) -> NDArray[np.int8]:
    rng, rules, sites = world.rng, world.rules, world.sites
    n, school = len(children), children["school"].to_numpy()
    city = world.areas.municipalities["city"].to_numpy()[sites["municipality"]]
    shares = np.array(rules["margins"]["origin"])
    shares = shares / shares.sum()
    origin = np.ones(n, dtype=np.int8)
    for group, rule in rules["origin"].items():
        preference = rule["school"] * rng.normal(size=len(sites)) + rule["city"] * city
        if group == "overig_afrika_azie_latijns_amerika":
            preference += rules["asylum"]["own_origin"] * sites["near_centre"].to_numpy()
        code = world.origins.index(group) + 1
        free = np.flatnonzero(origin == 1)
        score = preference[school[free]] - rule["standing"] * children["z"].to_numpy()[free]
        chosen = highest(score + rng.gumbel(size=len(free)), count=round(shares[code - 1] * n))
        origin[free[chosen]] = code
    return origin


def _by_origin(world: World, children: Frame, values: Rules) -> NDArray[np.float64]:
    """Value of each child's group of origin, (n,); -infinity for a group without one."""
    listed = np.array([values.get(group, -np.inf) for group in world.origins])
    return listed[children["origin"] - 1]


def _add_education(world: World, children: Frame) -> None:
    rng, rule, n = world.rng, world.rules["education"], len(children)
    shifts = world.cohort["education"]["origin_shift"]
    shift = np.array([shifts[group] for group in world.origins])[children["origin"] - 1]
    shared = shift + rule["family"] * rng.normal(size=n)
    latent = 0
    for parent in ("father", "mother"):
        alone = rule["own"] * rng.normal(size=n)
        score = rule["standing"][parent] * children["z"].to_numpy() + shared + alone
        shares = np.array(world.rules["margins"][f"education_{parent}"])
        children[f"education_{parent}"] = by_rank(score, shares).astype(np.int8)
        latent = latent + score
    children["latent"] = latent / 2


def _asylum(world: World, children: Frame) -> NDArray[np.bool_]:
    rule, n = world.rules["asylum"], len(children)
    centre = rule["near_centre"] * world.sites["near_centre"].to_numpy()
    score = _by_origin(world, children, rule["tendency"]) + centre[children["school"]]
    return highest(score + world.rng.gumbel(size=n), count=round(rule["share"] * n))


def _duration(world: World, children: Frame) -> NDArray[np.float64]:
    """Years since the mother arrived: uniform within each group; Dutch origin comes last."""
    rule, n = world.rules["residence"], len(children)
    score = _by_origin(world, children, world.cohort["residence"]["recency"])
    score = score + world.rng.gumbel(size=n)
    score += world.rules["asylum"]["arrived"] * children["asylum"].to_numpy()
    rank = np.empty(n)
    rank[np.argsort(-score, kind="stable")] = (np.arange(n) + 0.5) / n
    recent = rule["years_0_5"]
    foreign = float((children["origin"] != 1).mean())
    limits = [0, recent, recent + rule["years_5_10"], foreign, 1]
    return np.interp(rank, limits, [0, RECENT, SETTLED, rule["longest"], 2 * rule["longest"]])


def _add_debt(world: World, children: Frame) -> None:
    rng, rule, n = world.rng, world.cohort["debt_restructuring"], len(children)
    noise = rng.gumbel(size=n)
    inclined = rule["education_slope"] * children["latent"].to_numpy()
    count = round(rule["share"] * n)
    children["debt"] = highest(inclined + noise, count=count).astype(np.int8)
    before = redrawn(rng, noise, share=world.rules["debt"]["ends"])
    children["debt_before"] = highest(inclined + before, count=count).astype(np.int8)


def _income(rng: np.random.Generator, children: Frame, *, rule: Rules) -> NDArray[np.float64]:
    log = (
        rule["log_mean"]
        + rule["education"] * standard(children["latent"]).to_numpy()
        + rule["standing"] * children["z"].to_numpy()
        + rule["foreign"] * (children["origin"] != 1).to_numpy()
        + rule["own"] * rng.normal(size=len(children))
    )
    return np.round(np.exp(log), 1)


def _mother_age(rng: np.random.Generator, children: Frame, *, rule: Rules) -> NDArray[np.int16]:
    education = rule["per_education"] * standard(children["latent"]).to_numpy()
    birth = rule["mean"] + education + rule["sd"] * rng.normal(size=len(children))
    return np.floor(np.clip(birth, *rule["range"]) + children["age"]).astype(np.int16)
