"""Scaled variables tested by their categories.

A scale value holds the chance mean of its category, so that the slope of a scaled variable is
never near 0: where the variable means nothing, it is a ratio of noise to noise. What the
categories do is tested by all of them jointly; the slope describes.
"""

from oablib.statistics.two_step.categories.settings import Rules, rules
from oablib.statistics.two_step.categories.tests import (
    CategoryTest,
    CategoryTests,
    joint_test,
    tests_of_categories,
)
