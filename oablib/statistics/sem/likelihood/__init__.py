"""The likelihood: places of parameters, implied moments, its value, its slope and its curvature."""
