"""The search for the highest likelihood: where it starts, how it climbs, and what certifies it."""
