"""Scale values and direct effects: each step alone, both jointly, and over imputations."""
