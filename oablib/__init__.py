"""Reproducible methodology reports on Dutch educational disadvantage."""

__version__ = "0.1.0"
