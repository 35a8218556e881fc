"""What is true stays possible in every programme, whatever country and profile."""

import dataclasses

import pytest
from allocation_cases import country
from hypothesis import given, settings
from hypothesis import strategies as st

from oablib import allocation, disclosure
from oablib.base.errors import AllocationError, DisclosureError
from oablib.disclosure import Profile, attack
from oablib.disclosure.settings import Steps
from tests.disclosure.attack import cases

COUNTRIES = 200
STEPS = st.sampled_from([0.01, 0.5, 1.0, 10.0])

profiles = st.builds(
    Profile,
    fewest_pupils=st.integers(1, 30),
    fewest_of_municipality=st.integers(1, 60),
    fewest_toddlers=st.integers(0, 20),
    sites=st.builds(Steps, below=st.integers(1, 30), coarse=STEPS, fine=STEPS),
    municipal_step=STEPS,
)


def law(ties: str) -> allocation.Rules:
    return dataclasses.replace(allocation.rules(), ties=ties)


@given(st.integers(0, COUNTRIES - 1), profiles, st.sampled_from(["all", "none"]))
@settings(max_examples=15, deadline=None)
def test_truth_is_possible_in_every_programme(seed: int, profile: Profile, ties: str) -> None:
    rules = cases.everything(disclosure.rules())
    try:
        released, truth = cases.of_country(country(seed), profile=profile, rules=law(ties))
    except AllocationError:
        return  # nobody belongs to a target group by this rule
    found = attack.attack([released], truth=truth, rules=rules)
    assert found.looked_at > 0


def test_children_who_count_in_part_are_refused() -> None:
    drawn = country(2)  # scores on a grid of 2 points, with ties at the boundary
    frames = (drawn.children, drawn.sites, drawn.municipalities)
    with pytest.raises(DisclosureError, match="choose all or none"):
        attack.truth(*frames, date=cases.DATE, rules=law("share"))


def test_a_truth_that_is_not_possible_stops_the_attack() -> None:
    town = cases.Town([(100, [5.0, 6.0])], toddlers=(20, [5.0]))
    rules = disclosure.rules()
    released = cases.exactly(town)
    with pytest.raises(DisclosureError, match="not among"):
        attack.attack([released], truth=town.truth.assign(A=50.0), rules=rules)
