"""The specific grant of municipalities with its minimum: GOAB-besluit, article 4."""

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import pandas as pd

from oablib.base.errors import AllocationError
from oablib.base.shown import showable
from oablib.indicator.allocation import checks
from oablib.indicator.allocation.cents import CENTS, exact_decimal, in_cents, to_cents
from oablib.indicator.allocation.settings import Rules

COLUMNS = ("municipality", "score_t1", "score_t2", "A_t1", "A_t2")


@showable(private=("table",))
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Grants:
    """Grants of one year.

    table: municipality, score_t1, score_t2, H, I (halves of both scores), share ((H + I) / K),
    grant (euro), at_minimum (lifted to it), by municipality. J: euro that the formula divides. K:
    half the national sum of both scores. rounds: until no more municipality was lifted. budget,
    minimum: euro, as divided here; share: of the country, by which both were scaled.
    """

    table: pd.DataFrame
    J: float
    K: float
    rounds: int
    budget: float
    minimum: int
    share: float


def two_dates(latest: pd.DataFrame, earlier: pd.DataFrame) -> pd.DataFrame:
    """What `grants` takes, out of the tables of municipalities on two reference dates.

    A municipality in one of them only has 0 on the other date.
    """
    columns = ["municipality", "achterstandsscore", "A"]
    joined = latest[columns].merge(
        earlier[columns], on="municipality", how="outer", suffixes=("_t1", "_t2"), validate="1:1"
    )
    named = joined.rename(columns=lambda name: str(name).replace("achterstandsscore", "score"))
    return named.fillna(0.0)


def share_of_country(facts: pd.DataFrame, *, rules: Rules) -> float:
    """Share of the country's school sites that children who were drawn attend, at most 1.

    facts: as from pupil_scores.country_facts. Delivered children are those of the whole country.
    """
    row = facts.iloc[0]
    return min(1.0, int(row["sites"]) / rules.national_sites) if bool(row["drawn"]) else 1.0


def grants(scores: pd.DataFrame, *, budget: float, rules: Rules, share: float = 1.0) -> Grants:
    """Divide a budget (euro) over municipalities: (H + I) x J / K, and no less than the minimum.

    scores: municipality, achterstandsscore and A on the reference dates one and two years before
    (score_t1, score_t2, A_t1, A_t2). share: of the country that these are; budget and minimum are
    scaled by one below 1, to whole euros. J is the budget less what the lifting costs, which
    depends on J itself: municipalities that fall short are lifted, and J is computed again, until
    none does. As J falls from round to round, none is lifted in vain, and the end is the only
    solution. All is exact; grants are then rounded to cents by largest remainders, so that they
    add up to the budget.

    Raises AllocationError when the budget is no positive number of cents or does not pay the
    minima, a municipality is repeated, a number is missing or negative, a score is above 0 where A
    is not, or no score is above 0.
    """
    checks.fail_if_columns_are_absent(scores, COLUMNS, name="scores")
    checks.fail_if_repeated(scores["municipality"], name="scores")
    table = scores[list(COLUMNS)].sort_values("municipality", ignore_index=True)
    _fail_if_numbers_are_unfit(table)
    if share < 1:
        budget = round(budget * share)
        rules = replace(rules, minimum_payment=round(rules.minimum_payment * share))
    total = in_cents(budget)
    halves = _halves(table)
    entitled = _entitled(table, halves, rules=rules)
    _fail_if_budget_is_short(total, entitled, rules=rules)
    euro, lifted, rounds = _rate(halves, entitled, budget=total / CENTS, rules=rules)
    K = sum(halves, Fraction(0))
    exact = [half * euro for half in halves]
    for row in lifted:
        exact[row] = Fraction(rules.minimum_payment)
    shown = table[["municipality", "score_t1", "score_t2"]].assign(
        H=table["score_t1"] / 2,
        I=table["score_t2"] / 2,
        share=[float(half / K) for half in halves],
        grant=[cents / CENTS for cents in to_cents(exact)],
        at_minimum=[row in lifted for row in range(len(table))],
    )
    return Grants(
        table=shown,
        budget=float(total / CENTS),
        minimum=rules.minimum_payment,
        share=share,
        J=float(euro * K),
        K=float(K),
        rounds=rounds,
    )


def _rate(
    halves: list[Fraction], entitled: list[bool], *, budget: Fraction, rules: Rules
) -> tuple[Fraction, set[int], int]:
    """Euro per unit of H + I at which the budget is spent, rows lifted to the minimum, and rounds.

    Rows that fall short are lifted and the rest is divided over the others, until none falls short.
    """
    minimum, lifted, rounds = rules.minimum_payment, set[int](), 0
    while True:
        rounds += 1
        others = (half for row, half in enumerate(halves) if row not in lifted)
        euro = (budget - minimum * len(lifted)) / sum(others, Fraction(0))
        short = {row for row, half in enumerate(halves) if entitled[row] and half * euro < minimum}
        if short <= lifted:
            return euro, lifted, rounds
        lifted |= short


def _entitled(table: pd.DataFrame, halves: list[Fraction], *, rules: Rules) -> list[bool]:
    """Whether a municipality gets the minimum at least: A above 0 on one of both dates."""
    has_target = (table["A_t1"] > 0) | (table["A_t2"] > 0)
    has_score = np.array([half > 0 for half in halves]) | (rules.minimum_if != "score")
    return list(has_target & has_score)


def _halves(table: pd.DataFrame) -> list[Fraction]:
    """H + I of each municipality."""
    pairs = zip(table["score_t1"], table["score_t2"], strict=True)
    return [(exact_decimal(one) + exact_decimal(two)) / 2 for one, two in pairs]


def _fail_if_numbers_are_unfit(table: pd.DataFrame) -> None:
    numbers = table[list(COLUMNS[1:])].to_numpy(dtype=np.float64)
    unfit = int((~np.isfinite(numbers) | (numbers < 0)).any(axis=1).sum())
    if unfit:
        raise AllocationError(
            f"{unfit:,} of {len(table):,} municipalities have a score or A that is missing or "
            "negative; expected both of both dates. One that is new has to be given its part of an "
            "older one."
        )
    pairs = [("score_t1", "A_t1"), ("score_t2", "A_t2")]
    odd = sum(int(((table[s] > 0) & (table[A] == 0)).sum()) for s, A in pairs)
    if odd:
        raise AllocationError(
            f"{odd:,} scores are above 0 where A is 0; a score is A - B. Take both from one table."
        )
    if not numbers[:, :2].any():
        raise AllocationError(
            f"None of {len(table):,} municipalities has a score above 0, so that K is 0; expected "
            "some to divide the budget over."
        )


def _fail_if_budget_is_short(cents: Fraction, entitled: list[bool], *, rules: Rules) -> None:
    needed = rules.minimum_payment * sum(entitled)
    short = needed - cents / CENTS
    if short > 0:
        raise AllocationError(
            f"The budget is {float(short):,.2f} euro short of {sum(entitled):,} minima of "
            f"{rules.minimum_payment:,} euro; expected {needed:,} euro or more."
        )
