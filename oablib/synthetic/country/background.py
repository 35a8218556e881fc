"""What families are: origin, education, arrival in the Netherlands, debts, income and age."""

import numpy as np
from numpy.typing import NDArray

from oablib.synthetic.country.drawing import highest, redrawn
from oablib.synthetic.country.places import Places
from oablib.synthetic.population import Frame, Rules, by_rank, keys, standard

RECENT = (
    5  # years, the first limit of the residence groups of Walhout & Scholtus (2021), table 3.1.1
)
SETTLED = 10  # years, the second


def add_background(
    rng: np.random.Generator,
    children: Frame,
    *,
    sites: Frame,
    places: Places,
    rules: Rules,
    cohort: Rules,
    published: Rules,
) -> None:
    """Add what is true of every child on the later date.

    origin, education_father and education_mother (codes), asylum (bool), duration (years since the
    mother arrived, at least 10 for all who were born here), debt and debt_before (0, 1), mother_age
    (years), household_income (thousand euro a year) and latent (the parents' education).
    rules: of the country; cohort: params/rules/synthetic.yaml, whose shifts and shares hold here.
    """
    groups = keys(published, "origin_groups")
    children["origin"] = _origin(
        rng, children, sites=sites, places=places, rules=rules, groups=groups
    )
    _add_education(rng, children, rules=rules, cohort=cohort, groups=groups)
    children["asylum"] = _asylum(rng, children, sites=sites, rule=rules["asylum"], groups=groups)
    children["duration"] = _duration(rng, children, rules=rules, cohort=cohort, groups=groups)
    _add_debt(rng, children, rule=cohort["debt_restructuring"], ends=rules["debt"]["ends"])
    children["household_income"] = _income(rng, children, rule=rules["income"])
    children["mother_age"] = _mother_age(rng, children, rule=rules["mother_age_at_birth"])


def _origin(
    rng: np.random.Generator,
    children: Frame,
    *,
    sites: Frame,
    places: Places,
    rules: Rules,
    groups: list[str],
) -> NDArray[np.int8]:
    n, school = len(children), children["school"].to_numpy()
    city = places.municipalities["city"].to_numpy()[sites["municipality"]]
    shares = np.array(rules["margins"]["origin"])
    shares = shares / shares.sum()
    origin = np.ones(n, dtype=np.int8)
    for group, rule in rules["origin"].items():
        liking = rule["school"] * rng.normal(size=len(sites)) + rule["city"] * city
        if group == "overig_afrika_azie_latijns_amerika":
            liking += rules["asylum"]["own_origin"] * sites["near_centre"].to_numpy()
        code = groups.index(group) + 1
        free = np.flatnonzero(origin == 1)
        score = liking[school[free]] - rule["standing"] * children["z"].to_numpy()[free]
        chosen = highest(score + rng.gumbel(size=len(free)), count=round(shares[code - 1] * n))
        origin[free[chosen]] = code
    return origin


def _add_education(
    rng: np.random.Generator, children: Frame, *, rules: Rules, cohort: Rules, groups: list[str]
) -> None:
    rule = rules["education"]
    shift = np.array([cohort["education"]["origin_shift"][group] for group in groups])
    shared = shift[children["origin"] - 1] + rule["family"] * rng.normal(size=len(children))
    latent = 0
    for parent in ("father", "mother"):
        own = rule["own"] * rng.normal(size=len(children))
        score = rule["standing"][parent] * children["z"].to_numpy() + shared + own
        shares = np.array(rules["margins"][f"education_{parent}"])
        children[f"education_{parent}"] = by_rank(score, shares).astype(np.int8)
        latent = latent + score
    children["latent"] = latent / 2


def _asylum(
    rng: np.random.Generator, children: Frame, *, sites: Frame, rule: Rules, groups: list[str]
) -> NDArray[np.bool_]:
    tendency = np.array([rule["tendency"].get(group, -np.inf) for group in groups])
    centre = rule["near_centre"] * sites["near_centre"].to_numpy()
    score = tendency[children["origin"] - 1] + centre[children["school"]]
    return highest(
        score + rng.gumbel(size=len(children)), count=round(rule["share"] * len(children))
    )


def _duration(
    rng: np.random.Generator, children: Frame, *, rules: Rules, cohort: Rules, groups: list[str]
) -> NDArray[np.float64]:
    """Years since the mother arrived: uniform within each group; Dutch origin comes last."""
    rule, n = rules["residence"], len(children)
    recency = cohort["residence"]["recency"]
    tendency = np.array([recency.get(group, -np.inf) for group in groups])
    score = tendency[children["origin"] - 1] + rng.gumbel(size=n)
    score += rules["asylum"]["arrived"] * children["asylum"].to_numpy()
    place = np.empty(n)
    place[np.argsort(-score, kind="stable")] = (np.arange(n) + 0.5) / n
    recent = rule["years_0_5"]
    foreign = float((children["origin"] != 1).mean())
    limits = [0, recent, recent + rule["years_5_10"], foreign, 1]
    return np.interp(place, limits, [0, RECENT, SETTLED, rule["longest"], 2 * rule["longest"]])


def _add_debt(rng: np.random.Generator, children: Frame, *, rule: Rules, ends: float) -> None:
    noise = rng.gumbel(size=len(children))
    inclined = rule["education_slope"] * children["latent"].to_numpy()
    count = round(rule["share"] * len(children))
    children["debt"] = highest(inclined + noise, count=count).astype(np.int8)
    before = redrawn(rng, noise, share=ends)
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
