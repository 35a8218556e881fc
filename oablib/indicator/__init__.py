"""From a model to the country: scores of children and schools, and what changes."""
