"""Draw a cohort, in the columns and codes of the codebook."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from oablib import params
from oablib.base.errors import ParameterError
from oablib.base.language import Words
from oablib.base.origin import Origin
from oablib.protocol import codebook
from oablib.synthetic import settings
from oablib.synthetic.drawing import BRINS, Frame, brin_code, standard
from oablib.synthetic.early_test import draw_early_test
from oablib.synthetic.outcomes import SCALED, Truth, add_tests, hide_education
from oablib.synthetic.population import draw_children, draw_schools

Missing = Literal["published", "by_tests"]
MINIMUM_CHILDREN = 200  # below this a wave holds too few children for eight levels of education
STATUSES = (0, 1, 2, 3, 5)
"""Codes of residence_status, with the shares of two groups of foreign origin below."""
SETTLED = (0.97, 0.01, 0.015, 0.004, 0.001)
ARRIVED = (0.25, 0.25, 0.3, 0.15, 0.05)  # mothers who came less than ten years ago


@dataclass(frozen=True, slots=True)
class Cohort:
    """A delivered cohort and the truth behind it.

    children: one row a child, columns of the codebook's table `cohort`; codes, not labels;
    unknown education, a test not taken and a score in grade 2 that nobody found again carry the
    codebook's missing codes.
    schools, municipalities: the codebook's tables of these names.
    education: child_id with both parents' true education, for every child.
    origin: for captions and manifests.
    """

    children: pd.DataFrame
    schools: pd.DataFrame
    municipalities: pd.DataFrame
    education: pd.DataFrame
    truth: Truth
    origin: Origin


def draw(
    *,
    n: int,
    seed: int,
    path_factors: Mapping[str, float] | None = None,
    without: Collection[str] = (),
    missing: Missing = "published",
) -> Cohort:
    """Draw n children with both tests, and some without a test.

    Shares of education, origin and unknown education per wave, effects and scale values are
    those of Walhout & Scholtus (2021); everything else is in params/rules/synthetic.yaml.
    path_factors: how many times as strong as published a scaled variable (as "origin") acts on
    NSCCT, 0 where it does not; what its total effect then lacks, or has too much, is direct, and
    the truth says so. without: predictors of the published model that act on neither test. A school
    mean acts through those who are in the school, so that a scaled variable has no total effect
    only when the school mean is without effect too. missing: what decides whose education is
    unknown: "published", as far as figures were published, or "by_tests", both tests and origin.

    Raises ParameterError when n is under 200, a path is not one of a scaled variable, or a
    predictor is not one of the published model.
    """
    if n < MINIMUM_CHILDREN:
        raise ParameterError(f"A cohort of {n} children was asked; at least {MINIMUM_CHILDREN}.")
    factors = path_factors or {}
    unknown = sorted(set(factors) - set(SCALED))
    if unknown:
        raise ParameterError(
            f"Paths to NSCCT of {unknown}; expected scaled variables: {', '.join(SCALED)}."
        )
    rng = np.random.default_rng(seed)
    rules, published = settings.rules(), params.published("herijking2021")
    strange = sorted(set(without) - set(published["direct_effects"]))
    if strange:
        raise ParameterError(
            f"Without effects of {strange}; expected predictors of the published model: "
            f"{', '.join(published['direct_effects'])}."
        )
    total = round(n / rules["tested_share"])
    schools = draw_schools(rng, n=n, rules=rules)
    children = draw_children(rng, n=total, schools=schools, rules=rules, published=published)
    children["tested"] = rng.permutation(total) < n
    _add_auxiliary(rng, children, schools=schools)
    truth = add_tests(
        rng,
        children,
        schools=len(schools),
        rules=rules,
        published=published,
        path_factors=factors,
        without=without,
    )
    hide_education(rng, children, rule=rules[settings.MISSING[missing]], published=published)
    early = draw_early_test(children, truth=truth, rule=rules["early_test"], seed=seed)
    children["cito_2"], children["known_early"] = early
    paths = "".join(f", path from {name} to nscct times {factors[name]:g}" for name in factors)
    paths += "".join(f", no effect of {name}" for name in without)
    paths += "" if missing == "published" else ", education unknown by tests and origin"
    origin = Origin(
        Words(
            en=f"synthetic cohort (n = {n:,}, seed {seed}{paths})",
            nl=f"synthetisch cohort (n = {f'{n:,}'.replace(',', '.')}, startgetal {seed}{paths})",
        ),
        drawn=True,
    )
    return _as_delivered(rng, children, schools=schools, truth=truth, origin=origin)


def _as_delivered(
    rng: np.random.Generator,
    children: pd.DataFrame,
    *,
    schools: pd.DataFrame,
    truth: Truth,
    origin: Origin,
) -> Cohort:
    numbers = range(len(schools))
    school_id = np.array([f"{brin_code(i % BRINS)}{i // BRINS:02d}" for i in numbers])
    # Codes that no municipality has.
    codes = np.array([f"GM{9001 + i}" for i in range(schools["municipality"].max() + 1)])
    municipality = codes[schools["municipality"]]
    number = rng.choice(900_000_000, len(children), replace=False) + 100_000_000
    frame = children.assign(
        child_id=[f"{i:09d}" for i in number],
        school_id=school_id[children["school"]],
        municipality=municipality[children["school"]],
    )
    education = frame[["child_id", "education_father", "education_mother"]].copy()
    table = codebook.load("codebook").table("cohort")
    for parent in ("father", "mother"):
        column = f"education_{parent}"
        frame.loc[frame[f"unknown_{parent}"], column] = table.column(column).missing_code
    absent = rng.random(len(frame)) < 0.5  # which of the two tests an untested child missed
    for test, missed in (("nscct", absent), ("cito", ~absent)):
        frame.loc[~frame["tested"] & missed, test] = table.column(test).missing_code
    frame.loc[~frame["known_early"], "cito_2"] = table.column("cito_2").missing_code
    return Cohort(
        children=frame[[column.key for column in table.columns]].reset_index(drop=True),
        schools=schools.assign(school_id=school_id, municipality=municipality)[
            ["school_id", "municipality", "denomination", "pupils"]
        ],
        municipalities=_municipalities(frame, codes=codes),
        education=education.reset_index(drop=True),
        truth=truth,
        origin=origin,
    )


def _municipalities(frame: pd.DataFrame, *, codes: np.ndarray) -> pd.DataFrame:
    urbanity = frame.groupby("municipality")["urbanity"].first()
    names = [f"Gemeente {i:03d}" for i in range(1, len(codes) + 1)]
    # A municipality without a child in the cohort has no measured class; it gets the middle one.
    classes = urbanity.reindex(codes).fillna(3).astype(int).to_numpy()
    return pd.DataFrame({"municipality": codes, "name": names, "urbanity": classes})


def _add_auxiliary(rng: np.random.Generator, children: Frame, *, schools: Frame) -> None:
    """Add income, neighbourhood, urbanity, ages, sex, household and residence status.

    All are plain assumptions: nothing of them is published for this cohort, and no result of the
    2021 model depends on them except through how well they predict education.
    """
    n = len(children)
    education = standard(children["latent_father"] + children["latent_mother"])
    urban = _urban(rng, schools)[children["school"]]
    foreign = (children["origin"] != 1).to_numpy()
    poverty = -children["z"].to_numpy() + 0.5 * rng.normal(size=n)
    income = 4.05 + 0.22 * education - 0.08 * poverty - 0.15 * foreign + 0.35 * rng.normal(size=n)
    children["household_income"] = np.round(np.exp(income), 1)
    children["neighbourhood_income"] = np.round(np.exp(4.0 - 0.12 * poverty), 1)
    children["urbanity"] = 5 - np.searchsorted([-0.9, -0.3, 0.3, 0.9], urban)
    incidents = 3.4 + 0.2 * urban + 0.25 * poverty + 0.3 * rng.normal(size=n)
    children["neighbourhood_incidents"] = np.round(np.exp(incidents), 1)
    children["sex"] = rng.integers(1, 3, n)
    children["age"] = np.round(12.1 + 0.45 * rng.normal(size=n) - 0.05 * education, 1).clip(10, 14)
    children["mother_age"] = np.rint(42 + 4.8 * rng.normal(size=n) + education).clip(28, 60)
    _add_household(rng, children, education=education.to_numpy())
    children["residence_status"] = _residence_status(rng, children, foreign=foreign)


def _urban(rng: np.random.Generator, schools: Frame) -> np.ndarray:
    # One value a municipality; towns with schools of low standing are rather urban.
    standing = schools.groupby("municipality")["z"].mean()
    return (rng.normal(size=len(standing)) - 0.8 * standing).to_numpy()[schools["municipality"]]


def _add_household(rng: np.random.Generator, children: Frame, *, education: np.ndarray) -> None:
    n = len(children)
    divorced = rng.random(n) < 0.32 / (1 + np.exp(0.2 * education))
    single = rng.random(n) < np.where(divorced, 0.6, 0.04)
    couple = np.where(rng.random(n) < 0.8, 1, 2)
    children["divorced_parents"] = divorced.astype(int)
    children["household_type"] = np.where(rng.random(n) < 0.01, 4, np.where(single, 3, couple))


def _residence_status(
    rng: np.random.Generator, children: Frame, *, foreign: np.ndarray
) -> np.ndarray:
    recent = (children["residence_mother"] > 0).to_numpy()
    settled, arrived = (rng.choice(STATUSES, len(children), p=p) for p in (SETTLED, ARRIVED))
    return np.where(foreign, np.where(recent, arrived, settled), 0)
