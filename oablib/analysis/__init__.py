"""What follows a fitted model: selection of paths, prediction, and checks of the imputation."""
