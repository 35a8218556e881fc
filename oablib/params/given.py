"""Which parameters a notebook declares, and which of them somebody has given a value.

A notebook declares its parameters with None, `run` among them, in the cell tagged `parameters`. A
value that is not None was given: by a person who edited that cell, or by papermill, which adds a
cell below it.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oablib.base.errors import ParameterError
from oablib.base.wording import did_you_mean
from oablib.params import cell
from oablib.params.declared import RunParameters

EXECUTED = "In"
"""Name under which IPython keeps the source of the cells that were executed."""

INJECTED = "# Parameters"
"""First line of the cell that papermill adds."""


@dataclass(frozen=True, slots=True)
class Declared:
    """Names that a notebook declares, and the values of those that were given."""

    names: tuple[str, ...]
    given: Mapping[str, str | int | float]


def declared(namespace: Mapping[str, Any]) -> Declared:
    """Read the parameters of a notebook from its globals.

    Raises ParameterError, with the nearest name, for a name that the notebook does not declare
    or that no run has, and for a value that is neither text nor number.
    """
    sources = [str(source) for source in namespace.get(EXECUTED, ())]
    trees = [_parsed(source) for source in sources]
    cells = [tree for tree in trees if "run" in _annotated(tree)][-1:]
    names = tuple(name for tree in cells for name in _annotated(tree))
    cells += [t for t, text in zip(trees, sources, strict=True) if text.startswith(INJECTED)]
    for name in (*names, *(name for tree in cells for name in _assigned(tree))):
        _fail_if_unknown(name, declared=names)
    given = {name: namespace[name] for name in names if namespace[name] is not None}
    unfit = [name for name, value in given.items() if type(value) not in (str, int, float)]
    if unfit:
        raise ParameterError(f"{', '.join(unfit)}: expected a text or a number.")
    return Declared(names, given)


def _fail_if_unknown(name: str, *, declared: tuple[str, ...]) -> None:
    """Refuse a name that the notebook does not declare, and one that no run has."""
    of_runs = tuple(RunParameters.model_fields)
    if name in declared and name in of_runs:
        return
    if name in of_runs:
        near = "; it is a parameter of runs that this notebook does not use."
    else:
        near = did_you_mean(name, [other for other in (*declared, *of_runs) if other != name])
    raise ParameterError(
        f"This notebook has no parameter {name!r}{near} It declares: "
        f"{', '.join(declared) or 'none'}."
    )


def _parsed(source: str) -> ast.Module:
    try:
        return cell.parsed(source)
    except SyntaxError:  # a cell with magics holds no parameters
        return ast.Module([], [])


def _annotated(tree: ast.Module) -> list[str]:
    """Names of lines such as `seed: int | None = None`."""
    return [
        each.target.id
        for each in tree.body
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
    ]


def _assigned(tree: ast.Module) -> list[str]:
    """Names of lines such as `seed = 2021`."""
    targets = [each for node in tree.body if isinstance(node, ast.Assign) for each in node.targets]
    return [each.id for each in targets if isinstance(each, ast.Name)]
