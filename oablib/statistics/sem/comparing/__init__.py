"""Fits beside each other: what may be compared or pooled, and tests of nested models."""
