"""Studies of method and results: validation, changes between reports, a report's conclusions."""
