"""Figures of the validation study are what a loop over replications gives."""

from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from oablib.base.errors import ParameterError
from oablib.studies.validation import comparisons, performance, selection, settings, verdicts
from oablib.studies.validation.replication import COLUMNS
from oablib.studies.validation.results import Results
from tests.places import ROOT

ROUNDING = 1e-12
REPLICATIONS = 40
METHODS = ("complete", "nominal", "pmm_no_school")
EFFECTS = {"education_father": 0.82, "school_mean_education_mother": 0.08}
PATHS = ("school_mean_education_mother", "debt_restructuring")
MAIN = {"world": "published", "n": 19247}


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """Made-up rows of three methods: estimates with a bias of their own, indices, gains."""
    rng = np.random.default_rng(1)
    made = []
    for number in range(REPLICATIONS):
        shared = rng.normal()
        for shift, method in enumerate(METHODS):
            cell = MAIN | {"method": method, "replication": number}
            for name, true in EFFECTS.items():
                numbers = {"truth": true, "est": true + 0.1 * shift + shared + 0.1 * rng.normal()}
                numbers |= {"se": rng.uniform(0.9, 1.1), "df": 10.0, "fmi": 0.2}
                quantity = {"kind": "direct", "detail": "two-step", "name": name}
                made.append(cell | quantity | numbers)
                made.append(cell | quantity | numbers | {"detail": "known", "se": 100.0})
                made.append(cell | quantity | numbers | {"detail": "jackknife"})
                made.append(cell | {"kind": "value", "name": name} | numbers)
            for path, detail in product(PATHS, ("mean", "robust")):
                index = float(rng.chisquare(1))
                result = {
                    "name": path,
                    "detail": detail,
                    "est": index,
                    "p": stats.chi2.sf(index, 1),
                }
                made += [cell | result | {"kind": kind} for kind in ("index", "index_base")]
                made.append(cell | result | {"kind": "index_base_by_truth", "est": 2 * index})
            for path, detail in product(PATHS, ("mean", "D4")):
                gain = float(2 * rng.chisquare(1))
                made.append(cell | {"kind": "gain", "name": path, "detail": detail, "est": gain})
            for origin in ("turkije", "marokko"):
                quantity = {"kind": "drawn", "name": "education_mother", "detail": origin}
                made.append(cell | quantity | {"est": 0.01 * rng.normal()})
            tests = {"kind": "path_test", "name": "origin"}
            made.append(cell | tests | {"detail": "combined D2", "p": rng.uniform()})
            for size, detail in product(("small", "large"), ("bias", "rmse")):
                quantity = {"kind": "school", "name": size, "detail": detail, "est": rng.normal()}
                made.append(cell | quantity)
    return pd.DataFrame(made, columns=COLUMNS)


def one(table: pd.DataFrame, **at: object) -> pd.Series:
    for column, value in at.items():
        table = table[table[column] == value]
    assert len(table) == 1
    return table.iloc[0]


@pytest.mark.parametrize(("method", "name"), list(product(METHODS, EFFECTS)))
def test_performance_is_what_a_loop_gives(rows, method, name):
    own = performance.chosen(rows, "direct", "two-step")
    result = one(performance.performance(own, reference="complete"), method=method, name=name)
    part = own[(own["method"] == method) & (own["name"] == name)]
    gaps, inside, widths = [], [], []
    for row in part.itertuples():
        low, high = stats.t.interval(0.95, row.df, loc=row.est, scale=row.se)
        gaps.append(row.est - EFFECTS[name])
        inside.append(low <= EFFECTS[name] <= high)
        widths.append(high - low)
    share = np.mean(inside)
    expected = {
        "replications": REPLICATIONS,
        "bias": np.mean(gaps),
        "bias_mce": stats.sem(gaps),
        "percent_bias": 100 * np.mean(gaps) / EFFECTS[name],
        "sd": np.std(gaps, ddof=1),
        "se": part["se"].mean(),
        "se_ratio": part["se"].mean() / np.std(gaps, ddof=1),
        "coverage": share,
        "coverage_mce": np.sqrt(share * (1 - share) / REPLICATIONS),
        "width": np.mean(widths),
        "fmi": 0.2,
    }
    for column, value in expected.items():
        assert result[column] == pytest.approx(value, rel=ROUNDING, abs=ROUNDING), column


def test_paired_bias_is_surer_than_bias_where_cohorts_are_shared(rows):
    own = performance.chosen(rows, "direct", "two-step")
    result = one(
        performance.performance(own, reference="complete"),
        method="pmm_no_school",
        name="education_father",
    )
    both = own[own["name"] == "education_father"].pivot(
        index="replication", columns="method", values="est"
    )
    gap = both["pmm_no_school"] - both["complete"]
    assert result["bias_paired"] == pytest.approx(gap.mean(), rel=ROUNDING)
    assert result["bias_paired_mce"] == pytest.approx(stats.sem(gap), rel=ROUNDING)
    assert result["bias_paired_mce"] < result["bias_mce"] / 2


