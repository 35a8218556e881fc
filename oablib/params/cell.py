"""Read and rewrite the cell of a notebook that holds its parameters."""

import ast
from collections.abc import Mapping
from threading import Lock
from typing import Any

from oablib.base.errors import RenderError

TAG = "parameters"
INJECTED_TAG = "injected-parameters"
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
