"""Execute one notebook with papermill, in a guarded kernel that only its owner can reach."""

import ast
import keyword
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from oablib.base import errors
from oablib.base.errors import IncompleteRunError, OabError, ParameterError
from oablib.params import cell as parameter_cell
from oablib.running.kernels import pool

BEGINS, ENDS = "iopub.status.busy", "iopub.status.idle"


def execute(
    notebook: Any,
    *,
    stem: str,
    values: Mapping[str, str | int | float],
    environment: Mapping[str, str],
    folder: Path,
) -> Any:
    """Execute a notebook with parameters `values` and return it with its outputs.

    `environment` is added to the kernel's, `folder` is where it starts. Nothing is written: a
    notebook that failed leaves no outputs behind. May be called from several threads at once.
    Raises the OabError that a cell raised, with its own message, IncompleteRunError for whatever
    else stopped it, and ParameterError before anything runs when a value does not fit the
    notebook's parameters.
    """
    _fail_if_name_is_unknown(values, notebook, stem=stem)
    _fail_if_value_is_not_plain(values, stem=stem)

    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    from oablib.running.kernels import (
        client as kernel_client,  # papermill takes more than a second to import
    )

    try:
        return kernel_client.execute(
            notebook,
            values=values,
            environment=environment,
            folder=folder,
            modules=_imported(notebook),
        )
    except PapermillExecutionError as error:
        raise _told(error, stem=stem) from None
    except DeadKernelError:
        raise IncompleteRunError(
            f"{stem}: its Python process ended before the notebook did. "
            "Most often memory ran out: close other programs, or take a smaller cohort."
        ) from None


@contextmanager
def warm() -> Iterator[None]:
    """Keep a process that has imported what notebooks import; kernels of the block are its forks.

    They differ from others only in that they start sooner. Where there can be no such process
    (it takes Linux), kernels start as without it. At the end of the block, whatever ends it, all
    kernels are killed; `execute` in another thread then raises IncompleteRunError.
    """
    with pool.opened():
        yield


def seconds_in_cells(notebook: Any) -> float:
    """Seconds that the kernel of an executed notebook was busy with cells."""
    total = 0.0
    for cell in notebook.cells:
        times = cell.metadata.get("execution", {})
        if BEGINS in times and ENDS in times:
            span = datetime.fromisoformat(times[ENDS]) - datetime.fromisoformat(times[BEGINS])
            total += span.total_seconds()
    return total


def _fail_if_name_is_unknown(values: Mapping[str, Any], notebook: Any, *, stem: str) -> None:
    """Refuse a name that the notebook does not declare: papermill writes it into code as it is."""
    declared = parameter_cell.declared(notebook) if values else []
    unfit = [
        name
        for name in values
        if name not in declared or not name.isidentifier() or keyword.iskeyword(name)
    ]
    if unfit:
        raise ParameterError(
            f"{stem} got {len(unfit)} parameters that its parameters cell does not declare: "
            f"{', '.join(map(ascii, unfit))}. It declares: {', '.join(declared) or 'none'}."
        )


def _fail_if_value_is_not_plain(values: Mapping[str, Any], *, stem: str) -> None:
    """Refuse what papermill could not write down as the literal that it is."""
    unfit = [
        name
        for name, value in values.items()
        if type(value) not in (str, int, float, bool) or (type(value) is str and "\0" in value)
    ]
    if unfit:
        raise ParameterError(
            f"{stem}: {', '.join(unfit)} must be a text without null characters, a number, or "
            "True or False."
        )


def _imported(notebook: Any) -> list[str]:
    """Modules that the cells import, in their order; a cell with a magic tells none."""
    names: list[str] = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            with suppress(SyntaxError, ValueError):
                for node in ast.walk(ast.parse(cell.source)):
                    names += _targets(node)
    return list(dict.fromkeys(names))


def _targets(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        inner = node.names if node.module == "oablib" else []
        return [node.module, *(f"{node.module}.{alias.name}" for alias in inner)]
    return []


def _told(error: Any, *, stem: str) -> OabError:
    """Turn papermill's error into ours; the guard has made its text fit to be shown."""
    kind = vars(errors).get(error.ename)
    if isinstance(kind, type) and issubclass(kind, OabError):
        return kind(error.evalue)
    return IncompleteRunError(
        f"{stem} stopped at code cell [{error.exec_count}] with {error.ename}: {error.evalue}."
    )
