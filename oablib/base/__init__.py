"""What every room may use: errors, words, whole files, rounding, and how a result shows itself."""
