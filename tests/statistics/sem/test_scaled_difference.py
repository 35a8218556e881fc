"""Scaled differences where the usual method has none, or one that is far off."""

from typing import get_args

import numpy as np
import pandas as pd
import pytest

from oablib import pooling, sem
from oablib.statistics.sem.comparing import scaled_difference
from oablib.statistics.sem.comparing.scaled_difference import ScaledMethod

PATHS = ("y ~ m + 0*x + 0*z\nm ~ x + 0*z", "y ~ m + x + 0*z\nm ~ x + 0*z")
FACTORS = ("h =~ a1 + a2 + a3 + b1 + b2 + b3", "f1 =~ a1 + a2 + a3\nf2 =~ b1 + b2 + b3")
# Wald's and the ratio's statistic differ by as much here, at effects of four standard errors.
AGREEMENT = 0.1


def pupils(seed: int) -> pd.DataFrame:
    """600 rows of 30 schools; all four variables share what the school adds."""
    random, school = np.random.default_rng(seed), np.arange(600) % 30
    shared = 0.4 * random.normal(size=30)[school]
    x = shared + random.normal(size=600)
    m = 0.3 * x + shared + random.normal(size=600)
    y = 0.3 * m + 0.1 * x + shared + random.normal(size=600)
    z = shared + random.normal(size=600)
    return pd.DataFrame({"x": x, "m": m, "y": y, "z": z, "school": school})


def two_abilities(seed: int, correlation: float) -> pd.DataFrame:
    """500 rows, three tests for each of two abilities."""
    random = np.random.default_rng(seed)
    first, second = random.normal(size=(2, 500))
    second = correlation * first + second
    noise = 0.7 * random.normal(size=(6, 500))
    columns = {f"a{i}": first * (0.6 + 0.1 * i) + noise[i - 1] for i in (1, 2, 3)}
    columns |= {f"b{i}": second * (0.9 - 0.1 * i) + noise[i + 2] for i in (1, 2, 3)}
    return pd.DataFrame(columns)


def fitted(texts: tuple[str, str], data: pd.DataFrame, **options) -> list[sem.SemFit]:
    return [sem.fit(text, data, **options) for text in texts]


@pytest.mark.parametrize("seed", [3, 13, 28])
def test_undefined_difference_names_a_method_that_is_defined(seed: int):
    restricted, general = fitted(PATHS, pupils(seed), cluster="school")
    for method in ("satorra.bentler.2001", "satorra.bentler.2010"):
        found = sem.likelihood_ratio(restricted, general, method=method)
        assert np.isnan([found.scaling_factor, found.chi2_scaled, found.chi2_scaled_p]).all()
        assert found.flags[0].endswith("use satorra.2000 instead.")
    found = sem.likelihood_ratio(restricted, general, method="satorra.2000")
    assert (found.df, found.shift, found.flags) == (1, pytest.approx(0.0, abs=1e-12), ())
    wald = general.parameter("y", "~", "x")["z"] ** 2
    assert found.chi2_scaled == pytest.approx(wald, rel=AGREEMENT)


@pytest.mark.parametrize(("seed", "correlation"), [(7, 0.4), (12, 0.3), (13, 0.4)])
def test_factor_of_a_model_that_fits_badly_is_flagged(seed: int, correlation: float):
    """One factor for two abilities: all chi2 of one degree of freedom should be near 250."""
    restricted, general = fitted(FACTORS, two_abilities(seed, correlation))
    usual = sem.likelihood_ratio(restricted, general)
    other = sem.likelihood_ratio(restricted, general, method="satorra.2000")
    assert "is far from the" in usual.flags[0] and usual.flags[0].endswith("satorra.2000 instead.")
    assert usual.chi2_scaled > 2 * other.chi2_scaled
    assert other.chi2_scaled == pytest.approx(other.chi2, rel=0.2)


@pytest.mark.parametrize("seed", [0, 1, 5])
def test_factor_of_clustered_data_is_no_reason_for_a_flag(seed: int):
    assert sem.likelihood_ratio(*fitted(PATHS, pupils(seed), cluster="school")).flags == ()


