"""What may leave the private folder: params/rules/disclosure.yaml."""

import datetime
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.base.shown import showable
from oablib.params import dated, kinds

RULE = "disclosure"

ProfileName = Literal["strict", "by_law"]
Step = Annotated[float, kinds.between(0.01, 1000)]


@dataclass(frozen=True, slots=True)
class Steps(kinds.Declaration):
    """A score is a multiple of `coarse` points where pupils are fewer than `below`, else `fine`."""

    below: kinds.Count
    coarse: Step
    fine: Step

    def of(self, pupils: pd.Series) -> NDArray[np.float64]:
        """Step of each row, (rows,), in points."""
        return np.where(pupils < self.below, self.coarse, self.fine)


@dataclass(frozen=True, slots=True)
class Profile(kinds.Declaration):
    """How scores of places are shown.

    fewest_pupils, fewest_of_municipality: pupils; sites and municipalities with fewer have no
    score, nor have municipalities with fewer toddlers than fewest_toddlers. sites: steps of their
    scores, by pupils. municipal_step: of municipalities, points.
    """

    fewest_pupils: kinds.Count
    fewest_of_municipality: kinds.Count
    fewest_toddlers: kinds.Count
    sites: Steps
    municipal_step: Step


@dataclass(frozen=True, slots=True)
class Constants(kinds.Declaration):
    """How national figures are shown: decimals of both means and of the boundary, steps of sums.

    count_step: of the number of school sites above zero, from which others would follow.
    """

    means: Annotated[int, kinds.between(0, 6)]
    boundary: Annotated[int, kinds.between(0, 6)]
    sum_step: kinds.Count
    count_step: kinds.Count
    euro_step: kinds.Count


@dataclass(frozen=True, slots=True)
class Attack(kinds.Declaration):
    """What an attack has to leave open: possible values of a count, points of an interval."""

    counts: kinds.Count
    width: kinds.Positive


@showable()
@dataclass(frozen=True, slots=True)
class Rules:
    """Fields are the keys of the file."""

    fewest: kinds.Count
    fewest_df: kinds.Count
    largest_part: kinds.Portion
    largest_category: kinds.Portion
    strict: Profile
    by_law: Profile
    constants: Constants
    hold: kinds.Count
    attack: Attack

    def profile(self, name: ProfileName) -> Profile:
        """The profile of this name."""
        return self.strict if name == "strict" else self.by_law


DECLARED = dated.declared(Rules)


def entries(name: str = RULE, *, date: datetime.date | None = None) -> pd.DataFrame:
    """The entries that `rules` reads, as a table with dated.COLUMNS."""
    return pd.DataFrame(dated.rows(name, DECLARED, date=date), columns=list(dated.COLUMNS))


def rules(name: str = RULE, *, date: datetime.date | None = None) -> Rules:
    """Read params/rules/<name>.yaml as in force on a day; raises as dated.values."""
    return dated.values(Rules, name, DECLARED, date=date)
