"""Structural equation models of observed variables by exact maximum likelihood.

`fit(model, data)` reads lavaan's syntax and gives a frozen SemFit with lavaan's numbers.
"""

from oablib.sem.result import SemFit, fit

__all__ = ["SemFit", "fit"]
