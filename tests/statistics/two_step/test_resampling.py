"""A draw of schools gives what the whole analysis gives on the drawn children."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from oablib.base.errors import EstimationError
from oablib.protocol import codebook, models
from oablib.statistics import two_step
from oablib.statistics.two_step import model_grid, resampling, sums

# Least squares from sums of products, and the search of the likelihood: condition under 1e4.
SAME_ESTIMATES = 1e-7
# 400 draws leave an error of 3.5 % in a standard error; the two estimate the same quantity.
SE_RATIO = (0.8, 1.25)


@pytest.fixture(scope="module")
def children() -> pd.DataFrame:
    """3,000 children of 120 schools in which all categories are common."""
    rng = np.random.default_rng(3)
    n = 3000
    school = rng.integers(0, 120, n)
    frame = pd.DataFrame(
        {
            "school_id": school.astype(str),
            "wave": 2013,
            "education_father": rng.integers(1, 9, n),
            "education_mother": rng.integers(1, 9, n),
            "origin": rng.integers(1, 9, n),
            "residence_mother": rng.integers(0, 3, n),
            "debt_restructuring": rng.binomial(1, 0.1, n),
        }
    )
    frame["nscct"] = 100 + frame["education_mother"] + 10 * rng.normal(size=n)
    frame["cito"] = 500 + 0.2 * frame["nscct"] + 0.6 * frame["education_father"]
    frame["cito"] += 0.8 * frame["education_mother"] + 2 * rng.normal(size=120)[school]
    # Every scale has a length: where all values are 0 in truth, a slope is not determined.
    frame["cito"] -= 0.8 * frame["origin"]
    frame["cito"] += 6 * rng.normal(size=n)
    return frame


def by_hand(frame: pd.DataFrame, times: np.ndarray) -> pd.DataFrame:
    """Children of a draw, each drawn school a school of its own."""
    schools = list(dict.fromkeys(frame["school_id"]))
    parts = [
        frame[frame["school_id"] == name].assign(school_id=f"{name}/{copy}")
        for name, count in zip(schools, times, strict=True)
        for copy in range(int(count))
    ]
    return pd.concat(parts, ignore_index=True)


def effects(frame: pd.DataFrame, model: models.Model, table: codebook.Table) -> np.ndarray:
    fit = two_step.fit(frame, model=model, table=table).fit
    return model.direct_rows(fit.parameters)["est"].to_numpy()


@pytest.mark.parametrize("fixed", [{}, {"education_mother": {"mbo4": 3.0}}], ids=["free", "fixed"])
def test_a_draw_is_the_analysis_of_the_drawn_children(
    children: pd.DataFrame, model: models.Model, table: codebook.Table, fixed: dict
) -> None:
    own = replace(model, fixed_values=fixed)
    read = sums.products(children, model=own, table=table)
    times = np.random.default_rng(8).multinomial(120, np.full(120, 1 / 120), size=3)
    found = resampling.estimate(read, times=times.astype(float))
    assert found.failed == 0
    for row, drawn in zip(found.effects.to_numpy(), times, strict=True):
        expected = effects(by_hand(children, drawn), own, table)
        np.testing.assert_allclose(row, expected, rtol=0, atol=SAME_ESTIMATES)


def test_a_school_mean_of_a_number_is_drawn_as_well() -> None:
    model = models.load("snijders_bosker")
    table = codebook.load(model.codebook).table("cohort")
    rng = np.random.default_rng(5)
    n = 1500
    names = ["iq_verb", "ses", "minority", "sex", "repeated_grades"]
    frame = pd.DataFrame(rng.normal(size=(n, 5)), columns=names)
    frame["school_id"] = rng.integers(0, 60, n).astype(str)
    frame["denomination"] = rng.integers(1, 5, n)
    frame["lang_post"] = 40 + frame[names].sum(axis=1) + rng.normal(size=n)
    read = sums.products(frame, model=model, table=table)
    times = rng.multinomial(60, np.full(60, 1 / 60)).astype(float)
    found = resampling.estimate(read, times=times[None])
    expected = effects(by_hand(frame, times), model, table)
    np.testing.assert_allclose(found.effects.to_numpy()[0], expected, rtol=0, atol=SAME_ESTIMATES)


def test_the_spread_of_the_draws_is_the_standard_error_of_both_steps(
    children: pd.DataFrame, model: models.Model, table: codebook.Table
) -> None:
    read = sums.products(children, model=model, table=table)
    spread = resampling.draw(read, samples=400, seed=[1]).effects.std(ddof=1)
    counted = two_step.fit(children, model=model, table=table).counted
    ratio = spread.to_numpy() / model.direct_rows(counted.parameters)["se"].to_numpy()
    assert ((ratio > SE_RATIO[0]) & (ratio < SE_RATIO[1])).all()


def test_a_draw_with_a_rare_category_is_counted_not_estimated(
    children: pd.DataFrame, model: models.Model, table: codebook.Table
) -> None:
    """Origin 5 is in one school only: draws without it lack the category."""
    first = children["school_id"] == children["school_id"].iloc[0]
    moved = children["origin"].where(first | (children["origin"] != 5), 4).where(~first, 5)
    read = sums.products(children.assign(origin=moved), model=model, table=table)
    times = np.ones((2, 120))
    times[0, 0] = 0
    found = resampling.estimate(read, times=times)
    assert (found.failed, len(found.effects)) == (1, 1)


def test_the_same_seed_draws_the_same_schools_for_every_model(
    children: pd.DataFrame, model: models.Model, table: codebook.Table
) -> None:
    again = [
        resampling.draw(
            sums.products(children, model=each, table=table), samples=5, seed=[4, 0]
        ).effects["origin"]
        for each in (model, model, replace(model, indirect=("education_father",)))
    ]
    pd.testing.assert_series_equal(again[0], again[1])
    # Direct effects do not depend on the paths to intelligence, on the same schools.
    np.testing.assert_allclose(again[0], again[2], rtol=0, atol=SAME_ESTIMATES)


@pytest.fixture(scope="module")
def frames(children: pd.DataFrame) -> list[pd.DataFrame]:
    """Three data sets that differ in one variable, as completed ones do."""
    rng = np.random.default_rng(6)
    mothers = [rng.permutation(children["education_mother"].to_numpy()) for _ in range(2)]
    return [children, *(children.assign(education_mother=each) for each in mothers)]


def test_a_grid_is_the_same_on_any_number_of_workers_and_from_what_was_kept(
    frames: list, model: models.Model, table: codebook.Table, tmp_path, monkeypatch
) -> None:
    variants = {"base": model, "shorter": replace(model, direct=model.direct[:-1])}
    options = {"models": variants, "table": table, "samples": 20, "seed": 1}
    alone = model_grid.grid(frames, **options, keep=tmp_path)
    pd.testing.assert_frame_equal(model_grid.grid(frames, **options, workers=2), alone)
    assert len(list(tmp_path.glob("*.npz"))) == 6
    damaged = next(tmp_path.glob("*.npz"))
    damaged.write_bytes(damaged.read_bytes()[:100])
    pd.testing.assert_frame_equal(model_grid.grid(frames, **options, keep=tmp_path), alone)
    monkeypatch.setattr(model_grid, "cell", None)  # nothing is computed again
    pd.testing.assert_frame_equal(model_grid.grid(frames, **options, keep=tmp_path), alone)


def test_a_grid_with_too_few_draws_says_how_many_there_were(
    children: pd.DataFrame, model: models.Model, table: codebook.Table
) -> None:
    with pytest.raises(EstimationError, match="1 of 1 draws"):
        model_grid.grid([children], models={"base": model}, table=table, samples=1, seed=1)


def test_a_grid_pools_by_rubins_rules(
    frames: list, model: models.Model, table: codebook.Table
) -> None:
    found = model_grid.grid(frames, models={"base": model}, table=table, samples=50, seed=1)
    fits = [two_step.fit(frame, model=model, table=table) for frame in frames]
    rows = [model.direct_rows(fit.counted.parameters) for fit in fits]
    est = np.array([row["est"] for row in rows])
    within = np.array([row["se"] ** 2 for row in rows]).mean(axis=0)
    total = within + (1 + 1 / 3) * est.var(axis=0, ddof=1)
    np.testing.assert_allclose(found["est"], est.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found["se"], np.sqrt(total), rtol=1e-12)
    assert found["aic"][0] == pytest.approx(np.mean([fit.fit.aic for fit in fits]))
    assert (found["draws"] + found["failed"] == 150).all()
    half = (found["ci_upper"] - found["ci_lower"]) / 2
    assert (half > 1.95 * found["se_bootstrap"]).all()  # wider than the normal distribution's
