"""From model text to a frozen specification: which cells of the RAM matrices are free.

RAM (McArdle & McDonald, 1984): v = M + A v + u, cov(u) = S, of observed and latent variables.
A parameter is addressed by (lhs, op, rhs), never by a running name. What the text leaves open is
filled in as lavaan's `sem()` does (Rosseel, 2012).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple, TypeVar, get_args

from oablib.base.errors import ModelError
from oablib.statistics.sem.text import coding, defaults, defined, notes, restrictions, syntax
from oablib.statistics.sem.text.defaults import Roles
from oablib.statistics.sem.text.restrictions import Label, Restriction
from oablib.statistics.sem.text.syntax import Definition, Term

Likelihood = Literal["joint", "conditional"]
Equal = Literal[
    "loadings", "intercepts", "means", "regressions", "residuals", "residual_covariances",
    "lv_variances", "lv_covariances",
]  # fmt: skip
Coding = Literal["loadings", "intercepts"]
Matrix = Literal["A", "S", "M"]
Entry = tuple[Matrix, int, int]
Value = TypeVar("Value")
# Number of a cell that is not free.
FIXED = -1


class Cell(NamedTuple):
    """One term in one group and its entry: A[row, column], S[row, column] (both halves) or M[row].

    value: of a fixed cell, else None. free: number of its parameter, which cells with one label
    share, or FIXED. lower, upper: limits in the data's units. exogenous marks the moments of
    observed variables that no equation explains; the conditional likelihood takes them as given.
    shown: the text names it, or it is free.
    """

    lhs: str
    op: str
    rhs: str
    group: int
    matrix: Matrix
    row: int
    column: int
    value: float | None
    label: str = ""
    start: float | None = None
    free: int = FIXED
    exogenous: bool = False
    shown: bool = True
    lower: float | None = None
    upper: float | None = None

    @property
    def entry(self) -> Entry:
        """Matrix, row and column; one and the same for both halves of S."""
        i, j = self.row, self.column
        return (self.matrix, min(i, j), max(i, j)) if self.matrix == "S" else (self.matrix, i, j)


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model as data.

    observed: endogenous first, then exogenous, each as the text has them; variables: observed,
    then latent. endogenous: observed or latent, with a path into it. cells: all groups, each in
    lavaan's order; n_free counts the free parameters among them. restrictions: equalities of
    parameters, none of which follows from the others, then limits. notes: readings of the text that
    its author may not expect.
    """

    text: str
    likelihood: Likelihood
    mean_structure: bool
    observed: tuple[str, ...]
    exogenous: tuple[str, ...]
    latent: tuple[str, ...]
    endogenous: tuple[str, ...]
    n_groups: int
    cells: tuple[Cell, ...]
    definitions: tuple[Definition, ...]
    n_free: int
    restrictions: tuple[Restriction, ...]
    notes: tuple[str, ...]

    @property
    def variables(self) -> tuple[str, ...]:
        """Rows of A, S and M."""
        return self.observed + self.latent

    def counts(self, cell: Cell) -> bool:
        """Whether the chosen likelihood and mean structure make the cell a parameter."""
        return not self.is_given(cell) and (self.mean_structure or cell.matrix != "M")

    def is_given(self, cell: Cell) -> bool:
        """Whether the likelihood takes the cell as known rather than estimated."""
        return self.likelihood == "conditional" and cell.exogenous

    @property
    def reported(self) -> tuple[int, ...]:
        """Numbers of the free parameters that count."""
        free = {cell.free for cell in self.cells if cell.free != FIXED and self.counts(cell)}
        return tuple(sorted(free))

    @property
    def n_equalities(self) -> int:
        """Number of parameters that equalities take away."""
        return sum(each.equality for each in self.restrictions)

    @property
    def n_parameters(self) -> int:
        """Free parameters that count, less those that equalities take away."""
        return len(self.reported) - self.n_equalities

    @property
    def restrictions_of_text(self) -> tuple[Restriction, ...]:
        """Restrictions without those that `bounds` made of the data."""
        return tuple(each for each in self.restrictions if not each.bound)

    @property
    def restricted(self) -> frozenset[int]:
        """Numbers of the parameters in equalities and limits."""
        return frozenset(number for each in self.restrictions for number, _ in each.terms)

    @property
    def labels(self) -> dict[str, Label]:
        """What each label of the text stands for."""
        return restrictions.labels(self.cells)

    @property
    def df(self) -> int:
        """Moments of all variables and groups minus free parameters, as limits count for nothing.

        lavaan counts no limit either, active or not.
        """
        p = len(self.observed)
        return self.n_groups * p * (p + 3) // 2 - self.n_free + self.n_equalities

    def predictors(self, name: str) -> tuple[str, ...]:
        """Variables with a free path or loading into this one."""
        paths = [c for c in self.cells if c.matrix == "A" and c.group == 0 and c.free != FIXED]
        return tuple(self.variables[c.column] for c in paths if self.variables[c.row] == name)


