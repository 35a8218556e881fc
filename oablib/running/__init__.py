"""The run: stages and their keys, kernels, the data of a run, its report, and the commands."""
