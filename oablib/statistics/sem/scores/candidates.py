"""Which parameters a model leaves out, and which of them a text means."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from oablib.base.errors import ModelError
from oablib.statistics.sem import arguments
from oablib.statistics.sem.likelihood import layout
from oablib.statistics.sem.likelihood.problem import Problem
from oablib.statistics.sem.text import syntax
from oablib.statistics.sem.text.spec import FIXED, Cell, Entry, ModelSpec, matrix_entry


def candidates_of(spec: ModelSpec) -> list[str]:
    """What the model does not estimate in every group, as lavaan's modindices lists it.

    Loadings, covariances, means, and paths between variables of equations; what the text fixes is
    among them.
    """
    explained = [n for n in spec.observed if n not in spec.exogenous]
    random = spec.exogenous if spec.likelihood == "joint" else ()
    paths = [(c.rhs, c.lhs) for c in spec.cells if c.op == "~"]
    inside = [n for n in spec.variables if any(n in path for path in paths)]
    terms = [f"{f} =~ {x}" for f, x in product(spec.latent, explained)]
    pairs = [*combinations(explained, 2), *combinations(spec.latent, 2)]
    terms += [f"{a} ~~ {b}" for a, b in [*pairs, *product(spec.latent, random)]]
    moved = [name for name in inside if name in random or name not in spec.exogenous]
    terms += [f"{y} ~ {x}" for y, x in product(moved, inside) if x != y]
    terms += [f"{name} ~ 1" for name in spec.variables if spec.mean_structure]
    estimated = _estimated(spec)
    return [text for text in terms if not {c.entry for c in _cells(spec, text)} & estimated]


def listed(candidates: str | Iterable[str]) -> list[str]:
    """Texts of candidates; one text is one candidate, as in lavaan's lavTestScore(add = )."""
    return arguments.texts("The list of candidates", candidates, "texts such as `y ~ x`")


def read_candidates(spec: ModelSpec, texts: Sequence[str]) -> list[list[Cell]]:
    """The cells that each candidate would free, in the first group, at their present values.

    Raises ModelError when a text is no candidate: several left sides, a modifier, a name that
    the model does not hold, or a term that is free already.
    """
    estimated = _estimated(spec)
    fixed = {cell.entry: cell.value for cell in spec.cells if cell.group == 0 and cell.value}
    taken = set(spec.exogenous) if spec.likelihood == "conditional" else set()
    candidates = []
    for text in texts:
        cells = _cells(spec, text)
        if any(cell.entry in estimated for cell in cells):
            raise ModelError(
                f"The candidate {text!r} is estimated already; leave it out of the list."
            )
        if any(cell.lhs in taken or (cell.op == "~~" and cell.rhs in taken) for cell in cells):
            raise ModelError(
                f"The candidate {text!r} explains an exogenous variable, which "
                "likelihood='conditional' takes as given; use likelihood='joint'."
            )
        candidates.append([cell._replace(value=fixed.get(cell.entry, 0.0)) for cell in cells])
    return candidates


def extended(problem: Problem, cells: list[Cell]) -> Problem:
    """The same problem with these cells free, their parameters numbered after the others."""
    freed, k = {(cell.group, cell.entry) for cell in cells}, problem.spec.n_free
    kept = [
        cell
        for cell in problem.spec.cells
        if cell.free != FIXED or (cell.group, cell.entry) not in freed
    ]
    added = [cell._replace(free=k + number, value=None) for number, cell in enumerate(cells)]
    spec = replace(problem.spec, cells=(*kept, *added), n_free=k + len(added))
    return replace(problem, spec=spec, layouts=layout.layouts(spec, problem.scale))


def against(spec: ModelSpec) -> NDArray:
    """Whether a path into variable i (row) from j (column) would run against those there are.

    It would where i moves j already, over any number of paths, or where j is explained by the
    model and i only explains: what is given comes before what is explained.
    """
    sources = {c.rhs for c in spec.cells if c.op == "~"} - {*spec.endogenous, *spec.latent}
    only_source = np.array([name in sources for name in spec.variables])
    return reach(spec).T | np.outer(only_source, ~only_source)


def reach(spec: ModelSpec) -> NDArray:
    """Whether variable i (row) is moved by variable j (column), over any number of paths."""
    size = len(spec.variables)
    reach = np.zeros((size, size), dtype=bool)
    for cell in spec.cells:
        if cell.matrix == "A" and (cell.free != FIXED or cell.value):
            reach[cell.row, cell.column] = True
    for through in range(size):
        reach |= np.outer(reach[:, through], reach[through])
    return reach


def _estimated(spec: ModelSpec) -> set[Entry]:
    """Entries that are free in every group; one that is free in some cannot be tested there."""
    free: list[set[Entry]] = [set() for _ in range(spec.n_groups)]
    for cell in spec.cells:
        if cell.free != FIXED:
            free[cell.group].add(cell.entry)
    return set.intersection(*free)


def _cells(spec: ModelSpec, text: str) -> list[Cell]:
    read = syntax.read(text)
    position = {name: i for i, name in enumerate(spec.variables)}
    unknown = sorted({n for t in read.terms for n in (t.lhs, t.rhs) if n and n not in position})
    if unknown:
        raise ModelError(
            f"The candidate {text!r} names {', '.join(unknown)}, which the model does not hold; "
            f"its variables: {', '.join(spec.variables)}."
        )
    plain = all(t.value == (None,) and t.label == ("",) and t.start == (None,) for t in read.terms)
    if read.definitions or not plain or len({(t.lhs, t.op) for t in read.terms}) != 1:
        raise ModelError(
            f"The candidate {text!r} is not one equation without modifiers; expected `y ~ x`, "
            "`y ~ d1 + d2`, `f =~ x` or `y ~~ z`. Give several candidates as a list of texts."
        )
    return [
        Cell(term.lhs, term.op, term.rhs, 0, *matrix_entry(term, position), value=0.0)
        for term in read.terms
    ]
