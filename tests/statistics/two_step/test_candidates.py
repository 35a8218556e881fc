"""Tests of paths from scaled variables: the algebra, and how often they are wrong and right."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import chdtrc
from scipy.stats import binom, cauchy

from oablib import sem
from oablib.protocol import codebook, models
from oablib.statistics.two_step import candidates, from_sums, scale_values, sums
from tests.statistics.two_step.test_jackknife import MEDIATED, ORIGIN, children

# Sums in another order; scores are differences of large sums.
SAME_RTOL = 1e-6
COHORTS, LEVEL = 120, 0.05
# A true rate of 5 % gives as few or as many in one of a thousand repetitions.
FEWEST, MOST = binom.ppf([0.0005, 0.9995], COHORTS, LEVEL)


def with_path(frame: pd.DataFrame, points: np.ndarray) -> pd.DataFrame:
    """Intelligence moved by these amounts a category of origin, and the outcome with it."""
    moved = points[frame["origin"].to_numpy() - 1]
    return frame.assign(nscct=frame["nscct"] + moved, cito=frame["cito"] + MEDIATED * moved)


def of_origin(
    frames: list[pd.DataFrame], model: models.Model, table: codebook.Table
) -> candidates.PathTests:
    """Tests of the path from origin."""
    read = [sums.products(frame, model=model, table=table) for frame in frames]
    return candidates.score_tests(read, indirect=model.indirect, names=["origin"])["origin"]


def test_it_is_the_score_test_of_a_model_with_these_columns(
    model: models.Model, table: codebook.Table
) -> None:
    frame = with_path(children(1), np.array([0, 0.3, 0, -0.2, 0, 0, 0.1, 0]))
    found = of_origin([frame], model, table)
    values = scale_values.estimate(frame, model=model, table=table).table
    scaled = scale_values.apply(frame, values=values, model=model, table=table)
    design = pd.get_dummies(frame[list(model.scaled)].astype(str)).astype(float)
    effects = _direct_effects(frame, design, model, table)
    named = design[[f"origin_{code}" for code in range(2, 9)]].set_axis(list("abcdefg"), axis=1)
    data = scaled.assign(q=-(named @ effects), **named)
    # The scores of one equation do not depend on the other, whose origin would be collinear.
    both = " + ".join(model.indirect)
    for names, test in (("q",), found.scaled[0]), (tuple(named), found.joint[0]):
        zero = " + ".join(f"0*{name}" for name in names)
        text = f"cito ~ nscct + {both} + {zero}\nnscct ~ {both}"
        fit = sem.fit(text, data, cluster=model.cluster)
        (expected,) = sem.score_tests(fit, [f"nscct ~ {' + '.join(names)}"])
        np.testing.assert_allclose(test.score, expected.score, rtol=SAME_RTOL)
        np.testing.assert_allclose(test.information, expected.information, rtol=SAME_RTOL)
        np.testing.assert_allclose(test.meat, expected.meat, rtol=SAME_RTOL)
        np.testing.assert_allclose(test.epc, expected.epc, rtol=SAME_RTOL)
        np.testing.assert_allclose(test.sepc, expected.sepc, rtol=SAME_RTOL)


def _direct_effects(
    frame: pd.DataFrame, design: pd.DataFrame, model: models.Model, table: codebook.Table
) -> np.ndarray:
    """Effects of origin's categories on the outcome beside intelligence, by least squares."""
    read = sums.products(frame, model=model, table=table)
    references = [f"{name}_{table.column(name).reference_code}" for name in model.scaled]
    rows = design.drop(columns=references).assign(
        one=1.0,
        nscct=frame["nscct"],
        short=(frame["residence_mother"] == 1) * 1.0,
        longer=(frame["residence_mother"] == 2) * 1.0,
        debt=frame["debt_restructuring"],
    )
    slopes = np.linalg.lstsq(rows.to_numpy(float), frame["cito"], rcond=None)[0]
    by_hand = slopes[[rows.columns.get_loc(f"origin_{code}") for code in range(2, 9)]]
    found = from_sums.direct_effects_of(read, read.sums.sum(axis=0)[None])[0]
    places = [from_sums.indicators(read).index(f"origin={code}") for code in range(2, 9)]
    np.testing.assert_allclose(found[places], -by_hand, rtol=SAME_RTOL)
    return by_hand


@pytest.fixture(scope="module")
def rejected(model: models.Model, table: codebook.Table) -> pd.DataFrame:
    """How often tests reject without the path, with one that no scale shows, with nothing else."""
    crooked = 0.25 * np.array([0, 1, -1, 1, -1, 1, -1, 0])
    worlds = {"null": np.zeros(8), "crooked": crooked, "mediated": -ORIGIN / MEDIATED}
    rows = []
    for seed in range(COHORTS):
        for world, points in worlds.items():
            frame = with_path(children(1000 + seed), points)
            if world == "mediated":
                frame["cito"] += ORIGIN[frame["origin"].to_numpy() - 1]
            tests = of_origin([frame], model, table)
            p = {"scaled": _p(tests.scaled[0]), "joint": _p(tests.joint[0])}
            p["combined"] = candidates.combined(p["scaled"], p["joint"])
            rows += [(world, name, value < LEVEL) for name, value in p.items()]
    table_ = pd.DataFrame(rows, columns=["world", "test", "rejected"])
    return table_.groupby(["world", "test"])["rejected"].sum().unstack()


def _p(test: sem.ScoreTest) -> float:
    return float(chdtrc(test.df, test.mi_robust))


@pytest.mark.parametrize("test", ["scaled", "joint", "combined"])
def test_a_path_that_is_not_there_is_rejected_as_often_as_promised(
    rejected: pd.DataFrame, test: str
) -> None:
    assert FEWEST <= rejected.loc["null", test] <= MOST


@pytest.mark.parametrize("world", ["crooked", "mediated"])
def test_a_path_that_the_scale_misses_is_found_by_the_categories(
    rejected: pd.DataFrame, world: str
) -> None:
    found = rejected.loc[world]
    assert found["joint"] > found["scaled"]
    assert found["combined"] > COHORTS / 2


@pytest.mark.parametrize("p", [1e-30, 0.01, 0.3, 0.9])
def test_two_equal_p_are_one(p: float) -> None:
    assert candidates.combined(p, p) == pytest.approx(p, rel=1e-9)


def test_the_combined_p_is_that_of_a_cauchy_variable() -> None:
    expected = cauchy.sf(np.mean(cauchy.isf([0.04, 0.3])))
    assert candidates.combined(0.04, 0.3) == pytest.approx(expected, rel=1e-9)
    assert 0 < candidates.combined(0.0, 0.5) < 1e-299
    assert candidates.combined(1.0, 0.5) > 0.99


def test_values_are_averaged_over_imputations(model: models.Model, table: codebook.Table) -> None:
    frames = [children(1), children(1).assign(education_father=children(2)["education_father"])]
    found = of_origin(frames, model, table)
    alone = of_origin(frames[:1], model, table)
    assert alone.scaled[0].score[0] != found.scaled[0].score[0]
    # All categories at once need no values: nothing is averaged.
    np.testing.assert_array_equal(alone.joint[0].score, found.joint[0].score)
