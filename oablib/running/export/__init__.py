"""What leaves with a report: a zip for who checks output, and exact tables for who pays by them."""
