"""What oablib.sem refuses, with the message that a reader gets."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from oablib import sem
from oablib.errors import EstimationError, ModelError
from oablib.sem import estimation, spec

DATA = pd.read_csv(Path(__file__).parents[1] / "reference" / "data" / "base_model.csv")
MODEL = "cito ~ nscct + origin\nnscct ~ education_father"

TEXTS = {
    "": "holds no equation",
    "cito ~ ": "'cito ~' cannot be read; expected lines like",
    "cito ~ a b": "cannot be read",
    "cito ~ nscct-1": "was read as `cito ~ nscct`",
    "cito ~ nscct + nscct": "was read as `cito ~ nscct`",
    "cito ~ nscct\ncito ~ nscct": "`cito ~ nscct` stands twice",
    "cito ~ nscct\ncito ~~ nscct\nnscct ~~ cito": "`nscct ~~ cito` stands twice",
    "cito ~ cito": "explains a variable by itself",
    "g =~ cito + nscct": "defines a latent variable",
    "cito ~ b*nscct": r"'b' in 'cito ~ b\*nscct' is not a number and labels",
    "cito ~ nan*nscct": "is not a number",
    "cito ~ nscct\nindirect := a*b": "is not an equation",
    "cito == nscct": "is not an equation",
    "cito ~ nscct\ncito ~ 500*1": "fixes an intercept",
    "cito ~ nscct\norigin ~~ nscct": r"\['origin'\] stand only in a covariance",
}


@pytest.mark.parametrize("text", TEXTS)
def test_text_is_refused(text):
    with pytest.raises(ModelError, match=TEXTS[text]):
        spec.parse(text)


@pytest.mark.parametrize("extra", ["nscct ~~ 100*nscct", "nscct ~ 1", "nscct ~~ cito"])
def test_conditional_likelihood_refuses_exogenous_moments(extra):
    with pytest.raises(ModelError, match="takes the moments of exogenous variables as given"):
        spec.parse(f"cito ~ nscct\n{extra}", likelihood="conditional")


def test_text_may_use_comments_continuations_and_semicolons():
    plain = spec.parse("y ~ a + b\nz ~ y")
    free = spec.parse("y ~ a + # why\n  b; z ~ y  # and so on\n\n")
    assert free.free == plain.free


def refused(changes: dict, text: str = MODEL, **options) -> str:
    with pytest.raises((ModelError, EstimationError)) as caught:
        sem.fit(text, DATA.assign(**changes), **options)
    return str(caught.value)


def test_absent_column_names_the_nearest():
    message = refused({}, "cito ~ nsct")
    assert "'nsct' (did you mean 'nscct'?), which the data do not hold" in message


def test_absent_cluster_is_named():
    assert "'school' (did you mean 'school_id'?)" in refused({}, cluster="school")


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
    with pytest.raises(EstimationError, match="11 rows for 12 free parameters"):
        sem.fit(MODEL, DATA.head(11))


def test_rows_without_cluster_are_counted():
    school = DATA["school_id"].where(DATA.index > 4)
    assert "5 rows have no school_id" in refused({"school_id": school}, cluster="school_id")


def test_one_cluster_is_refused():
    assert "All rows have the same school_id" in refused({"school_id": 1}, cluster="school_id")


@pytest.mark.parametrize("option", ["likelihood", "errors"])
def test_unknown_option_is_refused(option):
    assert f"{option}='fixed.x' is unknown; expected one of" in refused({}, **{option: "fixed.x"})


def test_cluster_is_refused_where_it_would_be_ignored():
    message = refused({}, cluster="school_id", errors="expected")
    assert "errors='expected' ignores clusters" in message


def test_unidentified_model_names_the_parameters():
    message = refused({}, "cito ~ nscct\nnscct ~ origin\ncito ~~ nscct\ncito ~ origin")
    assert "The model is not identified: the data cannot tell `cito ~ nscct`" in message
    assert "`cito ~ origin`" in message
    assert "`cito ~1`" not in message


def test_impossible_fixed_values_are_refused():
    message = refused({}, "cito ~ nscct + origin\nnscct ~~ 1*origin\norigin ~~ 0.001*origin")
    assert "imply a covariance matrix that no data can have" in message


def test_search_without_certificate_is_refused(monkeypatch):
    monkeypatch.setattr(estimation, "MAX_STEPS", 1)
    monkeypatch.setattr("semopy.Model.fit", lambda *_, **__: 1 / 0)
    message = refused({}, "cito ~ nscct\nnscct ~ education_father + origin\ncito ~~ nscct")
    assert "No optimum after 1 scoring steps: Newton decrement" in message
