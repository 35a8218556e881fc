"""Everything that can go wrong, in pipeline order.

A message says what was found (a count, never a person's value), what was expected and what to do.
Exit codes: 2 input, 3 disclosure stop, 4 interrupted or incomplete, 5 environment.
"""

from pathlib import Path
from types import TracebackType

import oablib


class OabError(Exception):
    """Base of every error that oablib raises on purpose."""

    exit_code = 2


class ParameterError(OabError):
    """Raised when a run, rule, model or codebook file says something that cannot be meant."""


class InputError(OabError):
    """Raised when a delivered file is absent, unreadable or not what its name says."""


class SchemaError(InputError):
    """Raised when the values of a delivered table contradict the codebook."""


class ImputationError(OabError):
    """Raised when unknown values cannot be filled from what is known."""


class WeightingError(OabError):
    """Raised when children with known values cannot be weighted to stand for all."""


class ModelError(OabError):
    """Raised when a model's text is wrong or names what the data do not hold."""


class LiteratureError(OabError):
    """Raised when an entry of the literature is incomplete, or a path has none."""


class EstimationError(OabError):
    """Raised when a model cannot be estimated: collinear, constant, not converged."""


class PoolingError(OabError):
    """Raised when fits cannot be combined over imputations."""


class AllocationError(OabError):
    """Raised when scores of children cannot become scores of schools and municipalities."""


class ComparisonError(OabError):
    """Raised when fits are compared whose likelihoods are of different data or not nested.

    Also when scores by two indicators are not of the same children or schools, or do not add up.
    """


class DisclosureError(OabError):
    """Raised when something would leave that may hold values of persons."""

    exit_code = 3


class RenderError(OabError):
    """Raised when an executed notebook cannot become a report."""

    exit_code = 4


class IncompleteRunError(OabError):
    """Raised when a run stopped before all of its reports were there."""

    exit_code = 4


class EnvironmentFault(OabError):
    """Raised when the machine lacks something a run needs, before work starts."""

    exit_code = 5


_PACKAGE = Path(oablib.__file__).resolve().parent


def public_class(error: BaseException) -> str:
    """Name of an exception's class: for one of ours the nearest class of this module."""
    for kind in type(error).__mro__:
        if globals().get(kind.__name__) is kind:
            return kind.__name__
    return type(error).__name__


def public_message(error: BaseException) -> str:
    """What may be shown of an exception: all of one of ours, of any other where it was raised.

    The message of a KeyError or ValueError often quotes a value, and a value may be a child's.
    """
    if isinstance(error, OabError):
        return str(error)
    lines = "".join(f"{line}; " for line in _lines(error.__traceback__))
    return f"{lines}its message is withheld, because it may hold values of persons"


def _lines(trace: TracebackType | None) -> list[str]:
    """Where a traceback leaves the cell of a notebook, and where it leaves oablib."""
    cell, module = "", ""
    while trace is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        if path.parent.name.startswith("ipykernel_"):
            cell = f"line {trace.tb_lineno} of the cell"
        elif path.is_relative_to(_PACKAGE):
            module = f"oablib/{path.relative_to(_PACKAGE).as_posix()}:{trace.tb_lineno}"
        trace = trace.tb_next
    return [line for line in (cell, module) if line]
