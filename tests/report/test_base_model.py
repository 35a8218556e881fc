"""What is said on effects and fit: each verdict and its opposite, in both languages."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from oablib import params
from oablib.base import language
from oablib.protocol import models
from oablib.protocol.codebook import load
from oablib.report import base_model, direct_effects, model_fit, planted
from oablib.report.exhibit import About
from oablib.report.labels import labels

LABELS = labels(load().table("cohort"), [models.load("base")])
ABOUT = About("3 children", drawn=True)
PUBLISHED = params.published("herijking2021")


@pytest.fixture
def direct() -> pd.DataFrame:
    """Two effects, equal to the published ones."""
    names = ["origin", "school_mean_education_mother"]
    listed = [PUBLISHED["direct_effects"][name] for name in names]
    value, error = ([each[key] for each in listed] for key in ("coef", "se"))
    frame = pd.DataFrame({"name": names, "value": value, "se": error, "published": value})
    return frame.assign(
        ci_lower=frame["value"] - 2 * frame["se"], ci_upper=frame["value"] + 2 * frame["se"],
        se_known=frame["se"], se_ratio=[1.45, 0.67], fmi=[0.53, 0.1],
        tested=["categories", "slope"], differs=[True, False], weak=False,
    )  # fmt: skip


def both(text: Callable[[], object]) -> tuple[str, str]:
    with language.use("en"):
        english = str(text())
    with language.use("nl"):
        return english, str(text())


def fit(rmsea: float, cfi: float, df: int = 4) -> pd.DataFrame:
    values = {"chi2_scaled": 143.2, "df": df, "rmsea": rmsea, "cfi": cfi, "r2_adjusted": 0.407}
    return pd.DataFrame({"measure": list(values), "mean": list(values.values())})


def test_misfit_is_named() -> None:
    bad = both(lambda: model_fit.verdict(fit(0.095, 0.97), model="base model"))
    assert "**The base model does not fit**: RMSEA 0.095 (wanted: at most 0.06)" in bad[0]
    assert "chi2 143.2 on 4 df" in bad[0]
    assert "past niet bij de gegevens**: RMSEA 0,095" in bad[1]
    assert "does not fit" in str(model_fit.verdict(fit(0.01, 0.9), model="base model"))
    good = both(lambda: model_fit.verdict(fit(0.011, 0.999), model="base model"))
    assert "The base model fits: RMSEA 0.011, CFI 0.999" in good[0]
    assert "past bij de gegevens: RMSEA 0,011" in good[1]
    assert "no degrees of freedom" in str(model_fit.verdict(fit(0, 1, df=0), model="base model"))


def test_one_data_set_has_no_columns_over_imputations() -> None:
    one = fit(0.01, 0.99).assign(part="residuals", min=lambda rows: rows["mean"], max=1.0)
    several = model_fit.fit_table(one, about=ABOUT)
    assert "largest" in several.numbers and "imputations" in several.note
    single = model_fit.fit_table(one.assign(max=one["mean"]), about=ABOUT)
    assert "value" in single.numbers and "largest" not in single.numbers
    assert "imputations" not in single.note


def test_explained_variance_stands_beside_published_ones() -> None:
    text = both(lambda: model_fit.explained(fit(0, 1), figures=PUBLISHED, outcome="score"))
    assert (
        "40.7% of the variance of the score (published: 40.4%; indicator then in use: 41.8%)"
        in (text[0])
    )
    assert "40,7%" in text[1]
    drawn = model_fit.explained(fit(0, 1), figures=PUBLISHED, outcome="score", drawn=True)
    assert "what these data are calibrated on: 40.4%" in str(drawn)
    bare = str(model_fit.explained(fit(0, 1), figures=None, outcome="score"))
    assert bare.endswith("40.7% of the variance of the score.")


def test_effects_that_differ_from_zero_are_named_or_said_to_be_none(direct: pd.DataFrame) -> None:
    roles: dict[str, Any] = {"outcome": "cito", "mediator": "nscct", "labels": LABELS}
    some = both(lambda: direct_effects.differing(direct, **roles))
    assert "**1 of 2 predictors** show a direct effect" in some[0]
    assert "origin (joint test of its categories)." in some[0] and "say little" not in some[0]
    assert "herkomst (gezamenlijke toets van de categorieën)." in some[1]
    number = direct.assign(tested="slope")
    assert "origin (−0.78 points per unit)" in direct_effects.differing(number, **roles)
    none = both(lambda: direct_effects.differing(direct.assign(differs=False), **roles))
    assert "**none of 2 predictors**" in none[0] and "geen van de 2 voorspellers" in none[1]
    weak = both(lambda: direct_effects.differing(direct.assign(weak=[True, False]), **roles))
    assert weak[0].endswith("Slopes say little where the total effect is weak: origin.")
    assert weak[1].endswith("waar het totale effect zwak is: herkomst.")


def test_no_slope_of_a_scaled_variable_is_said_to_differ(direct: pd.DataFrame) -> None:
    """Its interval leaves 0 out; its categories do not differ."""
    roles: dict[str, Any] = {"outcome": "cito", "mediator": "nscct", "labels": LABELS}
    assert (direct["ci_upper"].iloc[0] < 0) and not direct.assign(differs=False)["differs"].any()
    text = direct_effects.differing(direct.assign(differs=False), **roles)
    assert "origin" not in str(text)


def test_agreement_with_planted_effects_is_called_a_test_of_the_program(
    direct: pd.DataFrame,
) -> None:
    some = planted.of(ABOUT, published="herijking2021", n=2400, seed=13)
    chosen = planted.of(ABOUT, published="herijking2021", n=19247, seed=13)
    assert "a test of the program" in direct_effects.against_published(direct, drawn=some)
    assert "seed chosen for nearness" in direct_effects.against_published(direct, drawn=chosen)
    text = direct_effects.against_published(direct, drawn=None)
    assert text == "2 of 2 published effects lie inside these intervals."
    assert direct_effects.against_published(direct.drop(columns="published"), drawn=None) == ""


def test_planted_effects_are_recovered_or_not(direct: pd.DataFrame) -> None:
    drawn = planted.of(ABOUT, published="herijking2021", n=19247, seed=13)
    found = both(lambda: planted.recovery_text(direct, drawn=drawn, labels=LABELS))
    assert "**Planted effects recovered.**" in found[0] and "Seed 13 was chosen" in found[0]
    cohorts = params.rules("planted")["cohorts"]
    assert f"{cohorts} cohorts of 19,247 children" in found[0] and "19.247 kinderen" in found[1]
    far = direct.assign(value=direct["value"] + [1.0, 0.0])
    other = planted.of(ABOUT, published="herijking2021", n=19247, seed=14)
    missed = both(lambda: planted.recovery_text(far, drawn=other, labels=LABELS))
    assert "**Not all planted effects recovered.**" in missed[0] and ": origin." in missed[0]
    assert "Seed" not in missed[0] and "herkomst" in missed[1]
    assert str(both(lambda: planted.recovery_text(direct, drawn=None, labels=LABELS))[0]) == ""


def test_the_spread_over_seeds_grows_as_children_become_fewer() -> None:
    rules = planted.rules()
    assert rules.spread_at("origin", n=rules.n) == rules.spread["origin"]
    assert rules.spread_at("origin", n=rules.n // 4) == pytest.approx(
        2 * rules.spread["origin"], rel=1e-3
    )
    assert np.isnan(rules.spread_at("no_such", n=9))


def test_the_rules_name_what_the_program_plants() -> None:
    """The published effects, and paths to intelligence of all variables with scale values."""
    rules = planted.rules()
    assert set(rules.spread) == set(params.published(rules.published)["direct_effects"])
    assert set(rules.paths["nscct"]) == set(models.load("base").scaled)


def test_ratios_of_standard_errors_are_explained(direct: pd.DataFrame) -> None:
    names = ("school_mean_education_mother",)
    text = both(
        lambda: direct_effects.errors_text(
            direct, n=19247, figures=PUBLISHED, school_means=names, labels=LABELS
        )
    )
    assert "0.67 (school mean of the education of the mother) to 1.45 (origin)" in text[0]
    assert "53% of the information on origin is missing" in text[0] and "1.46 times" in text[0]
    assert "number of schools" in text[0]
    assert "0,67" in text[1]
    near = direct.assign(se_ratio=[1.05, 0.98])
    short = direct_effects.errors_text(
        near, n=19247, figures=PUBLISHED, school_means=names, labels=LABELS
    )
    assert "missing" not in str(short) and "number of schools" not in str(short)
    none = direct_effects.errors_text(direct, n=9, figures=None, school_means=names, labels=LABELS)
    assert str(none) == ""


def test_the_optimum_is_compared_with_semopy_where_it_finds_one() -> None:
    frame = pd.DataFrame({"imputation": [1, 2], "gradient": 0.0, "semopy_distance": [1e-5, 2e-4]})
    found = both(lambda: base_model.optimum_text(frame))
    assert "All 2 fits converged" in found[0] and "0.0002" in found[0] and "0,0002" in found[1]
    assert "no solution" in str(base_model.optimum_text(frame.assign(semopy_distance=np.nan)))


def test_hidden_values_are_recovered_or_not() -> None:
    table = pd.DataFrame({"name": ["origin"], "difference_in_se": [1.0]})
    assert "All 1 effects" in str(direct_effects.recovery_text(table, labels=LABELS))
    far = table.assign(difference_in_se=-2.5)
    assert "complete data: origin." in str(direct_effects.recovery_text(far, labels=LABELS))