@lru_cache(maxsize=256)
def parse(
    text: str,
    *,
    likelihood: Likelihood = "joint",
    mean_structure: bool = True,
    n_groups: int = 1,
    equal: tuple[Equal, ...] = (),
    effect_coding: tuple[Coding, ...] = (),
) -> ModelSpec:
    """Read the model text and add what lavaan's `sem` adds to it; each text is read once.

    Added: variances, moments of exogenous observed variables (likelihood="conditional" is
    fixed.x = TRUE), covariances of exogenous latent variables and of outcomes that explain
    nothing, intercepts, 1 for the first loading of each latent variable. equal: classes of
    parameters that all groups share, as lavaan's group.equal; equal intercepts free the means of
    latent variables after the first group. effect_coding: what gives latent variables their units,
    see `coding`. Raises ModelError when a line cannot be read, a term comes twice, an option
    contradicts the text, or constraints contradict each other.
    """
    _fail_if_class_is_unknown(equal, n_groups)
    coding.fail_if_intercepts_are_left_out(effect_coding, mean_structure=mean_structure)
    read = syntax.read(text)
    roles = defaults.roles(read.terms)
    notes.fail_if_factor_is_in_the_equation(read.terms)
    _fail_if_intercept_is_named(read.terms, equal, mean_structure)
    _fail_if_groups_do_not_match(read.terms, n_groups)
    terms = defaults.complete(read.terms, roles, markers="loadings" not in effect_coding)
    named = {defaults.address(term) for term in read.terms}
    cells = [
        _cell(term, group, roles, shown=defaults.address(term) in named, equal=equal)
        for group in range(n_groups)
        for term in terms
    ]
    cells, sums = coding.coded(cells, roles.latent, effect_coding)
    numbered, n_free = _numbered(cells, roles, equal)
    defined.check(read.definitions, {cell.label for cell in numbered if cell.label})
    conditional = likelihood == "conditional"
    remarks = notes.on_text(read.terms, roles, n_groups=n_groups, conditional=conditional)
    coded = [each.restriction(numbered) for each in sums]
    restricted, idle = restrictions.of_model(read, numbered, coded, variables=roles.position)
    return ModelSpec(
        text=text, likelihood=likelihood, mean_structure=mean_structure,
        observed=roles.explained + roles.exogenous, exogenous=roles.exogenous,
        latent=roles.latent, endogenous=roles.endogenous, n_groups=n_groups,
        cells=tuple(numbered), definitions=read.definitions, n_free=n_free,
        restrictions=tuple(restricted), notes=(*remarks, *idle),
    )  # fmt: skip


