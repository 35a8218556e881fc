"""What oablib.sem refuses, with the message that a reader gets."""

import numpy as np
import pandas as pd
import pytest

from oablib import sem
from oablib.base.errors import EstimationError, ModelError
from oablib.statistics.sem import effects
from oablib.statistics.sem.text import spec
from tests.places import REFERENCE

DATA = pd.read_csv(REFERENCE / "data" / "base_model.csv")
MODEL = "cito ~ nscct + origin\nnscct ~ education_father"


def parsed(text: str, **options) -> str:
    with pytest.raises(ModelError) as caught:
        spec.parse(text, **options)
    return str(caught.value)


def test_groups_must_match_the_entries_of_the_text():
    message = parsed("cito ~ c(a, b)*nscct", n_groups=3)
    assert "gives c(...) with 2 entries for 3 group(s)" in message


def test_equal_needs_groups_and_known_classes():
    assert "equal= holds parameters equal over groups" in parsed("y ~ x", equal=("regressions",))
    message = parsed("y ~ x", n_groups=2, equal=("slopes",))
    assert "equal=['slopes'] is unknown; expected loadings" in message


def test_named_intercept_needs_a_mean_structure():
    message = parsed("y ~ x\ny ~ 1", mean_structure=False)
    assert "names intercepts of y, but mean_structure=False" in message
    options = {"n_groups": 2, "equal": ("intercepts",), "mean_structure": False}
    assert "names equal intercepts, but mean_structure=False" in parsed("y ~ x", **options)


def test_definition_of_an_unknown_label_is_refused():
    assert "'b'" in parsed("y ~ a*x\nz := a*b")


def test_text_may_use_comments_continuations_and_semicolons():
    plain = spec.parse("y ~ a + b\nz ~ y")
    free = spec.parse("y ~ a + # why\n  b; z ~ y  # and so on\n\n")
    assert free.cells == plain.cells


def refused(changes: dict, text: str = MODEL, **options) -> str:
    with pytest.raises((ModelError, EstimationError)) as caught:
        sem.fit(text, DATA.assign(**changes), **options)
    return str(caught.value)


def test_absent_column_names_the_nearest():
    message = refused({}, "cito ~ nsct")
    assert "columns that the data do not hold. There is no 'nsct'; did you mean 'nscct'?" in message


def test_absent_cluster_is_named():
    assert "no 'school'; did you mean 'school_id'?" in refused({}, cluster="school")


def test_missing_values_are_counted_per_column():
    holes = DATA["nscct"].where(DATA.index > 2)
    assert "(nscct: 3); impute them" in refused({"nscct": holes})
    assert "(nscct: 3)" in refused({"nscct": holes.astype("Float64")})
    assert "(nscct: 1)" in refused({"nscct": DATA["nscct"].replace(DATA["nscct"].max(), np.inf)})


def test_text_column_is_refused():
    assert "Columns without numbers: origin (str)" in refused({"origin": DATA["origin"].map(str)})


def test_constant_column_is_named():
    assert "Constant columns: ['origin']" in refused({"origin": 0.1})


def test_collinear_columns_are_named():
    total = 3 * DATA["nscct"] - DATA["education_father"]
    message = refused({"origin": total})
    assert "Collinear columns: ['nscct', 'origin', 'education_father']" in message
    assert "(1 of them can be computed from the rest)" in message


def test_repeated_column_is_named():
    with pytest.raises(EstimationError, match=r"\['nscct'\] stand more than once"):
        sem.fit(MODEL, pd.concat([DATA, DATA["nscct"]], axis=1))


def test_few_rows_are_refused():
    with pytest.raises(EstimationError, match="4 rows for 4 variables"):
        sem.fit(MODEL, DATA.head(4))


def test_rows_without_cluster_are_counted():
    school = DATA["school_id"].where(DATA.index > 4)
    assert "5 rows have no school_id" in refused({"school_id": school}, cluster="school_id")


def test_one_cluster_is_refused():
    assert "All rows have the same school_id" in refused({"school_id": 1}, cluster="school_id")


