"""Defined parameters: values and derivatives, and what is no arithmetic of labels."""

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from oablib.base.errors import EstimationError, ModelError
from oablib.statistics.sem.text import defined, syntax
from oablib.statistics.sem.text.syntax import Definition

# One expression in two orders of the same operations.
ROUNDING_RTOL = 1e-12
LABELS = {"a": 2.0, "b": -3.0, "c": 0.5}
WHOLE = {"a": 2, "b": -3, "c": 5}


def definitions(*texts: str) -> tuple[Definition, ...]:
    return syntax.read("\n".join(texts)).definitions


def value_of(expression: str, labels: dict[str, float] = LABELS) -> float:
    return defined.evaluate([Definition("q", expression)], labels)[0][0]


def slopes_of(expression: str, labels: dict[str, float] = LABELS) -> list[float]:
    return defined.evaluate([Definition("q", expression)], labels)[1][0].tolist()


def test_indirect_and_total_effect():
    values, slopes = defined.evaluate(
        definitions("indirect := a*b", "total := indirect + c"), LABELS
    )
    np.testing.assert_array_equal(values, [2 * -3, 2 * -3 + 0.5])
    np.testing.assert_array_equal(slopes, [[-3, 2, 0], [-3, 2, 1]])


# The right-hand sides are what R 4.2.2 computes with a = 2, b = -3, c = 0.5.
VALUES = {
    "a - b - c": 4.5,
    "a/b/c": -4 / 3,
    "a/b*c": -1 / 3,
    "-a^2": -4,
    "(-a)^2": 4,
    "a^-1": 0.5,
    "a^3^c": 2 ** (3**0.5),
    "a**2": 4,
    "b^3": -27,
    "b^-2": 1 / 9,
    "b^0": 1,
    "0^2 + 0^0": 1,
    "2*-a": -4,
    "- -a + +b": -1,
    "exp(log(a)) + sqrt(c*a)": 3,
    "exp(-c)": math.exp(-0.5),
    "1e3*a + .5 + 5.": 2005.5,
    "a + 007": 9,
}


@pytest.mark.parametrize("expression", VALUES)
def test_value_follows_the_rules_of_arithmetic(expression):
    assert value_of(expression) == pytest.approx(VALUES[expression], rel=ROUNDING_RTOL)


# Slopes to a, b and c at a = 2, b = -3, c = 0.5.
SLOPES = {
    "a*b/c": [-3 / 0.5, 2 / 0.5, -2 * -3 / 0.5**2],
    "a - 2*b": [1, -2, 0],
    "7": [0, 0, 0],
    "b^3": [0, 3 * 9, 0],
    "b^-3": [0, -3 / 81, 0],
    "b^200/b^199": [0, 1, 0],
    "b^0": [0, 0, 0],
    "a^c": [0.5 * 2**-0.5, 0, 2**0.5 * math.log(2)],
    "2^b": [0, 2**-3 * math.log(2), 0],
    "exp(a*c)": [0.5 * math.e, 0, 2 * math.e],
    "log(a)": [0.5, 0, 0],
    "sqrt(a)": [0.5 / math.sqrt(2), 0, 0],
    "sqrt(b^2)": [0, -1, 0],
    "(a - a)^2": [0, 0, 0],
    "(a - 2)^1": [1, 0, 0],
}


@pytest.mark.parametrize("expression", SLOPES)
def test_slopes_are_those_of_calculus(expression):
    np.testing.assert_allclose(slopes_of(expression), SLOPES[expression], rtol=ROUNDING_RTOL)


@pytest.mark.parametrize("size", [1e-150, 1e-15, 1e150])
def test_slope_is_exact_at_any_size(size):
    assert slopes_of("log(a)", {"a": size}) == pytest.approx([1 / size], rel=ROUNDING_RTOL)
    assert slopes_of("3*a + 1", {"a": size}) == [3]


def test_shapes_without_definitions_or_labels():
    values, slopes = defined.evaluate([], LABELS)
    assert (values.shape, slopes.shape) == ((0,), (0, 3))
    values, slopes = defined.evaluate(definitions("ten := 2*5", "hundred := ten^2"), {})
    assert (values.tolist(), slopes.shape) == ([10, 100], (2, 0))


