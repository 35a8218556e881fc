"""The cell of a notebook that holds its parameters: read, rewritten, and what somebody gave in it.

A notebook declares its parameters with None, `run` among them, in the cell tagged `parameters`. A
value that is not None was given: by a person who edited that cell, or by papermill, which adds a
cell below it.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from oablib.base.errors import ParameterError, RenderError
from oablib.base.wording import did_you_mean
from oablib.params.declared import RunParameters

TAG = "parameters"
INJECTED_TAG = "injected-parameters"
EXECUTED = "In"
"""Name under which IPython keeps the source of the cells that were executed."""

INJECTED = "# Parameters"
"""First line of the cell that papermill adds."""


_one_at_a_time = Lock()


def parsed(source: str | bytes) -> ast.Module:
    """The syntax tree of a source, from any thread. Raises SyntaxError."""
    with _one_at_a_time:  # Python 3.11 fails now and then when two threads parse at once
        return ast.parse(source)


def declared(notebook: Any) -> list[str]:
    """Names that the cell tagged `parameters` gives a value, in their order."""
    for cell in notebook.cells:
        if TAG in cell.metadata.get("tags", []):
            return names(cell.source)
    return []


def names(source: str) -> list[str]:
    """Names that the source of such a cell gives a value, in their order."""
    return [name for name, _ in _assignments(source)]


def merged(source: str, values: Mapping[str, str | int | float]) -> str:
    """Put the values of a run into the source of the cell; its comments stay."""
    lines = [line.encode() for line in source.split("\n")]
    for name, node in reversed(_assignments(source)):
        if name in values and node.end_lineno == node.lineno:
            line = lines[node.lineno - 1]
            new = repr(values[name]).encode()
            lines[node.lineno - 1] = line[: node.col_offset] + new + line[node.end_col_offset :]
    return b"\n".join(lines).decode()


def _assignments(source: str) -> list[tuple[str, ast.expr]]:
    try:
        statements = parsed(source).body
    except SyntaxError as error:
        raise RenderError(
            f"The parameters cell is not Python, line {error.lineno}; "
            "expected lines like `seed: int = 2021`."
        ) from None
    assigned = []
    for statement in statements:
        if isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets: list[ast.expr] = [statement.target]
        elif isinstance(statement, ast.Assign):
            targets = statement.targets
        else:
            continue
        if len(targets) == 1 and isinstance(targets[0], ast.Name) and statement.value is not None:
            assigned.append((targets[0].id, statement.value))
    return assigned


@dataclass(frozen=True, slots=True)
class Declared:
    """Names that a notebook declares, and the values of those that were given."""

    names: tuple[str, ...]
    given: Mapping[str, str | int | float]


def in_namespace(namespace: Mapping[str, Any]) -> Declared:
    """Read the parameters of a notebook from its globals.

    Raises ParameterError, with the nearest name, for a name that the notebook does not declare
    or that no run has, and for a value that is neither text nor number.
    """
    sources = [str(source) for source in namespace.get(EXECUTED, ())]
    trees = [_tree(source) for source in sources]
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


def _tree(source: str) -> ast.Module:
    try:
        return parsed(source)
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
