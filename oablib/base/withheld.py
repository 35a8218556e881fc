"""What a process says of its own accord, on its standard error: where, and never what.

Python prints the exception of a thread, the text of a warning and the lines of a library's log. All
of them may quote a value, and a value may be a child's.
"""

import logging
import sys
import threading
import warnings
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from oablib.base.errors import public_class


def install() -> None:
    """Withhold messages in this process until it ends; logs with handlers of their own stay."""
    # asyncio logs the exception of a task that was never awaited.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    logging.lastResort = _NameOnly(logging.WARNING)
    sys.excepthook = _excepthook
    sys.unraisablehook = threading.excepthook = _print_class
    warnings.showwarning = _print_place


class _NameOnly(logging.StreamHandler):
    """Takes what a library logs that nobody listens to."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say who logged."""
        _print(f"{record.levelname} in the log of {record.name}")


def _excepthook(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    _print(public_class(error))


def _print_class(raised: Any) -> None:
    _print(f"{getattr(raised.exc_type, '__name__', 'exception')} outside the main thread")


def _print_place(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    _print(f"{category.__name__} in line {lineno} of {Path(filename).name}")


def _print(what: str) -> None:
    print(f"{what}; its message is withheld.", file=sys.stderr)
