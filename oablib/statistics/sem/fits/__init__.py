"""The fit itself: options, incomplete rows, several optima, and how a fit shows itself."""
