"""A sample beside its population: counted by hand."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from oablib.analysis import representativeness
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model

ROUNDING = 1e-12  # sums in another order


@pytest.fixture(scope="module")
def frames() -> list[pd.DataFrame]:
    rng = np.random.default_rng(1)
    wave = rng.choice([2010, 2013], 300)
    return [pd.DataFrame({"wave": wave, "origin": rng.integers(1, 9, 300)}) for _ in range(3)]


@pytest.fixture(scope="module")
def population() -> pd.DataFrame:
    shares = np.arange(1, 9) / 36
    return pd.DataFrame({"variable": "origin", "code": range(1, 9), "n": 3600, "share": shares})


@pytest.fixture(scope="module")
def compared(
    frames: list[pd.DataFrame], population: pd.DataFrame, model: Model, table: Table
) -> pd.DataFrame:
    return representativeness.beside(frames, population=population, model=model, table=table)


def test_shares_are_counted_in_each_wave_and_averaged_over_data_sets(
    compared: pd.DataFrame, frames: list[pd.DataFrame]
) -> None:
    assert list(dict.fromkeys(compared["wave"])) == ["2010", "2013", "all"]
    for row in compared.to_dict("records"):
        shares = []
        for frame in frames:
            pairs = zip(frame["wave"], frame["origin"], strict=True)
            codes = [code for wave, code in pairs if row["wave"] in ("all", str(wave))]
            shares.append(Counter(codes)[row["code"]] / len(codes))
        assert row["share"] == pytest.approx(sum(shares) / 3, abs=ROUNDING)
        assert row["population"] == row["code"] / 36
        assert row["difference"] == pytest.approx(row["share"] - row["population"])


def test_the_dissimilarity_is_the_share_who_would_have_to_change(compared: pd.DataFrame) -> None:
    far = representativeness.distances(compared, shown=compared).set_index("wave")
    for wave, part in compared.groupby("wave"):
        too_many = sum(max(0.0, each) for each in part["difference"])
        assert far.loc[wave, "dissimilarity"] == pytest.approx(too_many)
        assert abs(far.loc[wave, "difference"]) == part["difference"].abs().max()


def test_chance_alone_makes_the_dissimilarity_that_is_said(
    population: pd.DataFrame, model: Model, table: Table
) -> None:
    """Mean over 400 samples of 500; its Monte Carlo error is some 1.5 %."""
    rng, found = np.random.default_rng(2), []
    for _ in range(400):
        drawn = rng.choice(population["code"], 500, p=population["share"])
        frame = pd.DataFrame({"wave": 2010, "origin": drawn})
        beside = {"population": population, "model": model, "table": table}
        compared = representativeness.beside([frame], **beside)
        found.append(representativeness.distances(compared, shown=compared).iloc[0])
    mean = np.mean([row["dissimilarity"] for row in found])
    assert mean == pytest.approx(found[0]["by_chance"], rel=0.05)


def test_what_is_hidden_is_not_named(compared: pd.DataFrame) -> None:
    hidden = compared.assign(difference=np.nan, share=np.nan)
    far = representativeness.distances(compared, shown=hidden)
    assert far["code"].isna().all() and far["dissimilarity"].notna().all()


def test_what_was_published_is_looked_for_here(compared: pd.DataFrame, table: Table) -> None:
    claim = {"variables": ["origin"], "categories": ["turkije", "noord_afrika"], "sample": "larger"}
    unknown = {"variables": ["origin"], "categories": ["atlantis"], "sample": "larger"}
    figures = {"representativeness": [claim, unknown]}
    found = representativeness.claims(compared, figures=figures, table=table)
    assert found["claim"].unique().tolist() == [0]
    row = found[found["wave"] == "all"].iloc[0]
    both = compared[(compared["wave"] == "all") & compared["code"].isin([4, 8])]
    assert row["sample"] == pytest.approx(both["share"].sum())
    assert row["population"] == pytest.approx(12 / 36)
    assert representativeness.claims(compared, figures=None, table=table).empty


def test_one_wave_is_all(population: pd.DataFrame, model: Model, table: Table) -> None:
    frame = pd.DataFrame({"wave": 2010, "origin": [1, 2]})
    beside = {"population": population, "model": model, "table": table}
    assert set(representativeness.beside([frame], **beside)["wave"]) == {"all"}
