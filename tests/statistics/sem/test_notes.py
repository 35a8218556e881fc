"""What a text does without saying so is said in a flag."""

import numpy as np
import pandas as pd
import pytest

from oablib import sem
from oablib.base.errors import ModelError
from oablib.statistics.sem.text import spec

PATHS = "y ~ x + z + q"


def rows(n: int = 300, seed: int = 7) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    z, q = 0.5 * x + rng.normal(size=n), 0.5 * x + rng.normal(size=n)
    y = 0.3 * x + 0.2 * z + rng.normal(size=n)
    columns = {"x": x, "z": z, "q": q, "y": y, "b": q + 1}
    return pd.DataFrame(columns).assign(g=np.arange(n) % 3)


DATA = rows()


def parsed(text: str, **options) -> tuple[str, ...]:
    return spec.parse(text, **options).notes


@pytest.mark.parametrize(
    ("line", "named", "added"),
    [
        ("x ~~ x", "of x:", "`x ~~ z + q` and `z ~~ q`"),
        ("q ~ 1", "of q:", "`x ~~ z + q` and `z ~~ q`"),
        ("x ~~ z", "of x, z:", "`x ~~ q` and `z ~~ q`"),
        ("x ~~ 0*z\nz ~~ q", "of x, z, q:", "`x ~~ q`"),
        ("y ~~ z", "of z:", "`x ~~ z + q` and `z ~~ q`"),
    ],
)
def test_covariances_that_naming_takes_out_are_told(line, named, added):
    (note,) = parsed(f"{PATHS}\n{line}")
    assert note.startswith("The text names a variance, mean or covariance") and named in note
    assert note.endswith(f"To estimate all of them add {added}.")


@pytest.mark.parametrize("line", ["", "y ~~ y", "y ~ 1", "x ~~ z + q\nz ~~ q"])
def test_a_text_that_takes_nothing_out_has_no_note(line):
    assert parsed(f"{PATHS}\n{line}") == ()


def test_following_the_note_gives_the_default_again():
    note = sem.fit(f"{PATHS}\nx ~~ x", DATA).flags[0]
    added = "\n".join(note.split("`")[1::2])
    again = sem.fit(f"{PATHS}\nx ~~ x\n{added}", DATA)
    assert again.flags == () and again.df == 0
    # The same likelihood, written in another order.
    assert again.loglik == pytest.approx(sem.fit(PATHS, DATA).loglik, rel=1e-12)


def test_conditional_likelihood_tells_what_it_no_longer_takes_as_given():
    notes = parsed(f"{PATHS}\nx ~~ z", likelihood="conditional")
    assert "moments of x, z" in notes[1] and notes[1].endswith("Taken as given: q.")
    everything = parsed(f"{PATHS}\nx ~~ z + q\nz ~~ q", likelihood="conditional")
    assert len(everything) == 1 and everything[0].endswith("Taken as given: no variable.")


@pytest.mark.parametrize(
    "line", ["", "x ~~ 0*z", "x ~~ x", "x ~~ 0*z + 0*q\nz ~~ 0*q", "z ~ 1", "y ~~ 0.1*x"]
)
@pytest.mark.parametrize("likelihood", ["joint", "conditional"])
def test_the_baseline_is_nested_in_the_model(line, likelihood):
    fit = sem.fit(f"y ~ x + z + q\n{line}", DATA, likelihood=likelihood)
    assert fit.baseline_df >= fit.df and fit.baseline_chi2 >= fit.chi2


def test_naming_a_variance_leaves_the_direction_of_paths():
    found = sem.modification_indices(sem.fit(f"{PATHS}\nx ~~ x", DATA), ["x ~ y", "z ~ y"])
    assert found["reverse_path"].all()


@pytest.mark.parametrize(
    ("text", "shown"),
    [("y ~ b*x\nd := 2*b", "`y ~ x`"), ("y ~ b*1 + x", "`y ~ 1`"), ("y ~ b*x + b*z", "`y ~ x`, ")],
)
def test_one_label_for_all_groups_is_told(text, shown):
    (note,) = parsed(text, n_groups=3)
    assert note.startswith(f"The label b holds {shown}") and "`c(b1, b2, b3)*x`" in note


@pytest.mark.parametrize("text", ["y ~ c(b, b)*x", "y ~ c(b1, b2)*x", "y ~ x", "y ~ 0.5*x + b*x"])
def test_labels_of_each_group_and_of_fixed_values_are_silent(text):
    assert parsed(text, n_groups=2) == ()
    assert parsed("y ~ b*x") == ()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("y ~ x*z", "`x*z` reads x as the label of `y ~ z`"),
        ("y ~ z + b*x", "`b*x` reads b as the label of `y ~ x`"),
        ("f =~ y + b*x + z", "`b*x` reads b as the label of `f =~ x`"),
        ("y ~ x + g*1", "`g*1` reads g as the label of `y ~ 1`"),
    ],
)
def test_a_label_that_is_a_column_is_told(text, shown):
    (flag,) = sem.fit(text, DATA).flags
    assert flag.startswith(shown) and "make it a column of the data" in flag
    if "b*" not in text:
        assert sem.fit(text, sem.prepare(DATA, ["x", "y", "z", "g"])).flags == (flag,)


def test_a_label_that_a_definition_uses_is_silent():
    assert sem.fit("y ~ b*x\nd := 2*b", DATA).flags == ()
    assert sem.fit("y ~ b*x + z\nb == 0.3", DATA).flags == ()


@pytest.mark.parametrize("text", ["y ~ x + z + x*z", "y ~ x*x", "z ~ q\ny ~ c(x, a)*z + x"])
def test_a_product_of_two_terms_of_an_equation_is_refused(text):
    with pytest.raises(ModelError, match="Make the product a column of the data"):
        spec.parse(text, n_groups=2)
