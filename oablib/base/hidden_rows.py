"""Rows of a frame do not show in JupyterLab until one asks for them: they may be of children."""

import html
import sys
from typing import Any

import numpy as np
import pandas as pd

from oablib.base.wording import shown_names

# IPython asks a class that prints itself before the classes above it.
KINDS = (
    *(pd.DataFrame, pd.Series, pd.api.extensions.ExtensionArray, pd.Categorical),
    *(np.ndarray, np.recarray, np.ma.MaskedArray),
)
HIDDEN = (
    "Rows are hidden, because they may be of children. stage.show_rows() shows them in this "
    "session."
)
_asked_for = False


def hide() -> None:
    """From now on a frame, Series or array at the end of a cell shows its outline.

    Does nothing without IPython, and when `show` was called before.
    """
    if _asked_for:
        return
    for name, formatter in _formatters().items():
        look = {"text/plain": _print, "text/html": _as_html}.get(name, _nothing)
        for kind in KINDS:
            formatter.for_type(kind, look)


def show() -> None:
    """Show rows as pandas does, until the kernel ends."""
    global _asked_for
    _asked_for = True
    for formatter in _formatters().values():
        for kind in KINDS:
            formatter.pop(kind, None)


def _formatters() -> dict[str, Any]:
    """Of this kernel, by type of output: text/html and others."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell.display_formatter.formatters if shell else {}


def outline(value: Any) -> str:
    """What a frame, Series or array is, how large, and the names of its columns."""
    kind = type(value).__name__
    if isinstance(value, np.ndarray):
        return f"{kind} of shape {value.shape}"
    if isinstance(value, pd.DataFrame):
        names = ", ".join(shown_names(value)) or "none"
        return f"{kind}: {len(value):,} rows x {value.shape[1]:,} columns: {names}"
    return f"{kind}: {len(value):,} rows"


def _as_html(value: Any) -> str:
    return f"<p>{html.escape(outline(value))}</p><p>{HIDDEN}</p>"


def _print(value: Any, printer: Any, is_cycle: bool) -> None:
    printer.text(f"{outline(value)}. {HIDDEN}")


def _nothing(value: Any) -> None:
    """For types of output that would hold the rows as well."""