def matrix_entry(term: Term, position: Mapping[str, int]) -> Entry:
    """Matrix, row and column of a term, given the position of each variable."""
    if term.op == "=~":
        return "A", position[term.rhs], position[term.lhs]
    matrices: dict[str, Matrix] = {"~": "A", "~~": "S", "~1": "M"}
    return matrices[term.op], position[term.lhs], position.get(term.rhs, 0)


def _of_group(values: tuple[Value, ...], group: int) -> Value:
    return values[group if len(values) > 1 else 0]


def _cell(term: Term, group: int, roles: Roles, *, shown: bool, equal: Collection[Equal]) -> Cell:
    value = _of_group(term.value, group)
    # Equal intercepts leave differences between groups to the latent means, but for the first.
    shifted = term.op == "~1" and term.lhs in roles.latent and not shown
    if shifted and group > 0 and "intercepts" in equal and "means" not in equal:
        value = None
    given = term.op in ("~~", "~1") and {term.lhs, term.rhs} - {""} <= set(roles.exogenous)
    entry = matrix_entry(term, roles.position)
    return Cell(
        term.lhs, term.op, term.rhs, group, *entry, value,
        label=_of_group(term.label, group), start=_of_group(term.start, group),
        exogenous=given, shown=shown or value is None,
        lower=_of_group(term.lower, group), upper=_of_group(term.upper, group),
    )  # fmt: skip


def _numbered(cells: list[Cell], roles: Roles, equal: Collection[Equal]) -> tuple[list[Cell], int]:
    """Number the parameters in order of appearance; one label, or one equal class, one number."""
    numbers: dict[object, int] = {}
    fixed = {cell.label: cell.value for cell in cells if cell.label and cell.value is not None}
    numbered = []
    for index, cell in enumerate(cells):
        if cell.label in fixed:
            numbered.append(cell._replace(value=fixed[cell.label]))
        elif cell.value is None:
            shared = _class(cell, roles) in equal
            key = cell.label or (cell[:3] if shared else index)
            numbered.append(cell._replace(free=numbers.setdefault(key, len(numbers))))
        else:
            numbered.append(cell)
    return numbered, len(numbers)


def _class(cell: Cell, roles: Roles) -> Equal | None:
    if cell.op in ("=~", "~"):
        return "loadings" if cell.op == "=~" else "regressions"
    inside = {name in roles.latent for name in (cell.lhs, cell.rhs) if name}
    if cell.exogenous or len(inside) > 1:
        return None
    latent = inside == {True}
    if cell.op == "~1":
        return "means" if latent else "intercepts"
    if cell.lhs == cell.rhs:
        return "lv_variances" if latent else "residuals"
    return "lv_covariances" if latent else "residual_covariances"


def _fail_if_class_is_unknown(equal: Collection[str], n_groups: int) -> None:
    unknown = sorted(set(equal) - set(get_args(Equal)))
    if unknown:
        raise ModelError(f"equal={unknown} is unknown; expected {', '.join(get_args(Equal))}.")
    if equal and n_groups == 1:
        raise ModelError("equal= holds parameters equal over groups; name the column by group=.")


def _fail_if_intercept_is_named(
    terms: tuple[Term, ...], equal: Collection[Equal], mean_structure: bool
) -> None:
    named = [f"intercepts of {term.lhs}" for term in terms if term.op == "~1"]
    named += [f"equal {name}" for name in ("intercepts", "means") if name in equal]
    if named and not mean_structure:
        raise ModelError(
            f"The model names {', '.join(named)}, but mean_structure=False leaves intercepts out; "
            "drop one of the two."
        )


def _fail_if_groups_do_not_match(terms: tuple[Term, ...], n_groups: int) -> None:
    for term in terms:
        for given in (term.value, term.label, term.start, term.lower, term.upper):
            if len(given) not in (1, n_groups):
                raise ModelError(
                    f"`{term.lhs} {term.op} {term.rhs}` gives c(...) with {len(given)} entries for "
                    f"{n_groups} group(s); give one entry for each group."
                )