@pytest.mark.parametrize("options", [{}, {"weights": "weight"}, {"cluster_correction": False}])
def test_a_group_in_one_cluster_is_named_with_it(options):
    half = np.where(DATA["school_id"] < 20, "low", "high")
    for school in (half == "low", np.where(half == "low", 1, DATA["school_id"] % 3)):  # crossing
        message = refused(
            {"half": half, "school": school}, group="half", cluster="school", **options
        )
        named = "high" if school.dtype == bool else "low"
        assert f"The rows in group '{named}' lie in 1 cluster" in message


def test_a_group_in_one_cluster_is_not_named_where_its_code_may_be_a_person():
    person = np.where(DATA["school_id"] < 20, "987654321", "others")
    school = np.where(DATA["school_id"] < 20, 1, DATA["school_id"])
    message = refused({"child": person, "s": school}, group="child", cluster="s")
    assert "The rows in one of the groups lie in 1 cluster" in message and "9876" not in message


@pytest.mark.parametrize("option", ["likelihood", "errors"])
def test_unknown_option_is_refused(option):
    assert f"{option}='fixed.x' is unknown; expected one of" in refused({}, **{option: "fixed.x"})


def test_cluster_is_refused_where_it_would_be_ignored():
    message = refused({}, cluster="school_id", errors="expected")
    assert "errors='expected' ignores cluster; use errors='robust'" in message


def test_unidentified_model_names_the_parameters():
    message = refused({}, "cito ~ nscct\nnscct ~ origin\ncito ~~ nscct\ncito ~ origin")
    assert "The model is not identified: the data cannot tell `cito ~ nscct`" in message
    assert "`cito ~ origin`" in message
    assert "`cito ~1`" not in message


def test_impossible_fixed_values_are_refused():
    message = refused({}, "cito ~ nscct + origin\nnscct ~~ 1*origin\norigin ~~ 0.001*origin")
    assert "imply a covariance matrix that no data can have" in message


def test_absent_group_is_named():
    assert "group='schol' is no column" in refused({}, group="schol")


def test_a_group_or_column_that_may_be_a_person_is_not_named():
    person = "schol12345678"
    for label, named in ((person, "rows in one of the groups for"), ("Ada", "rows in group 'Ada'")):
        codes = np.where(DATA.index < 4, label, "others")
        message = refused({"child": codes, person: 1.0}, group="child")
        assert named in message and person not in message
    for options in ({"group": "schol"}, {"cluster": person[:-1]}):  # the nearest name
        message = refused({person: 1.0}, **options)
        assert "1 with unusual names" in message and person not in message


def test_constant_column_of_one_group_is_named():
    message = refused(
        {"half": DATA.index % 2, "origin": DATA["origin"] * (DATA.index % 2)}, group="half"
    )
    assert "Columns ['origin'] are constant in one of the groups" in message


def test_weights_of_zero_are_counted():
    message = refused({"w": (DATA.index > 2) * 1.0}, weights="w")
    assert "3 weights in w are zero or below" in message


def test_prepared_data_refuse_other_clusters():
    ready = sem.prepare(DATA, ["cito", "nscct"], cluster="school_id")
    with pytest.raises(ModelError, match="cluster='wave', but the data were prepared with"):
        sem.fit("cito ~ nscct", ready, cluster="wave")
    with pytest.raises(ModelError, match="cluster_correction=False, but the data were prepared"):
        sem.fit("cito ~ nscct", ready, cluster_correction=False)
    with pytest.raises(ModelError, match="There is no 'origin'"):
        sem.fit("cito ~ origin", ready)


def test_candidate_that_is_free_or_unknown_is_refused():
    fit = sem.fit(MODEL, DATA)
    for text, message in {
        "cito ~ nscct": "is estimated already",
        "cito ~~ cito": "is estimated already",
        "cito ~ wave": "names wave, which the model does not hold",
        "cito ~ 0*education_father": "is not one equation without modifiers",
    }.items():
        with pytest.raises(ModelError, match=message):
            sem.modification_indices(fit, [text])
    given = sem.fit(MODEL, DATA, likelihood="conditional")
    with pytest.raises(ModelError, match="takes as given"):
        sem.modification_indices(given, ["origin ~ cito"])


def test_effects_need_paths_and_draws():
    fit = sem.fit("cito ~~ nscct", DATA)
    with pytest.raises(ModelError, match="no path"):
        effects(fit)
    with pytest.raises(ModelError, match="draws=10; expected 0, or at least 1000"):
        effects(sem.fit(MODEL, DATA), draws=10)
