"""Indicators that are no part of the 2021 model: candidates, and help for the imputation."""

import numpy as np

from oablib.synthetic.population import Frame, standard

# Shapes below are plain assumptions: nothing of them is published for this cohort, and no
# result of the 2021 model depends on them except through how well they predict education.
STATUS_BY_RESIDENCE = {0: (0.97, 0.01, 0.015, 0.004, 0.001), 1: (0.25, 0.25, 0.3, 0.15, 0.05)}


def add_auxiliary(rng: np.random.Generator, children: Frame, *, schools: Frame) -> None:
    """Add income, neighbourhood, urbanity, ages, sex, household and residence status."""
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
    standing = schools.groupby("place")["z"].mean()
    return (rng.normal(size=len(standing)) - 0.8 * standing).to_numpy()[schools["place"]]


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
    motive = np.array([0, 1, 2, 3, 5])
    recent = (children["residence_mother"] > 0).to_numpy()
    settled, arrived = (
        rng.choice(motive, len(children), p=p) for p in STATUS_BY_RESIDENCE.values()
    )
    return np.where(foreign, np.where(recent, arrived, settled), 0)
