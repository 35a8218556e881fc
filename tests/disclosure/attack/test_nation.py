"""National sums: whether they can narrow a place, and that they do in a country of few towns."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from oablib import disclosure
from oablib.disclosure import attack
from tests.disclosure.attack import cases
from tests.disclosure.attack.cases import Town

TOWN = Town([(100, [6.0] * 3), (150, [7.0] * 30)], toddlers=(80, [6.0] * 12))


def country(towns: int) -> tuple[attack.Released, pd.DataFrame]:
    """So many equal towns of other names, by the strict profile."""
    one = cases.by_profile(TOWN, disclosure.rules().strict)
    sites, municipalities, truth = [], [], []
    for k in range(towns):
        codes = {code: f"{k:04d}{code}" for code in TOWN.codes} | {cases.TOWN: f"GM{k:04d}"}
        sites.append(one.sites.replace(codes))
        municipalities.append(one.municipalities.replace(codes))
        truth.append(TOWN.truth.replace(codes))
    tables = (pd.concat(tables, ignore_index=True) for tables in (sites, municipalities))
    released = attack.Released(one.date, *tables, one.of_sites, one.of_municipalities)
    return released, pd.concat(truth)


@pytest.mark.parametrize(("towns", "enough"), [(1, False), (2, False), (12, True)])
def test_room_grows_with_the_number_of_towns(towns: int, enough: bool) -> None:
    released, truth = country(towns)
    result = attack.attack([released], truth=truth, rules=disclosure.rules())
    assert (result.room >= 1) == enough
    assert result.largest == (4 if enough else 4 * towns)


def test_national_sums_narrow_a_country_of_one_town() -> None:
    """They are the exact sums of its two schools: n is 33 and A 228."""
    released, truth = country(1)
    rules = dataclasses.replace(disclosure.rules(), fewest=1000)
    alone, known = (
        attack.attack([released], truth=truth, rules=rules, whole_country=whole)
        for whole in (False, True)
    )
    assert known.fewest_values < alone.fewest_values
    assert np.isposinf(alone.room)


def test_joined_programmes_give_what_blocks_give_where_there_is_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """That room of 1 means that nothing follows, against the one programme of all places."""
    released, truth = country(12)
    rules = dataclasses.replace(disclosure.rules(), fewest=1000)
    by_blocks = attack.attack([released], truth=truth, rules=rules)
    monkeypatch.setattr("oablib.disclosure.attack.nation.room", lambda *_: 0.0)
    joined = attack.attack([released], truth=truth, rules=rules)
    assert joined.largest == 48 and by_blocks.largest == 4
    assert joined.fewest_values == by_blocks.fewest_values
    pd.testing.assert_frame_equal(joined.narrowed, by_blocks.narrowed)
