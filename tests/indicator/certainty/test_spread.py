"""Draws made into draws of what is true, in worlds where that is known by a formula."""

import numpy as np
import pytest
from scipy.special import ndtr

from oablib.indicator.certainty import measured
from oablib.indicator.certainty.spread import of_noise, widened

M = 10  # draws of education


def test_draws_of_independent_children_are_widened_by_rubins_rules() -> None:
    """Sums of many children with m draws each: (1 + 1/m) V out of (m - 1) / m V."""
    rng = np.random.default_rng(5)
    places, children, draws = 40, 60, 400
    drawn = rng.normal(size=(M, places, children))
    choice = rng.integers(M, size=(draws, places, children))
    mixed = np.take_along_axis(drawn, choice, axis=0).sum(axis=2)
    counts = np.full(places, children)
    these, beyond = widened((mixed, mixed), mixed, whole=drawn.sum(axis=2), children=counts)
    assert (these == beyond).all()
    assert these.mean(axis=0) == pytest.approx(mixed.mean(axis=0))
    factor = (these.var(axis=0) / mixed.var(axis=0)).mean()
    # 360 degrees of freedom of the variance between draws: 7.5 % of it.
    assert factor == pytest.approx((M + 1) / (M - 1), rel=0.2)


def test_what_children_share_counts_with_the_square_of_their_number() -> None:
    """A child has variance 1 and shares .02 with others of its place; sizes differ."""
    rng = np.random.default_rng(7)
    draws, shared = 400, 0.02
    sizes = np.repeat([20, 80, 320], 200)
    mixed = rng.normal(size=(draws, len(sizes))) * np.sqrt(sizes * (M - 1) / M)
    right = sizes + shared * sizes**2.0
    whole = rng.normal(size=(M, len(sizes))) * np.sqrt(right)
    these, _ = widened((mixed, mixed), mixed, whole=whole, children=sizes)
    found = (these.var(axis=0) / right / (1 + 1 / M)).reshape(3, 200).mean(axis=1)
    # 600 places with 9 degrees of freedom each, those of large places more: 5 % of what is shared.
    assert found == pytest.approx([1, 1, 1], rel=0.1)


def test_one_draw_of_education_says_nothing_of_its_spread() -> None:
    points = np.random.default_rng(8).normal(size=(50, 3))
    these, beyond = widened((points, points), points, whole=points[:1], children=np.full(3, 9))
    assert (these == points).all()
    assert (beyond == points).all()


def test_noise_of_estimates_is_taken_out_twice_and_smoothly() -> None:
    """A curve that places of like points share, under jumps of single places."""
    rng = np.random.default_rng(6)
    children = rng.integers(50, 400, 2000)
    points = rng.normal(size=2000)
    curve = 0.02 * np.cos(points)
    held = children * points
    estimates = held + children * (curve + rng.normal(0, 0.04, (2, 2000)))
    found = of_noise(estimates, held, at=points, children=children) / children
    middle = np.abs(points) < 1.5
    # Some 300 places in a bandwidth: errors of .04 / sqrt(2 x 300), twice, and the curve's bend.
    assert np.abs(found - 2 * curve)[middle].max() < 0.02


def test_a_place_alone_and_places_all_alike_are_near_nobody() -> None:
    for place in (np.array([0.3]), np.full(5, 0.3)):
        children = np.full(len(place), 20)
        estimates = np.random.default_rng(11).normal(size=(30, len(place)))
        assert (of_noise(estimates, place, at=place, children=children) == 0).all()


@pytest.mark.parametrize("distance", [-4.0, -2.0, 0.0, 1.0, 3.0])
def test_chances_of_normal_draws_are_those_of_the_normal_distribution(distance: float) -> None:
    rng = np.random.default_rng(10)
    points = 5 + 2 * rng.normal(size=(200, 400))
    found = measured._chance(points, least=5 - 2 * distance)
    # 200 draws: an error of .035 at .5, that of 400 means of them a twentieth; the kernel's shape.
    assert found.mean() == pytest.approx(ndtr(distance), abs=0.006)
    assert ((found > 0) & (found < 1)).all()


def test_what_is_certain_has_chance_0_or_1() -> None:
    points = np.tile([0.0, 0.004, 0.006], (20, 1))
    assert measured._chance(points, least=0.005).tolist() == [0, 0, 1]


def test_a_board_has_a_score_where_one_of_its_sites_has() -> None:
    points = np.array([[1.0, -2.0, -3.0, 4.0], [-1.0, -2.0, 5.0, -4.0]])
    found = measured._highest(points, np.array([1, 0, 1, 0]))
    assert found.tolist() == [[4.0, 1.0], [-2.0, 5.0]]
