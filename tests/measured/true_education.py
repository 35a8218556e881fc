"""A synthetic cohort with nothing unknown: what only a study of made-up children can look at."""

import pandas as pd

from oablib import intake, synthetic
from oablib.protocol.codebook import load


def true_education(drawn: synthetic.Cohort) -> pd.DataFrame:
    """Tested children, as intake gives them, with the education that the delivery may hide."""
    education = drawn.education.drop(columns="child_id")
    children = drawn.children.assign(**dict(education.items()))
    return intake.in_memory(children, table=load().table("cohort"))
