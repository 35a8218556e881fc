"""The validation study: how far estimates, intervals and selection of the whole chain hold.

Cohorts with a known truth go through every way to deal with unknown education; rows of all
replications are kept, and tables of bias, coverage and false positives are made of them.
"""
