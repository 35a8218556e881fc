"""What an optimum says: parameters, their errors, measures of fit, and what to be warned of."""
