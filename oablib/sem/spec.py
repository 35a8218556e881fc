"""From model text to a frozen specification: which cells of the RAM matrices are free.

RAM (McArdle & McDonald, 1984): v = M + A v + u, cov(u) = S. semopy's parser reads the text and
nothing of semopy's model classes is used here: they address a parameter by a running name that
changes with the hash seed, where ours is addressed by (lhs, op, rhs).
"""

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement
from typing import Literal, NamedTuple

from oablib.errors import ModelError

Likelihood = Literal["joint", "conditional"]
Key = tuple[str, str, str]

EXPECTED = "expected lines like `y ~ x1 + x2`, `y ~~ z` or `y ~ 1`, and fixed values like `0.5*x`"


class Effect(NamedTuple):
    """One term of the text: lhs op rhs, with its fixed value or None when it is free."""

    lhs: str
    op: str
    rhs: str
    value: float | None


class Cell(NamedTuple):
    """One parameter and its place: A[row, column], S[row, column] (both halves) or M[row].

    value is None for a free parameter. exogenous marks the moments of the variables that no
    equation explains; the conditional likelihood takes them as given.
    """

    lhs: str
    op: str
    rhs: str
    matrix: Literal["A", "S", "M"]
    row: int
    column: int
    value: float | None
    exogenous: bool

    @property
    def key(self) -> Key:
        """The parameter's address."""
        return self.lhs, self.op, self.rhs


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model as data. variables: endogenous first, then exogenous, each as the text has them."""

    text: str
    likelihood: Likelihood
    endogenous: tuple[str, ...]
    exogenous: tuple[str, ...]
    free: tuple[Cell, ...]
    fixed: tuple[Cell, ...]

    @property
    def variables(self) -> tuple[str, ...]:
        """Rows of A, S and M."""
        return self.endogenous + self.exogenous

    @property
    def reported(self) -> tuple[int, ...]:
        """Positions in `free` that the chosen likelihood counts as parameters."""
        everything = self.likelihood == "joint"
        return tuple(i for i, cell in enumerate(self.free) if everything or not cell.exogenous)

    @property
    def df(self) -> int:
        """Means and (co)variances of the variables minus free parameters."""
        p = len(self.variables)
        return p * (p + 3) // 2 - len(self.free)

    def predictors(self, variable: str) -> tuple[str, ...]:
        """Variables with a free path to `variable`."""
        return tuple(cell.rhs for cell in self.free if cell.op == "~" and cell.lhs == variable)


def parse(text: str, *, likelihood: Likelihood = "joint") -> ModelSpec:
    """Read a model in lavaan's or semopy's syntax: `~`, `~~`, `~ 1` and fixed values.

    Defaults are those of lavaan::sem(fixed.x = FALSE, meanstructure = TRUE): all intercepts and
    residual variances free, exogenous variables saturated, and a residual covariance between
    each two outcomes that explain nothing themselves. likelihood="conditional" is fixed.x = TRUE.
    Raises ModelError when a line cannot be read, a term comes twice, or the text asks for what
    is not estimated here (latent variables, labels, a fixed intercept).
    """
    effects = [effect for statement in _statements(text) for effect in _effects(statement)]
    if not any(effect.op == "~" and effect.rhs != "1" for effect in effects):
        raise ModelError(f"The model text holds no equation; {EXPECTED}.")
    _fail_if_term_is_repeated(effects)
    paths = [effect for effect in effects if effect.op == "~" and effect.rhs != "1"]
    endogenous = tuple(dict.fromkeys(path.lhs for path in paths))
    exogenous = tuple(dict.fromkeys(path.rhs for path in paths if path.rhs not in endogenous))
    _fail_if_variable_has_no_path(effects, endogenous + exogenous)
    if likelihood == "conditional":
        _fail_if_exogenous_moment_is_named(effects, exogenous)
    cells = _cells(effects, endogenous, exogenous)
    return ModelSpec(
        text=text,
        likelihood=likelihood,
        endogenous=endogenous,
        exogenous=exogenous,
        free=tuple(cell for cell in cells if cell.value is None),
        fixed=tuple(cell for cell in cells if cell.value is not None),
    )


def _statements(text: str) -> list[str]:
    """Lines without comments; a line ending or beginning with + continues its neighbour."""
    bare = re.sub(r"#.*", "", text.replace("∼", "~"))
    joined = re.sub(r"\+\s*\n|\n\s*\+", "+ ", bare)
    return [part.strip() for part in re.split(r"[\n;]", joined) if part.strip()]


def _effects(statement: str) -> Iterator[Effect]:
    # Importing semopy takes more than a second: only who fits a model pays for it.
    from semopy.parser import parse_desc

    try:
        tree, operations = parse_desc(statement)
    except Exception as error:  # semopy raises bare Exception beside SyntaxError
        raise ModelError(f"The model line {statement!r} cannot be read; {EXPECTED}.") from error
    _fail_if_line_is_no_equation(statement, tree, operations)
    for op, equations in tree.items():
        for lhs, terms in equations.items():
            for rhs, multiplier in terms.items():
                yield Effect(lhs, op, rhs, _value(statement, rhs, multiplier))


def _fail_if_line_is_no_equation(statement: str, tree: dict, operations: dict) -> None:
    if "=~" in tree:
        raise ModelError(f"{statement!r} defines a latent variable; only observed ones are fitted.")
    if operations or not set(tree) <= {"~", "~~"}:
        raise ModelError(f"The model line {statement!r} is not an equation; {EXPECTED}.")
    # The parser drops what it does not understand (`x-1` becomes `x`): write the line again.
    (op, equations) = next(iter(tree.items()))
    terms = next(iter(equations.values()))
    right = "+".join(f"{value}*{name}" if value else name for name, value in terms.items())
    if ",".join(equations) + op + right != re.sub(r"\s", "", statement):
        raise ModelError(
            f"The model line {statement!r} was read as `{','.join(equations)} {op} {right}`; "
            f"{EXPECTED}, and each term once."
        )


def _value(statement: str, rhs: str, multiplier: str | None) -> float | None:
    if multiplier is None:
        return None
    try:
        value = float(multiplier)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ModelError(
            f"{multiplier!r} in {statement!r} is not a number and labels are not known; {EXPECTED}."
        )
    if rhs == "1":
        raise ModelError(f"{statement!r} fixes an intercept; all intercepts are free here.")
    return value


def _key(effect: Effect) -> tuple[str, frozenset[str]] | Key:
    if effect.op == "~~":
        return effect.op, frozenset((effect.lhs, effect.rhs))
    return effect.lhs, effect.op, effect.rhs


def _fail_if_term_is_repeated(effects: list[Effect]) -> None:
    seen = set()
    for effect in effects:
        if _key(effect) in seen:
            raise ModelError(
                f"`{effect.lhs} {effect.op} {effect.rhs}` stands twice in the model; keep one."
            )
        if effect.op == "~" and effect.lhs == effect.rhs:
            raise ModelError(f"`{effect.lhs} ~ {effect.rhs}` explains a variable by itself.")
        seen.add(_key(effect))


def _fail_if_variable_has_no_path(effects: list[Effect], known: tuple[str, ...]) -> None:
    named = {name for effect in effects for name in (effect.lhs, effect.rhs) if name != "1"}
    loose = sorted(named - set(known))
    if loose:
        raise ModelError(
            f"{loose} stand only in a covariance or an intercept; give each an equation (`y ~ x`)."
        )


def _fail_if_exogenous_moment_is_named(effects: list[Effect], exogenous: tuple[str, ...]) -> None:
    named = [e for e in effects if e.op == "~~" and {e.lhs, e.rhs} & set(exogenous)]
    named += [e for e in effects if e.rhs == "1" and e.lhs in exogenous]
    if named:
        terms = ", ".join(f"`{e.lhs} {e.op} {e.rhs}`" for e in named)
        raise ModelError(
            f"{terms}: likelihood='conditional' takes the moments of exogenous variables as given; "
            "use likelihood='joint' or leave them out."
        )


def _cells(
    effects: list[Effect], endogenous: tuple[str, ...], exogenous: tuple[str, ...]
) -> list[Cell]:
    """All parameters in lavaan's order: paths, covariances as named, defaults, intercepts."""
    explained = {e.rhs for e in effects if e.op == "~"}
    outcomes = [name for name in endogenous if name not in explained]
    pairs = [(name, name) for name in endogenous]
    pairs += [*combinations(outcomes, 2), *combinations_with_replacement(exogenous, 2)]
    terms = [e for e in effects if e.op == "~" and e.rhs != "1"]
    named = [e for e in effects if e.op == "~~"]
    known = {_key(e) for e in named}
    defaults = [Effect(lhs, "~~", rhs, None) for lhs, rhs in pairs]
    terms += named + [e for e in defaults if _key(e) not in known]
    terms += [Effect(name, "~1", "", None) for name in endogenous + exogenous]
    return list(_placed(terms, endogenous + exogenous, set(exogenous)))


def _placed(
    terms: Iterable[Effect], variables: tuple[str, ...], exogenous: set[str]
) -> Iterator[Cell]:
    place = {name: i for i, name in enumerate(variables)}
    matrices: dict[str, Literal["A", "S", "M"]] = {"~": "A", "~~": "S", "~1": "M"}
    for term in terms:
        column = place.get(term.rhs, 0)
        given = term.op != "~" and {term.lhs, term.rhs} - {""} <= exogenous
        yield Cell(
            lhs=term.lhs, op=term.op, rhs=term.rhs, value=term.value, exogenous=given,
            matrix=matrices[term.op], row=place[term.lhs], column=column,
        )  # fmt: skip
