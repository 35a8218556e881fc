"""The statistics: structural equations, pooling, imputation, weighting, the two steps."""
