"""Small towns by hand, and small countries by the law, as an attacker and as the house see them."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from allocation_cases import Country

from oablib import allocation
from oablib.disclosure import Profile, attack
from oablib.indicator.allocation import populations

DATE = "2020-10-01"
TOWN = "GM0001"
PUPILS = attack.Constants(C=3.0, G=-2.0, boundary=-1.0, threshold=0.12, range=7.0)
EVERYBODY = attack.Constants(C=3.0, G=-2.0, boundary=-1.0, threshold=0.05, range=7.0)
"""The same means for both, so that distances C - D go from 4 to 11 and B is 0.6 or 0.25 a child."""

DECIMALS = 2
COLUMNS = ["date", "table", "place", "n_target", "A"]


@dataclass(frozen=True)
class Town:
    """sites: children and distances of the target group of each; toddlers: the same, of all."""

    sites: Sequence[tuple[int, Sequence[float]]]
    toddlers: tuple[int, Sequence[float]] = (0, ())
    names: Sequence[str] = field(default=())

    @property
    def codes(self) -> list[str]:
        return list(self.names) or [f"01AB{i:02d}" for i in range(len(self.sites))]

    @property
    def truth(self) -> pd.DataFrame:
        every = [d for _, distances in [*self.sites, self.toddlers] for d in distances]
        rows = [("sites", code, d) for code, (_, d) in zip(self.codes, self.sites, strict=True)]
        rows += [("toddlers", TOWN, self.toddlers[1]), ("municipalities", TOWN, every)]
        parts = [(DATE, table, place, len(d), sum(d)) for table, place, d in rows]
        return pd.DataFrame(parts, columns=COLUMNS)

    def tables(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """n_children, n_target, A and B of sites and of the municipality."""
        true = self.truth.set_index("table")
        n = [n for n, _ in self.sites]
        sites = pd.DataFrame({"school_id": self.codes, "municipality": TOWN, "n_children": n})
        town = pd.DataFrame(
            {"municipality": [TOWN], "n_children": [sum(n) + self.toddlers[0]]}
        ).assign(between=0)
        return tuple(
            frame.assign(
                n_target=true.loc[[name], "n_target"].to_numpy(),
                A=true.loc[[name], "A"].to_numpy(),
                B=constants.drop(frame["n_children"]),
            )
            for name, frame, constants in (
                ("sites", sites, PUPILS),
                ("municipalities", town, EVERYBODY),
            )
        )


def law(exact: pd.Series) -> pd.Series:
    """A - B by law: two decimals, a half away from zero, and no less than 0."""
    return np.floor(exact.clip(lower=0) * 100 + 0.5) / 100


def steps(score: pd.Series, step: pd.Series | float) -> pd.Series:
    return np.floor(score / step + 0.5 + 1e-9) * step


def by_profile(town: Town, profile: Profile) -> attack.Released:
    sites, municipality = town.tables()
    return release(sites, municipality, profile=profile, of=(PUPILS, EVERYBODY))


def release(
    sites: pd.DataFrame,
    municipalities: pd.DataFrame,
    *,
    profile: Profile,
    of: tuple[attack.Constants, attack.Constants],
) -> attack.Released:
    """Both tables, with A and B, through a profile."""
    pupils = sites.groupby("municipality")["n_children"].sum()
    pupils = municipalities["municipality"].map(pupils).fillna(0)
    toddlers = municipalities["n_children"] - pupils
    stepped = (
        sites.assign(step=profile.sites.of(sites["n_children"])),
        municipalities.assign(step=profile.municipal_step),
    )
    hidden = (
        sites["n_children"].between(1, profile.fewest_pupils - 1),
        (pupils < profile.fewest_of_municipality) | (toddlers < profile.fewest_toddlers),
    )
    tables = []
    for frame, few, constants in zip(stepped, hidden, of, strict=True):
        score = steps(law(frame["A"] - frame["B"]), frame["step"])
        shown = frame.assign(achterstandsscore=score.mask(few))
        tables.append(attack.bounded(shown, decimals=DECIMALS, constants=constants))
    return attack.Released(DATE, *(without_secrets(table) for table in tables), *of)


def exactly(
    town: Town, *, decimals: int = 6, counts: bool = True, fewest: int = 0
) -> attack.Released:
    """As reports had it: A and B beside the score, sites with fewer than `fewest` pupils hidden."""
    tables = []
    for frame, least in zip(town.tables(), (fewest, 0), strict=True):
        score, half = frame["A"] - frame["B"], 0.5 * 10.0**-decimals
        hidden = frame["n_children"].between(1, least - 1)
        bounds = {
            "low": (score - half).mask(hidden, -np.inf),
            "high": (score + half).mask(hidden, np.inf),
        }
        known = frame["n_target"].astype(float).mask(hidden)
        numbers = {"n_low": known, "n_high": known} if counts else {}
        tables.append(without_secrets(frame.assign(**bounds, **numbers)))
    return attack.Released(DATE, *tables, PUPILS, EVERYBODY)


def without_secrets(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns=["n_target", "A", "B", "achterstandsscore"], errors="ignore")


def of_country(
    country: Country, *, profile: Profile, rules: allocation.Rules
) -> tuple[attack.Released, pd.DataFrame]:
    """A drawn country through the law and a profile: what is released and what is true."""
    frames = (country.children, country.sites)
    sites = allocation.schools(*frames, rules=rules)
    municipalities = allocation.municipalities(*frames, country.municipalities, rules=rules)
    true = attack.truth(*frames, country.municipalities, date=DATE, rules=rules)
    means = (
        allocation.national_of_schools(*frames, rules=rules),
        allocation.national_of_municipalities(*frames, rules=rules),
    )
    lowest = populations.in_units(country.children["score"], rules=rules).min() / means[0].units
    of_sites, of_all = (
        attack.Constants(one.C, one.G, one.boundary, float(threshold), one.boundary - lowest)
        for one, threshold in zip(
            means, (rules.threshold_schools, rules.threshold_municipalities), strict=True
        )
    )
    where = country.sites[["school_id", "municipality"]]
    known = municipalities.assign(between=municipalities["municipality"].map(true.between))
    released = release(
        sites.merge(where, on="school_id"), known, profile=profile, of=(of_sites, of_all)
    )
    return released, true.places


def everything(rules: object, **changes: int) -> object:
    """Rules by which every place is looked at."""
    return dataclasses.replace(rules, fewest=10_000, **changes)