def test_quantities_without_truth_are_held_against_complete_data(rows):
    own = performance.chosen(rows, "value").assign(truth=np.nan)
    filled = performance.known_truth(own, reference="complete")
    table = performance.performance(filled, reference="complete")
    whole = table[table["method"] == "complete"]
    assert whole["bias"].abs().max() < ROUNDING
    np.testing.assert_allclose(table["bias"], table["bias_paired"], atol=ROUNDING)


def test_overview_holds_each_kind_once(rows):
    table = performance.overview(rows, reference="complete")
    assert len(table) == 4 * len(METHODS) * len(EFFECTS)
    assert set(table["kind"]) == {"direct", "value"}
    known = table[table["detail"] == "known"]
    assert (known["se"] == 100).all() and (known["coverage"] == 1).all()


def test_false_positives_are_counted_by_each_rule(rows):
    table = selection.false_positives(rows)
    gains = performance.chosen(rows, "gain", "mean")
    part = gains[(gains["method"] == "nominal") & (gains["name"] == PATHS[0])]["est"]
    at = {"method": "nominal", "name": PATHS[0]}
    aic, bic = one(table, rule="mean AIC", **at), one(table, rule="mean BIC", **at)
    assert aic["rate"] == (part > 2).mean()
    assert bic["rate"] == (part > np.log(MAIN["n"])).mean()
    assert aic["nominal"] == pytest.approx(stats.chi2.sf(2, 1), rel=ROUNDING)
    robust = one(table, rule="robust index", **at)
    tests = performance.chosen(rows, "index", "robust")
    own = tests[(tests["method"] == "nominal") & (tests["name"] == PATHS[0])]
    assert robust["rate"] == (own["p"] < 0.05).mean()


def test_indices_tell_estimated_from_true_scale_values(rows):
    table = selection.indices(rows, large=3.0)
    at = {"method": "nominal", "name": PATHS[0], "detail": "robust"}
    estimated, true = one(table, values="estimated", **at), one(table, values="true", **at)
    assert true["median"] == pytest.approx(2 * estimated["median"], rel=ROUNDING)
    assert true["large"] >= estimated["large"]


def test_rates_are_shown_with_nominal_ones(rows):
    chosen = settings.load()
    added = selection.false_positives(rows)
    table = comparisons.by_rule(added, settings=chosen, **MAIN)
    assert table["method"].tolist() == ["nominal rate", *METHODS, *METHODS]
    assert one(table, method="nominal rate")["robust index"] == pytest.approx(selection.LEVEL)


def test_school_level_and_rivals_list_the_methods_that_are_there(rows):
    chosen = settings.load()
    direct = performance.performance(
        performance.chosen(rows, "direct", "two-step"), reference="complete"
    )
    added = selection.false_positives(rows)
    beside = comparisons.school_level(direct, added=added, settings=chosen, n=MAIN["n"])
    assert beside["method"].tolist() == list(METHODS)
    weighed = comparisons.rivals(direct, settings=chosen, n=MAIN["n"])
    assert set(weighed["method"]) == {"nominal"} and (weighed["width_ratio"] == 1).all()


def test_weighting_is_compared_at_the_largest_size_that_it_has(rows):
    chosen = settings.load()
    other = rows[rows["method"] == "nominal"].assign(method="weighting")
    several = [rows, other, *(part.assign(n=6000) for part in (rows, other))]
    assert comparisons.rival_n(pd.concat(several), settings=chosen) == MAIN["n"]
    assert comparisons.rival_n(pd.concat([rows, *several[2:]]), settings=chosen) == 6000


def test_engines_are_paired_with_themselves_without_the_school_level():
    chosen = settings.load()
    there = pd.DataFrame({"method": ["complete", "nominal", "pmm", "pmm_no_school", "mice_pmm"]})
    assert comparisons.school_pairs(there, settings=chosen) == [("pmm", "pmm_no_school")]


def test_results_are_those_of_the_functions_that_they_name(rows):
    result = Results(rows, settings=settings.load())
    assert result.n == MAIN["n"] and set(result.judged["method"]) == {"complete", "nominal"}
    assert set(result.judged["n"]) == {MAIN["n"]} and not len(result.compared)
    assert set(result.direct["world"]) == {MAIN["world"]} and result.null_indices.empty
    assert set(result.judged["detail"]) == {"jackknife", "two-step", "known"}
    assert set(result.drawn_by_default["method"]) == {"nominal"}
    pd.testing.assert_frame_equal(result.added, selection.false_positives(rows))


