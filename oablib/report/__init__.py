"""What a report shows: one module a stage with its tables, figures and sentences."""
