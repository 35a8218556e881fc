"""The truth: how background makes test scores, and what is known of education."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import truncnorm

from oablib.synthetic.drawing import Frame, Rules, draw_patterns, unknown_odds

SCALED = {"education_father": 1, "education_mother": 1, "origin": -1}
"""Variables with scale values, and the sign of their values' effect on Cito."""


@dataclass(frozen=True, slots=True)
class Truth:
    """The constants behind one cohort.

    direct: effect on Cito in points per unit, as published (table 3.1.1).
    scale_values: per scaled variable, code -> points (tables 3.1.2-3.1.4).
    nscct_paths: effect of each scaled variable on NSCCT, in units of NSCCT per scale point.
    nscct_effect: Cito points per unit NSCCT.
    """

    direct: dict[str, float]
    scale_values: dict[str, list[float]]
    nscct_paths: dict[str, float]
    nscct_effect: float


def add_tests(
    rng: np.random.Generator,
    children: Frame,
    *,
    schools: int,
    rules: Rules,
    published: Rules,
    path_factors: Mapping[str, float],
    without: Collection[str],
) -> Truth:
    """Add nscct and cito (integer 501-550) to children; return the truth they follow.

    The effects on NSCCT are such that Cito regressed on the scaled variables without
    intelligence and school mean has slope 1 (origin: -1), which is what a scale value means.
    With `path_factors` they are that many times as strong, and the direct effects make up for it.
    Predictors `without` effect act on neither test.
    """
    rule = rules["outcomes"]
    direct = {key: value["coef"] for key, value in published["direct_effects"].items()}
    direct |= dict.fromkeys(without, 0.0)
    values = {key: published["scale_values"][key]["new"] for key in SCALED}
    scaled = pd.DataFrame({k: np.array(values[k])[children[k] - 1] for k in SCALED})
    school = children["school"].to_numpy()
    predictors = _predictors(children, scaled=scaled, school=school)
    paths = _nscct_paths(predictors, direct=direct, effect=rule["nscct_effect"])
    for name, factor in path_factors.items():
        if name in without:
            continue
        direct[name] += (1 - factor) * paths[name] * rule["nscct_effect"]
        paths[name] *= factor
    paths |= dict.fromkeys(paths.keys() & without, 0.0)
    between = rng.normal(size=schools)[school]
    children["nscct"] = _nscct(rng, scaled @ pd.Series(paths), between=between, rule=rule)
    expected = predictors @ pd.Series(direct) + rule["nscct_effect"] * children["nscct"]
    between = rng.normal(size=schools)[school]
    children["cito"] = _cito(rng, expected.to_numpy(), between=between, rule=rule)
    return Truth(direct, values, paths, rule["nscct_effect"])


def _predictors(children: Frame, *, scaled: Frame, school: np.ndarray) -> Frame:
    tested = children["tested"].to_numpy()
    mother = scaled["education_mother"].to_numpy()
    count = np.bincount(school, tested)
    mean = np.bincount(school, mother * tested) / np.maximum(count, 1)
    return scaled.assign(
        school_mean_education_mother=mean[school],
        residence_0_5_years=(children["residence_mother"] == 1) * 1.0,
        residence_5_10_years=(children["residence_mother"] == 2) * 1.0,
        debt_restructuring=children["debt_restructuring"] * 1.0,
    )


def _nscct_paths(predictors: Frame, *, direct: dict[str, float], effect: float) -> dict[str, float]:
    # The school mean is left out where scale values are estimated, so that its effect leaks
    # into them by its regression on what stays in; the paths make room for that.
    context = "school_mean_education_mother"
    others = predictors.drop(columns=context)
    design = np.column_stack([np.ones(len(others)), others])
    slopes = np.linalg.lstsq(design, predictors[context], rcond=None)[0][1:]
    leak = direct[context] * pd.Series(slopes, index=others.columns)
    return {key: float(sign - direct[key] - leak[key]) / effect for key, sign in SCALED.items()}


def _nscct(
    rng: np.random.Generator, expected: pd.Series, *, between: np.ndarray, rule: Rules
) -> np.ndarray:
    cut = truncnorm(*rule["nscct_cut"])
    within = (cut.rvs(size=len(expected), random_state=rng) - cut.mean()) / cut.std()
    share = rule["nscct_school_share"]
    noise = np.sqrt(share) * between + np.sqrt(1 - share) * within
    score = expected + rule["nscct_sd"] * noise
    return np.round((score - score.mean()).to_numpy(), 3)


def _cito(
    rng: np.random.Generator, expected: np.ndarray, *, between: np.ndarray, rule: Rules
) -> np.ndarray:
    # A beta distribution around the expected score keeps effects linear up to the ceiling,
    # where cutting off normal scores at 550 would flatten them.
    low, high = np.array(rule["cito_bounds"]) + [-0.5, 0.5]
    mean = rule["cito_mean"] + expected - expected.mean()
    mean += rule["cito_school_sd"] * between
    share = (np.clip(mean, low + 0.5, high - 0.5) - low) / (high - low)
    precision = rule["cito_precision"]
    score = low + (high - low) * rng.beta(share * precision, (1 - share) * precision)
    return np.clip(np.rint(score), *rule["cito_bounds"]).astype(int)


def hide_education(
    rng: np.random.Generator, children: Frame, *, rule: Rules, published: Rules
) -> None:
    """Add columns unknown_father and unknown_mother (bool), missing at random.

    The joint pattern per wave has the published shares in expectation (figure 2.2.3);
    whether education is unknown depends on observed variables alone, those of `rule`.
    """
    drivers = [name for name in rule["both"] if name != "foreign"]
    odds = unknown_odds(children, drivers=drivers, rule=rule)
    pattern = np.empty(len(children), dtype=int)
    for wave, shares in published["margins"]["education_known"].items():
        rows = np.flatnonzero(children["wave"] == wave)
        if len(rows):
            pattern[rows] = draw_patterns(rng, odds[rows], target=np.array(shares))
    children["unknown_mother"] = np.isin(pattern, (1, 3))
    children["unknown_father"] = np.isin(pattern, (2, 3))
