"""Schools, children and their background, with the published margins per wave."""

import numpy as np
import pandas as pd

from oablib.synthetic.drawing import Frame, Rules, by_rank, keys


def draw_schools(rng: np.random.Generator, *, n: int, rules: Rules) -> Frame:
    """Schools with standing `z` (mean 0, sd 1), size in pupils and number of the municipality.

    One row a school, n / children_per_school rows (at least 2).
    """
    rule = rules["schools"]
    count = max(2, round(n / rule["children_per_school"]))
    size = np.exp(np.log(rule["size_median"]) + rule["size_sigma"] * rng.normal(size=count))
    shares = rule["denomination_shares"]
    municipality = np.arange(count) // rule["schools_per_municipality"]
    shared = rng.normal(size=municipality.max() + 1)
    # A quarter of a school's standing is its municipality's.
    z = 0.5 * shared[municipality] + np.sqrt(0.75) * rng.normal(size=count)
    return pd.DataFrame(
        {
            "z": z,
            "pupils": np.clip(np.rint(size), *rule["size_range"]).astype(int),
            "municipality": municipality,
            "denomination": rng.choice(len(shares), count, p=list(shares.values())) + 1,
        }
    )


def draw_children(
    rng: np.random.Generator, *, n: int, schools: Frame, rules: Rules, published: Rules
) -> Frame:
    """n children with wave, school (row number), origin, residence, education and debts.

    Origin and both educations are codes of the codebook. Their shares per wave are the
    published ones (Walhout & Scholtus 2021, figures 2.2.1, 2.2.2, 2.2.4), to one child.
    """
    weight = schools["pupils"].to_numpy() ** rules["schools"]["size_exponent"]
    waves = rules["wave_shares"]
    children = pd.DataFrame(
        {
            "school": rng.choice(len(schools), n, p=weight / weight.sum()),
            "wave": rng.choice(list(waves), n, p=list(waves.values())),
        }
    )
    children["z"] = schools["z"].to_numpy()[children["school"]]
    children["origin"] = _origin(rng, children, schools=schools, rules=rules, published=published)
    _add_education(rng, children, rules=rules, published=published)
    children["residence_mother"] = _residence(rng, children, rules=rules, published=published)
    children["debt_restructuring"] = _debt(rng, children, rule=rules["debt_restructuring"])
    return children


def _origin(
    rng: np.random.Generator, children: Frame, *, schools: Frame, rules: Rules, published: Rules
) -> np.ndarray:
    order = keys(published, "origin_groups")
    origin = np.ones(len(children), dtype=int)
    for group, rule in rules["origin_segregation"].items():
        preference = rule["school"] * rng.normal(size=len(schools))
        score = -rule["standing"] * children["z"] + preference[children["school"]]
        score = (score + rng.gumbel(size=len(children))).to_numpy()
        for wave, margin in published["margins"]["origin_child"].items():
            in_wave = (children["wave"] == wave).to_numpy()
            free = np.flatnonzero(in_wave & (origin == 1))
            share = margin[order.index(group)] / sum(margin)
            chosen = free[np.argsort(-score[free], kind="stable")]
            origin[chosen[: round(share * in_wave.sum())]] = order.index(group) + 1
    return origin


def _add_education(
    rng: np.random.Generator, children: Frame, *, rules: Rules, published: Rules
) -> None:
    rule = rules["education"]
    groups = keys(published, "origin_groups")
    shift = np.array([rule["origin_shift"][group] for group in groups])
    shared = shift[children["origin"] - 1] + rule["family"] * rng.normal(size=len(children))
    for parent in ("father", "mother"):
        alone = rule["own"] * rng.normal(size=len(children))
        latent = rule["school"][parent] * children["z"] + shared + alone
        children[f"latent_{parent}"] = latent
        codes = np.empty(len(children), dtype=int)
        for wave, margin in published["margins"][f"education_{parent}"].items():
            in_wave = (children["wave"] == wave).to_numpy()
            codes[in_wave] = by_rank(latent[in_wave].to_numpy(), np.array(margin))
        children[f"education_{parent}"] = codes


def _residence(
    rng: np.random.Generator, children: Frame, *, rules: Rules, published: Rules
) -> np.ndarray:
    recency = rules["residence"]["recency"]
    tendency = np.array([recency.get(key, -np.inf) for key in keys(published, "origin_groups")])
    score = tendency[children["origin"] - 1] + rng.gumbel(size=len(children))
    shares = rules["residence"]["shares"]
    recent = np.array([shares["years_0_5"], shares["years_5_10"]])
    # by_rank gives code 1 to the most recent; the codebook's 0 is everybody else.
    code = by_rank(-score, np.append(recent, 1 - recent.sum()))
    return code % 3


def _debt(rng: np.random.Generator, children: Frame, *, rule: Rules) -> np.ndarray:
    education = (children["latent_father"] + children["latent_mother"]) / 2
    # The largest of Gumbel scores: a draw without replacement with odds exp(slope x education).
    score = (rule["education_slope"] * education + rng.gumbel(size=len(children))).to_numpy()
    return by_rank(score, np.array([1 - rule["share"], rule["share"]])) - 1
