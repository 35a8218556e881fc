"""Reproducible methodology reports on Dutch educational disadvantage.

`from oablib import sem, pooling` finds the packages that people type by their short names.
"""

from importlib import import_module
from types import ModuleType

__version__ = "0.1.0"

SHORT = {
    "allocation": "indicator.allocation",
    "comparison": "indicator.comparison",
    "diagnostics": "analysis.diagnostics",
    "imputation": "statistics.imputation",
    "pooling": "statistics.pooling",
    "prediction": "analysis.prediction",
    "pupil_scores": "indicator.pupil_scores",
    "scale_values": "statistics.two_step.scale_values",
    "selection": "analysis.selection",
    "sem": "statistics.sem",
    "two_step": "statistics.two_step",
    "weighting": "statistics.weighting",
}
"""Short name -> module in its room, loaded when it is asked for."""


def __getattr__(name: str) -> ModuleType:
    if name in SHORT:
        return import_module(f"oablib.{SHORT[name]}")
    raise AttributeError(f"module 'oablib' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *SHORT])
