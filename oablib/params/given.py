"""Which parameters a notebook declares, and which of them somebody has given a value.

A notebook declares its parameters with None in the cell tagged `parameters`. A value that is not
None was given: by a person who edited that cell, or by papermill, which adds a cell below it.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oablib.base.errors import ParameterError
from oablib.base.wording import did_you_mean
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
    trees = [_parsed(source) for source in namespace.get(EXECUTED, ())]
    annotated = [name for tree in trees for name in _annotated(tree)]
    names = tuple(dict.fromkeys(name for name in annotated if name in namespace))
    injected = [
        tree
        for tree, source in zip(trees, namespace.get(EXECUTED, ()), strict=True)
        if source.lstrip().startswith(INJECTED) or _annotated(tree)
    ]
    _fail_if_unknown([name for tree in injected for name in _assigned(tree)], known=names)
    _fail_if_unknown(names, known=tuple(RunParameters.model_fields))
    given = {name: namespace[name] for name in names if namespace[name] is not None}
    unfit = [name for name, value in given.items() if type(value) not in (str, int, float)]
    if unfit:
        raise ParameterError(f"{', '.join(unfit)}: expected a text or a number.")
    return Declared(names, given)


def _fail_if_unknown(names: list[str] | tuple[str, ...], *, known: tuple[str, ...]) -> None:
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ParameterError(
            f"This notebook has no parameter {unknown[0]!r}{did_you_mean(unknown[0], known)} "
            f"It declares: {', '.join(known) or 'none'}."
        )


def _parsed(source: str) -> ast.Module:
    try:
        return ast.parse(source)
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
