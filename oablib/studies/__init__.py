"""Studies of the method itself: validation on known truths, and changes between two reports."""
