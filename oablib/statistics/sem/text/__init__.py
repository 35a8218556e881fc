"""The text of a model: read, defaults filled in, restrictions understood, numbered as a spec."""
