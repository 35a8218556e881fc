"""Kernels that execute notebooks; `execute` is the one door, and guards every kernel.

`plain` runs a notebook by the public means of papermill in a process of its own. `forked` needs
half the time: `pool` and `warm` fork its kernels from a process that has imported what notebooks
import, and its client does not wait between the steps of papermill.
"""