@pytest.mark.parametrize("name", ["lambda", "if", "exp", "n0", "a.b", "_x", "é", "ﬁ", "e1", "E"])
def test_label_may_be_any_name(name):
    values, slopes = defined.evaluate([Definition("q", f"exp({name})+{name}")], {name: 0.0})
    assert (values.tolist(), slopes.tolist()) == ([1], [[2]])


def test_labels_differ_as_written():
    """Python reads the ligature as the letters fi; here the two stay two."""
    assert value_of("ﬁ-fi", {"ﬁ": 3.0, "fi": 1.0}) == 2


NO_VALUE = {
    "1/(a-2)": "division by zero",
    "0^-1": "0 to the power of -1",
    "0^c": "0 to the power of 0.5",
    "(a-2)^b": "0 to the power of -3",
    "(a-2)^a": "0 to the power of 2",
    "log(b)": "log of -3",
    "log(a-2)": "log of 0",
    "sqrt(b)": "sqrt of -3",
    "sqrt(a-2)": "sqrt of 0",
    "b^0.5": "-3 to the power of 0.5",
    "b^a": "-3 to the power of 2",
    "exp(1000*a)": "not finite",
    "1/exp(1000*a)": "not finite",
    "10^308*10*a": "not finite",
}


@pytest.mark.parametrize("expression", NO_VALUE)
def test_what_has_no_value_is_refused(expression):
    with pytest.raises(EstimationError) as caught:
        value_of(expression)
    assert f"`q := {expression}` cannot be computed at the estimates" in str(caught.value)
    assert NO_VALUE[expression] in str(caught.value)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_label_without_a_value_is_refused(value):
    with pytest.raises(EstimationError, match="not finite"):
        value_of("a", {"a": value})


NO_ARITHMETIC = {
    "": "it is empty",
    "a b": "a sign, a number or a parenthesis is missing",
    "a +": "a sign, a number",
    "(a": "a sign, a number",
    "a)": "a sign, a number",
    "2a": "a sign, a number",
    "a//b": "a sign, a number",
    "a* *b": "a sign, a number",
    "1_000*a": "a sign, a number",
    "0x10*a": "a sign, a number",
    "a if b": "a sign, a number",
    "exp()": "a sign, a number",
    "exp(*a)": "a sign, a number",
    "exp(**a)": "a sign, a number",
    "(a)(b)": "a sign, a number",
    "2(a)": "a sign, a number",
    "exp(a)(b)": "a sign, a number",
    "a(b)": "a(...) is no function here",
    "sin(a)": "sin(...) is no function here",
    "__import__(a)": "__import__(...) is no function here",
    "a == b": "'=' is no arithmetic",
    "a < b": "'<' is no arithmetic",
    "a[b]": "'[' is no arithmetic",
    "a, b": "',' is no arithmetic",
    "'a'": '"\'" is no arithmetic',
    "a % b": "'%' is no arithmetic",
    "a.__class__": "uses 'a.__class__', which is no label of the model",
    "1e999*a": "1e999 is too large",
    "(" * 149 + "a)": "a sign, a number",
    "+".join(["a"] * 151): "it has 301 parts, more than 300; define it in steps",
}


@pytest.mark.parametrize("expression", NO_ARITHMETIC)
def test_what_is_no_arithmetic_is_refused(expression):
    with pytest.raises(ModelError) as caught:
        defined.check([Definition("q", expression)], LABELS)
    assert NO_ARITHMETIC[expression] in str(caught.value)


@pytest.mark.parametrize(
    "expression", ["+".join(["a"] * 150), "-" * 299 + "a", "(" * 149 + "a" + ")" * 149]
)
def test_longest_expression_is_computed(expression):
    assert abs(value_of(expression)) in {2, 300}


@pytest.mark.parametrize("expression", ["(" * 250 + "a", "(" * 99 + "(a)" * 50 + ")" * 99])
def test_deep_nesting_is_an_error_of_the_model(expression):
    with pytest.raises(ModelError, match="cannot be read"):
        defined.check([Definition("q", expression)], LABELS)


