"""A score in grade 2 of part of the children, from a stream of random numbers of its own."""

import numpy as np
import pandas as pd

from oablib.synthetic.drawing import Frame, Rules, standard
from oablib.synthetic.outcomes import Truth

STREAM = 2
"""Beside the seed: every other number of a cohort is the same with and without this score."""


def draw_early_test(
    children: Frame, *, truth: Truth, rule: Rules, seed: int
) -> tuple[pd.Series, pd.Series]:
    """Scores in grade 2 of n children, and whether each was found again in grade 8 (bool).

    children: with both tests, education, origin and school (number). truth: the scale values that
    act here too. rule: as `early_test` of params/rules/synthetic.yaml, in points of the score.
    """
    rng = np.random.default_rng((seed, STREAM))
    scaled = pd.DataFrame(
        {k: np.array(truth.scale_values[k])[children[k] - 1] for k in rule["effects"]}
    )
    expected = scaled @ pd.Series(rule["effects"]) + rule["nscct_effect"] * children["nscct"]
    # What a child does better in grade 8 than its background and intelligence say, it partly did
    # better in grade 2 already.
    design = np.column_stack([np.ones(len(scaled)), scaled, children["nscct"]])
    slopes = np.linalg.lstsq(design, children["cito"], rcond=None)[0]
    own = standard(children["cito"] - design @ slopes)
    schools = rng.normal(size=children["school"].max() + 1)[children["school"]]
    noise = rng.normal(size=len(children))
    score = expected - expected.mean() + rule["shared_sd"] * own
    score += rule["school_sd"] * schools + rule["noise_sd"] * noise
    score = (rule["mean"] + score).round(1).clip(*rule["bounds"])
    return score, pd.Series(rng.random(len(children)) < rule["known_share"], index=children.index)