def test_drawn_education_is_averaged_by_parent_and_origin(rows):
    result = one(performance.drawn(rows), method="nominal", origin="turkije")
    own = performance.chosen(rows, "drawn", "turkije")
    part = own[own["method"] == "nominal"]["est"]
    assert result["mean"] == pytest.approx(part.mean(), rel=ROUNDING)
    assert result["mce"] == pytest.approx(stats.sem(part), rel=ROUNDING)


def test_path_tests_are_counted_beside_the_index_of_the_same_children(rows):
    index = rows[rows["kind"] == "index_base"].assign(name="origin")
    others = rows[rows["kind"] != "index_base"]
    table = selection.path_tests(pd.concat([others, index]), path="origin")
    p = performance.chosen(rows, "path_test")
    own = p[p["method"] == "nominal"]["p"]
    assert one(table, method="nominal", test="combined D2")["rate"] == (own < 0.05).mean()
    same = index[(index["method"] == "nominal") & (index["detail"] == "robust")]["p"]
    assert one(table, method="nominal", test="same children D2")["rate"] == (same < 0.05).mean()


def test_the_combined_test_judges_a_path_only_in_a_world_without_it(rows):
    null = judged(rows.assign(world="no_origin_path"))
    names = null.loc[null["criterion"] == "false_positives", "name"]
    assert list(names) == ["origin", *PATHS]
    here = judged(rows)
    assert set(here.loc[here["criterion"] == "false_positives", "name"]) == set(PATHS)


def test_schools_are_averaged_by_size(rows):
    result = one(performance.schools(rows), method="nominal", name="small")
    own = performance.chosen(rows, "school", "bias")
    part = own[(own["method"] == "nominal") & (own["name"] == "small")]["est"]
    assert result["bias"] == pytest.approx(part.mean(), rel=ROUNDING)
    assert result["bias_mce"] == pytest.approx(stats.sem(part), rel=ROUNDING)


def judged(rows: pd.DataFrame, **criteria: object) -> pd.DataFrame:
    chosen = settings.load()
    return verdicts.verdicts(rows, settings=replace(chosen, criteria=chosen.criteria | criteria))


def test_verdicts_follow_the_bounds(rows):
    generous = {"percent_bias": 1e3, "bias_of_school_mean": 9.0, "coverage": (0.0, 100.0)}
    generous |= {"coverage_of_scale_values": 0.0, "false_positives": (0.0, 100.0)}
    generous |= {"drawn_minus_true": 9.0}
    table = judged(rows, **generous)
    assert (table["verdict"] == "met").all()
    assert len(table) == 5 * 2  # bias, coverage of effects and of values, paths, drawn education
    strict = judged(rows, **generous | {"bias_of_school_mean": -9.0})
    assert strict["verdict"].tolist().count("missed") == 1
    near = judged(rows, **generous | {"bias_of_school_mean": 0.0})
    assert near["verdict"].tolist().count("missed_by_chance") == 1


def test_settings_refuse_what_is_not_defined(own_rules):
    path = own_rules / "validation.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(f"extra: 1\n{text}", encoding="utf-8")
    with pytest.raises(ParameterError, match=r"validation.yaml line 1: unknown key 'extra'"):
        settings.load()
    text = text.replace("world: published, n: 19247", "world: nowhere, n: 19247", 1)
    text = text.replace("methods: [complete, nominal]}", "methods: [complete, nominall]}", 1)
    path.write_text(text.replace("rule: pmm,", "rule: pmn,", 1), encoding="utf-8")
    with pytest.raises(ParameterError) as caught:
        settings.load()
    for part in (
        "no world 'nowhere'",
        "no method 'nominall'; did you mean 'nominal'?",
        "no engine 'pmn'; did you mean 'pmm'?",
    ):
        assert part in str(caught.value)


def test_words_of_reports_are_no_part_of_a_key(own_rules):
    for kind in ("models", "published"):
        (own_rules.parent / kind).symlink_to(ROOT / "params" / kind)
    at = {"world": "published", "n": 2000, "method": "nominal"}
    before = settings.load().key(**at)
    for name, old, new in (
        ("codebook", 'short_en: "wave"', 'short_en: "year"'),
        ("validation", 'label: "Nominal"', 'label: "Multinomial"'),
    ):
        path = own_rules / f"{name}.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
    assert settings.load().key(**at) == before


def test_key_changes_with_what_is_drawn_and_with_nothing_else():
    chosen = settings.load()
    at = {"world": "published", "n": 2000, "method": "nominal"}
    same = replace(chosen, batches=(), criteria={}, large_index=1.0, default="pmm")
    other = replace(chosen, imputations=chosen.imputations + 1)
    assert chosen.key(**at) == same.key(**at) != other.key(**at)