def test_shift_gives_the_statistic_the_mean_and_variance_of_chi2():
    """As far as the eigenvalues say that chi2 has theirs: mean sum(l), variance 2 sum(l^2)."""
    texts = ("y ~ 0*x + 0*z\nm ~ 0*x + z", "y ~ x + z\nm ~ x + z")
    restricted, general = fitted(texts, pupils(1), cluster="school")
    spread = scaled_difference.relative_spread(restricted, general)
    eigenvalues = np.linalg.eigvals(spread).real
    found = scaled_difference.satorra_2000(restricted, general)
    assert len(eigenvalues) == 3
    assert eigenvalues.sum() / found.factor + found.shift == pytest.approx(3)
    assert 2 * (eigenvalues**2).sum() / found.factor**2 == pytest.approx(2 * 3)


def test_spread_of_one_path_is_the_ratio_of_its_two_variances():
    """In every unit of the data, where the path is estimated at 0, so that both models agree."""
    data = pupils(2)
    slope = sem.fit("m ~ z + x", data).parameter("m", "~", "x")["est"]
    for unit in (1, 100):
        frame = data.assign(x=data["x"] * unit, m=data["m"] - slope * data["x"])
        pair = fitted(("m ~ z + 0*x", "m ~ z + x"), frame, cluster="school")
        plain = sem.fit("m ~ z + x", frame, errors="observed").parameter("m", "~", "x")
        ratio = (pair[1].parameter("m", "~", "x")["se"] / plain["se"]) ** 2
        assert scaled_difference.relative_spread(*pair).item() == pytest.approx(ratio, rel=1e-9)


def test_pooled_ratio_says_in_how_many_imputations_it_is_undefined():
    data, noise = pupils(3), np.random.default_rng(1).normal(size=(3, 600))
    frames = [data.assign(z=data["z"] + 0.1 * each) for each in noise]
    models = [[sem.fit(text, frame, cluster="school") for frame in frames] for text in PATHS]
    undefined = pooling.likelihood_ratio(*models, method="D2_scaled")
    assert np.isnan(undefined.statistic)
    assert undefined.flags[0].startswith("In 3 of 3 imputations: The scaled difference by satorra")
    found = pooling.likelihood_ratio(*models, method="D2_scaled", scaled_method="satorra.2000")
    each = [
        sem.likelihood_ratio(*pair, method="satorra.2000").chi2_scaled
        for pair in zip(*models, strict=True)
    ]
    assert found.statistic == pooling.d2(each, 1).statistic
    assert found.flags == ()


def test_pooled_ratio_says_in_how_many_imputations_it_is_doubtful():
    frames = [two_abilities(7, 0.4), two_abilities(13, 0.4)]
    models = [[sem.fit(text, frame) for frame in frames] for text in FACTORS]
    found = pooling.likelihood_ratio(*models, method="D2_scaled")
    assert np.isfinite(found.p)
    assert found.flags[-1].startswith("In 2 of 2 imputations: The scaling factor of")


@pytest.mark.parametrize("likelihood", ["joint", "conditional"])
def test_equality_counts_the_same_as_one_label(likelihood: str):
    free = "y ~ a*m + b*x + z\nm ~ c*x + d*z"
    by_label = {
        "both": "y ~ a*m + a*x + z\nm ~ c*x + c*z", "one": "y ~ a*m + a*x + z\nm ~ x + z",
        "none": free,
    }  # fmt: skip
    by_equality = {"both": f"{free}\na == b\nc == d", "one": f"{free}\na == b", "none": free}
    ratios: list[list[float]] = [[], []]
    for texts, row in zip((by_label, by_equality), ratios, strict=True):
        fits = {
            name: sem.fit(text, pupils(4), cluster="school", likelihood=likelihood)
            for name, text in texts.items()
        }
        for method in get_args(ScaledMethod):
            for general in ("one", "none"):
                found = sem.likelihood_ratio(fits["both"], fits[general], method=method)
                row.append(found.chi2_scaled)
    # One of the six is undefined, in both forms.
    assert ratios[0] == pytest.approx(ratios[1], rel=1e-8, nan_ok=True)


def test_active_limit_leaves_no_scaled_difference_by_restrictions():
    """The limit makes one direction less than df counts."""
    limited = sem.fit("y ~ a*m + 0*x\nm ~ x\na > 2", pupils(5), cluster="school")
    general = sem.fit("y ~ m + x\nm ~ x", pupils(5), cluster="school")
    found = sem.likelihood_ratio(limited, general, method="satorra.2000")
    assert np.isnan(found.chi2_scaled) and "beside active limits" in found.flags[0]
