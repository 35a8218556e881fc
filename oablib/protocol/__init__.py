"""What a researcher declares before looking at data: codebook, models and literature."""
