"""Scale values and direct effects: each step alone, both jointly, and over imputations.

`fit` does both steps on one data set and `analyse` on each completed one, pooled; `scale_values` is
the first step alone; `resampling` does both anew on draws of schools, `model_grid` for many models;
`tests_of_categories` says whether the categories of a scaled variable differ;
`joint_covariance` says how errors of both steps go together;
`side_by_side` compares equations on parts of the same children, such as waves;
`full_information.fit` does both steps where categories are unknown, without imputing them.
"""

from oablib.statistics.two_step import categories, full_information, resampling, scale_values
from oablib.statistics.two_step.analysis import Analysis, TwoStep, analyse, fit
from oablib.statistics.two_step.categories import CategoryTests, tests_of_categories
from oablib.statistics.two_step.joint import joint_covariance
from oablib.statistics.two_step.side_by_side import Equation, SideBySide, side_by_side
