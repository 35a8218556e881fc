"""Kernels that execute notebooks, forked from a warm process where that is possible."""