NAMES = {
    ("q := a*bb",): "`q := a*bb` uses 'bb', which is no label of the model; did you mean 'b'?",
    ("q := zzz",): "uses 'zzz', which is no label of the model; known are: a, b, c.",
    ("q := r", "r := a"): "`q := r` uses 'r' before it is defined; define it above",
    ("q := q + a",): "`q := q+a` uses 'q' before it is defined",
    ("q := a", "q := b"): "`q := b`: a label or another definition has the name 'q'",
    ("a := b",): "`a := b`: a label or another definition has the name 'a'; choose a new one",
}


@pytest.mark.parametrize("texts", NAMES)
def test_unfit_name_is_refused(texts):
    for refuse in (defined.check, defined.evaluate):
        with pytest.raises(ModelError) as caught:
            refuse(definitions(*texts), LABELS)
        assert NAMES[texts] in str(caught.value)


def test_model_without_labels_says_how_to_write_one():
    with pytest.raises(ModelError, match=r"the model has no labels; write `a\*x` where"):
        defined.check(definitions("q := a*b"), [])


class Dual(NamedTuple):
    """A whole number with its slopes to a, b and c, by the rules of calculus."""

    number: int
    slopes: tuple[int, ...]


def exact(number: int, slopes: Iterable[int]) -> Dual:
    """Products of two such numbers are no longer than a float's digits."""
    found = Dual(number, tuple(slopes))
    assume(max(map(abs, (number, *found.slopes))) < 2**25)
    return found


@st.composite
def polynomials(draw: st.DrawFn, depth: int = 3) -> tuple[str, Dual]:
    """A text, with redundant parentheses and gaps, and what it must come to."""
    kinds = ["label", "number", "power", "minus", *["sum", "difference", "product"] * 2]
    kind = draw(st.sampled_from(kinds if depth else ["label"]))
    gap = draw(st.sampled_from(["", " "]))
    if kind == "label":
        place = draw(st.integers(0, 2))
        return f"{gap}{'abc'[place]}", exact(WHOLE["abc"[place]], np.eye(3, dtype=int)[place])
    if kind == "number":
        number = draw(st.integers(0, 20))
        return f"{number}{gap}", exact(number, (0, 0, 0))
    text, (x, dx) = draw(polynomials(depth - 1))
    if kind == "minus":
        return f"(-{text})", exact(-x, (-d for d in dx))
    if kind == "power":
        times = draw(st.integers(1, 4))
        return f"({text})^{times}", exact(x**times, (times * x ** (times - 1) * d for d in dx))
    other, (y, dy) = draw(polynomials(depth - 1))
    both = list(zip(dx, dy, strict=True))
    if kind == "product":
        return f"({text})*{gap}({other})", exact(x * y, (d * y + x * e for d, e in both))
    if kind == "sum":
        return f"({text}{gap}+{other})", exact(x + y, (d + e for d, e in both))
    return f"({text} -{gap}({other}))", exact(x - y, (d - e for d, e in both))


@settings(deadline=None)
@given(polynomials())
def test_polynomials_and_their_slopes_are_exact(case):
    text, expected = case
    values, slopes = defined.evaluate([Definition("q", text)], WHOLE)
    assert (values[0], tuple(slopes[0])) == expected


@settings(deadline=None)
@given(*[st.floats(0.1, 10)] * 3)
def test_slopes_of_functions_at_any_place(a, b, c):
    found = slopes_of("exp(a/5)*log(b + 2)/sqrt(c) - c^a", {"a": a, "b": b, "c": c})
    product = math.exp(a / 5) * math.log(b + 2) / math.sqrt(c)
    expected = [product / 5, product / math.log(b + 2) / (b + 2), -product / 2 / c]
    powers = [c**a * math.log(c), 0, a * c ** (a - 1)]
    largest = max(map(abs, expected + powers))
    np.testing.assert_allclose(
        found, np.subtract(expected, powers), rtol=0, atol=ROUNDING_RTOL * largest
    )


@settings(deadline=None)
@given(st.text(alphabet="ab1.e+-*/^() xp_[],'\"", max_size=20))
def test_any_text_is_computed_or_refused(text):
    try:
        values, slopes = defined.evaluate([Definition("q", text)], LABELS)
    except (ModelError, EstimationError):
        return
    assert np.isfinite(values).all()
    assert np.isfinite(slopes).all()
