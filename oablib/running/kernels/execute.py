"""Execute one notebook with papermill, in a guarded kernel that only its owner can reach."""

import keyword
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

from oablib.base import errors
from oablib.base.errors import IncompleteRunError, OabError, ParameterError
from oablib.params import cell as parameter_cell
from oablib.running.kernels import pool

BEGINS, ENDS = "iopub.status.busy", "iopub.status.idle"

Kernels: TypeAlias = Literal["forked", "plain"]
"""How kernels start: forked from a warm process, or plainly as papermill starts any kernel."""


def execute(
    notebook: Any,
    *,
    stem: str,
    values: Mapping[str, str | int | float],
    environment: Mapping[str, str],
    folder: Path,
    kernels: Kernels = "forked",
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
    execute_in_kernel = load(kernels)

    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    try:
        return execute_in_kernel(notebook, values=values, environment=environment, folder=folder)
    except PapermillExecutionError as error:
        raise _as_ours(error, stem=stem) from None
    except DeadKernelError:
        raise IncompleteRunError(
            f"{stem}: its Python process ended before the notebook did. "
            "Most often memory ran out: close other programs, or take a smaller cohort."
        ) from None


@contextmanager
def opened(kernels: Kernels = "forked", *, modules: Sequence[str] = ()) -> Iterator[None]:
    """At the end of the block, whatever ends it, all kernels that it started are killed.

    `execute` in another thread then raises IncompleteRunError. For forked kernels the block keeps
    a process that has imported what notebooks import. Where there can be no such process (it takes
    Linux), kernels start as processes of their own; they differ only in that they start later.
    modules: what the notebooks of the block will import.
    """
    with pool.opened(warm=kernels == "forked", modules=modules):
        yield


def load(kernels: Kernels) -> Callable[..., Any]:
    """What executes a notebook. Papermill takes more than a second to import when first called."""
    if kernels == "plain":
        from oablib.running.kernels import plain

        return plain.execute
    from oablib.running.kernels import forked

    return forked.execute


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


def _as_ours(error: Any, *, stem: str) -> OabError:
    """Papermill's error as one of ours; the guard has made its text fit to be shown."""
    kind = vars(errors).get(error.ename)
    if isinstance(kind, type) and issubclass(kind, OabError):
        return kind(error.evalue)
    return IncompleteRunError(
        f"{stem} stopped at code cell [{error.exec_count}] with {error.ename}: {error.evalue}."
    )
