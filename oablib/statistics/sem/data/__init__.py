"""The data of a model: what is asked of them, checks, rows, and their moments."""
