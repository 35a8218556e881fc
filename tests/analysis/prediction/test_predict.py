"""Predictions are learned from one part alone, mean what they say, and lose what is unknown."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from oablib import intake, prediction, scale_values, sem, synthetic
from oablib.analysis.prediction import measures, methods, register, splits, study
from oablib.analysis.prediction.settings import Rules
from oablib.analysis.prediction.splits import Setting
from oablib.base.errors import EstimationError, ImputationError, InputError, ParameterError
from oablib.params import run as params_run
from oablib.protocol import models
from oablib.protocol.codebook import Table
from oablib.protocol.models import Model
from oablib.synthetic import Cohort
from tests.measured.true_education import true_education

N, SEED = 2_400, 2021
# Two ways to the same least squares, one by the search of the likelihood.
SAME_RTOL = 1e-6
# A share of 2,400 children, and how far chance may move it: four standard errors.
FOUR_SE = 4.0
# What is promised of the run of the published size.
NEAR_THE_TRUTH = 0.02


@pytest.fixture(scope="module")
def drawn() -> Cohort:
    return synthetic.draw(n=N, seed=SEED)


@pytest.fixture(scope="module")
def cohort(drawn: Cohort, table: Table) -> pd.DataFrame:
    return intake.in_memory(drawn.children, table=table)


@pytest.fixture(scope="module")
def complete(drawn: Cohort) -> pd.DataFrame:
    return true_education(drawn)


@pytest.fixture(scope="module")
def rules() -> Rules:
    return replace(prediction.rules(), register_imputations=2, register_iterations=1)


@pytest.fixture(scope="module")
def setting(cohort: pd.DataFrame, model: Model, table: Table, rules: Rules) -> Setting:
    laid = register.lay(cohort, model=model, rules=rules, seed=1)
    options = {"model": model, "table": table, "rules": rules, "seed": 1}
    return Setting(
        cohort,
        register.fill(cohort, **options),
        register.fill(laid, **options),
        model,
        table,
        rules,
        1,
    )


def test_training_is_the_outcome_equation_of_the_structural_model(
    complete: pd.DataFrame, model: Model, table: Table
) -> None:
    values = scale_values.estimate(complete, model=model, table=table).table
    data = scale_values.apply(complete, values=values, model=model, table=table)
    fit = sem.fit(model.syntax, data, cluster=model.cluster)
    learned = methods.train([complete], model=model, table=table)
    expected = model.paths_to_outcome(fit.parameters, of=[model.mediator, *model.direct])["est"]
    np.testing.assert_allclose(learned.effects, expected, rtol=SAME_RTOL)
    assert learned.intercept == pytest.approx(fit.parameter("cito", "~1")["est"], rel=SAME_RTOL)
    np.testing.assert_allclose(learned.values["value"], values["value"])


def test_weights_count_as_copies(complete: pd.DataFrame, model: Model, table: Table) -> None:
    twice = complete["school_id"].isin(complete["school_id"].unique()[::2])
    copies = pd.concat([complete, complete[twice]], ignore_index=True)
    weighted = methods.train(
        [complete], model=model, table=table, weights=np.where(twice, 2.0, 1.0)
    )
    copied = methods.train([copies], model=model, table=table)
    np.testing.assert_allclose(weighted.effects, copied.effects, rtol=SAME_RTOL)


def test_the_score_holds_neither_intelligence_nor_confounders(
    complete: pd.DataFrame, model: Model, table: Table
) -> None:
    wider = replace(
        model,
        direct=(*model.direct, "girl", "age"),
        numeric=(*model.numeric, "age"),
        dummies={**model.dummies, "girl": models.load("full").dummies["girl"]},
        confounders=("girl", "age"),
    )
    learned = methods.train([complete], model=wider, table=table)
    predicted = methods.predict(learned, complete, m=1, table=table)
    other = complete.assign(
        nscct=complete["nscct"] + 1, age=complete["age"] + 1, sex=3 - complete["sex"]
    )
    moved = methods.predict(learned, other, m=1, table=table)
    np.testing.assert_allclose(moved.score, predicted.score)
    assert not np.allclose(moved.whole, predicted.whole)
    np.testing.assert_allclose(predicted.outcome, complete["cito"])


def test_one_pass_over_copies_is_the_mean_of_the_data_sets(
    setting: Setting, complete: pd.DataFrame
) -> None:
    learned = methods.train([complete], model=setting.model, table=setting.table)
    frames = setting.delivered
    together = methods.predict(learned, pd.concat(frames), m=len(frames), table=setting.table)
    alone = [methods.predict(learned, frame, m=1, table=setting.table) for frame in frames]
    np.testing.assert_allclose(together.score, np.mean([each.score for each in alone], axis=0))
    np.testing.assert_allclose(together.left, alone[0].left)


def test_the_registers_pattern_lies_over_known_children_alone(
    cohort: pd.DataFrame, complete: pd.DataFrame, model: Model, rules: Rules
) -> None:
    laid = register.lay(complete, model=model, rules=rules, seed=3)
    for name, share in (("education_mother", 0.515), ("education_father", 0.463)):
        chance = np.sqrt(share * (1 - share) / len(complete))
        assert laid[name].notna().mean() == pytest.approx(share, abs=FOUR_SE * chance)
    part = register.lay(cohort, model=model, rules=rules, seed=3)
    known = register.known(cohort, model=model)
    for name in model.imputed:
        pd.testing.assert_series_equal(part.loc[~known, name], cohort.loc[~known, name])
        kept = part[name].notna()
        assert (part.loc[kept, name] == cohort.loc[kept, name]).all()


def test_another_model_than_the_patterns_stays_as_it_is(
    cohort: pd.DataFrame, model: Model, rules: Rules
) -> None:
    other = replace(model, imputed=("education_mother",))
    assert register.lay(cohort, model=other, rules=rules, seed=3) is cohort


def test_registers_know_no_tests(
    cohort: pd.DataFrame, model: Model, table: Table, rules: Rules
) -> None:
    """Whatever the tests say, unknown education is filled with the same values."""
    options = {"model": model, "table": table, "rules": rules, "seed": 5}
    rng = np.random.default_rng(1)
    shuffled = cohort.assign(
        cito=rng.permutation(cohort["cito"]), nscct=rng.permutation(cohort["nscct"])
    )
    pairs = zip(register.fill(cohort, **options), register.fill(shuffled, **options), strict=True)
    for one, other in pairs:
        columns = list(model.imputed)
        pd.testing.assert_frame_equal(one[columns], other[columns])


def test_a_test_without_stand_in_is_refused(
    cohort: pd.DataFrame, model: Model, table: Table, rules: Rules
) -> None:
    with pytest.raises(ParameterError, match="neighbourhood_income, which the cohort does not"):
        register.fill(
            cohort.drop(columns="neighbourhood_income"), model=model, table=table, seed=1,
            rules=rules,
        )  # fmt: skip
    with pytest.raises(ParameterError, match="no column for nscct"):
        register.fill(
            cohort, model=model, table=table, seed=1,
            rules=replace(rules, stand_ins={"cito": "household_income"}),
        )  # fmt: skip


def test_nothing_of_the_test_part_is_learned_from(setting: Setting) -> None:
    """Tests of the test part may say anything: scores of its children stay the same."""
    codes = pd.factorize(setting.cohort["school_id"])[0]
    test = codes % 5 == 0
    wild = np.where(test, 501.0, setting.cohort["cito"])
    changed = [
        frame.assign(cito=wild) for frame in (setting.cohort, *setting.delivered, *setting.laid)
    ]
    other = replace(setting, cohort=changed[0], delivered=changed[1:3], laid=changed[3:])
    one, two = (splits.evaluated(each, test, number=0).groups for each in (setting, other))
    np.testing.assert_allclose(one["predicted"], two["predicted"])
    assert not np.allclose(one["observed"], two["observed"])


def test_a_split_keeps_schools_whole(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[np.ndarray] = []
    monkeypatch.setattr(splits, "evaluated", lambda _, test, number: seen.append(test))
    for number in range(3):
        splits.by_school(setting, number)
    school = setting.cohort["school_id"].to_numpy()
    for test in seen:
        assert not set(school[test]) & set(school[~test])
        share = len(set(school[test])) / len(set(school))
        assert share == pytest.approx(setting.rules.test_share, abs=0.01)
    assert len({test.tobytes() for test in seen}) == 3


def test_a_method_that_fails_says_why_and_stops_nothing(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise EstimationError("Too few children. Take more.")

    monkeypatch.setattr(methods, "_weighted", fail)
    rows = splits.by_school(setting, 0).rows
    weighting = rows[rows["method"] == methods.WEIGHTING]
    assert list(weighting["failed"]) == ["Too few children"]
    assert (rows.loc[rows["method"] == methods.ALL, "failed"] == "").all()


def test_the_study_repeats_itself_and_sums_up_its_splits(
    cohort: pd.DataFrame, model: Model, table: Table, rules: Rules
) -> None:
    options = {"model": model, "table": table, "rules": rules, "splits": 3, "seed": 4}
    found, again = prediction.predict(cohort, **options), prediction.predict(cohort, **options)
    pd.testing.assert_frame_equal(found.splits, again.splits)
    assert set(found.splits["split"]) == {0, 1, 2}
    rows = found.splits[(found.splits["method"] == methods.ALL)]
    own = rows[rows["population"] == "all"]
    summed = found.summary.set_index(["method", "population"]).loc[(methods.ALL, "all")]
    assert summed["r2"] == pytest.approx(own["r2"].mean())
    assert summed["r2_sd"] == pytest.approx(own["r2"].std())
    # Both groups hold the lowest 15 % of all children of a test part.
    np.testing.assert_allclose(own["sensitivity"], own["ppv"], atol=0.02)
    deciles = found.calibration[found.calibration["by"] == "score"]
    assert list(deciles["code"]) == list(range(1, 11))
    assert deciles["predicted"].is_monotonic_increasing
    assert sorted(set(found.waves["tested_on"])) == ["2007", "2010", "2013"]
    for by in ("origin", "education_father", "education_mother", "urbanity"):
        assert by in set(found.calibration["by"])


def test_a_training_part_that_cannot_be_imputed_fails_alone(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ImputationError("Known values per variable: few. Take more.")

    monkeypatch.setattr(splits.imputation, "impute", fail)
    found = splits.by_school(setting, 0)
    assert set(found.rows["failed"]) == {"Known values per variable: few"}
    assert found.groups.empty
    with pytest.raises(EstimationError, match="In all 1 splits the model could not be learned"):
        study._fail_if_nothing_was_learned(found.rows)


def test_few_schools_are_refused(
    cohort: pd.DataFrame, model: Model, table: Table, rules: Rules
) -> None:
    few = cohort[cohort["school_id"].isin(cohort["school_id"].unique()[:9])]
    with pytest.raises(InputError, match="9 schools"):
        prediction.predict(few, model=model, table=table, rules=rules, splits=2, seed=1)


def test_calibration_weighs_splits_by_their_children() -> None:
    groups = pd.DataFrame(
        {"by": "score", "code": 1, "n": [10, 30], "predicted": [1.0, 2.0], "observed": [0.0, 4.0]}
    )
    row = study.calibration(groups).iloc[0]
    assert (row["predicted"], row["observed"], row["difference"]) == (1.75, 3.0, 1.25)
    assert row["sd"] == pytest.approx(np.std([-1.0, 2.0], ddof=1))


def test_measures_on_small_numbers() -> None:
    observed, predicted = np.array([1.0, 2.0, 3.0, 6.0]), np.array([1.0, 2.0, 3.0, 4.0])
    assert measures.r2(observed, predicted) == pytest.approx(1 - 4 / 14)
    assert measures.slope(observed, predicted) == pytest.approx(1.6)
    assert np.isnan(measures.slope(observed, np.ones(4)))
    assert np.isnan(measures.r2(np.ones(4), predicted))
    target, found = np.array([1, 1, 0, 0], bool), np.array([1, 0, 1, 1], bool)
    assert measures.sensitivity(target, found) == 0.5
    assert measures.positive_predictive_value(target, found) == pytest.approx(1 / 3)
    assert np.isnan(measures.sensitivity(np.zeros(4, bool), found))
    school = np.repeat(["a", "b", "c", "d"], [2, 2, 2, 1])
    numbers = np.array([1.0, 3.0, 2.0, 4.0, 5.0, 5.0, 99.0])
    means = measures.of_schools(numbers, numbers + 1, school, smallest=2)
    assert means["schools"] == 3
    assert means["school_correlation"] == pytest.approx(1)
    assert means["school_rmse"] == pytest.approx(1)


def test_narrowed_models_keep_what_they_name(model: Model) -> None:
    education = methods.narrowed(model, keep=methods.imputed_of(model))
    assert education.direct == ("education_father", "education_mother")
    assert not education.dummies and not education.school_means
    rest = methods.narrowed(model, keep=methods.without_imputed(model))
    assert set(rest.direct) == {
        "origin", "residence_0_5_years", "residence_5_10_years", "debt_restructuring"
    }  # fmt: skip
    assert list(rest.scaled) == ["origin"]


def test_methods_and_groups_are_those_that_differ(
    cohort: pd.DataFrame, complete: pd.DataFrame, setting: Setting, model: Model
) -> None:
    every = [methods.ALL, methods.IMPUTED, methods.WITHOUT, methods.WEIGHTING]
    assert list(setting.methods) == every
    assert list(replace(setting, cohort=complete).methods) == every[:3]
    plain = replace(model, imputed=())
    assert list(methods.methods(plain, unknown=True)) == [methods.ALL]
    pattern = replace(setting.rules.register[0], unknown=("origin",), share=1.0)
    other = replace(setting, rules=replace(setting.rules, register=(pattern,)))
    test = pd.factorize(cohort["school_id"])[0] % 5 == 0
    for each, expected in ((setting, {"known", "register", "all"}), (other, {"known", "all"})):
        rows = splits.evaluated(each, test, number=0).rows
        assert set(rows.loc[rows["failed"] == "", "population"]) == expected


def by_truth(drawn: Cohort, model: Model, table: Table) -> methods.Trained:
    """The equation that the cohort was drawn with; its intercept is that of least squares."""
    complete, truth = true_education(drawn), drawn.truth
    learned = methods.train([complete], model=model, table=table)
    values = [value for name in model.scaled for value in truth.scale_values[name]]
    effects = pd.Series({"nscct": truth.nscct_effect, **truth.direct})[learned.effects.index]
    exact = replace(learned, values=learned.values.assign(value=values), effects=effects)
    predicted = methods.predict(exact, complete, m=1, table=table)
    gap = float((predicted.outcome - predicted.whole).mean())
    return replace(exact, intercept=exact.intercept + gap)


def r2_of(
    learned: methods.Trained, frames: Sequence[pd.DataFrame], chosen: np.ndarray, table: Table
) -> float:
    found = methods.predict(learned, pd.concat(frames), m=len(frames), table=table)
    return measures.r2(found.outcome[chosen], found.whole[chosen])


@pytest.mark.slow
def test_out_of_sample_r2_is_near_the_truths_own(model: Model, table: Table) -> None:
    """In the run of the published size, in the same children with the same education."""
    run = params_run.run_parameters("herijking-2021")
    drawn = synthetic.draw(n=run.n, seed=run.seed)
    cohort = intake.in_memory(drawn.children, table=table)
    rules = prediction.rules()
    options = {"model": model, "table": table, "rules": rules, "seed": run.seed}
    found = prediction.predict(cohort, splits=10, **options).summary
    own = found[found["method"] == methods.ALL].set_index("population")["r2"]
    exact = by_truth(drawn, model, table)
    known, everybody = register.known(cohort, model=model), np.ones(len(cohort), bool)
    delivered = register.fill(cohort, **options)
    pattern = register.lay(cohort, model=model, rules=rules, seed=run.seed)
    laid = register.fill(pattern, **options)
    expected = {
        "known": r2_of(exact, delivered, known, table),
        "register": r2_of(exact, laid, known, table),
        "all": r2_of(exact, delivered, everybody, table),
    }
    for population, r2 in expected.items():
        assert own[population] == pytest.approx(r2, abs=NEAR_THE_TRUTH), population
