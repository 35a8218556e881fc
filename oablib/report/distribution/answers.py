"""The answer of the report on other ways of distributing."""

import pandas as pd

from oablib.indicator.distribution import Rules
from oablib.report.distribution.reach import LOWEST, TRULY
from oablib.report.distribution.side_by_side import SAME
from oablib.report.distribution.ways import choice, label_of, share
from oablib.report.numbers import euros
from oablib.report.texts import listed, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)

MOST = 3  # choices named beside the largest
NOT_ONE = ("law", "several", "former")
"""Of variants that do not change one choice alone."""


@in_languages
def answer(
    schools: pd.DataFrame, *, reached: pd.DataFrame, budget: float, rules: Rules, drawn: bool
) -> str:
    """Which choice moves most money, what the others move, who is reached, and the main limit.

    schools: as from of_places.beside_law. reached: as from of_places.reached. budget: euro that is
    divided over schools.
    """
    others = schools[~schools["choice"].isin(NOT_ONE)]
    largest = others.loc[others.groupby("choice", sort=False)["moved_share"].idxmax()]
    largest = largest.sort_values("moved_share", ascending=False, kind="stable")
    several = schools[schools["choice"] == "several"]
    parts = [
        _moves(largest, budget=budget, rules=rules),
        _several(several, rules=rules),
        _reach(reached, rules=rules, drawn=drawn),
    ]
    parts.append(_steady(schools))
    parts.append(
        _("The main limit: how much money undoes a disadvantage is not known, so no variant "
          "can be called best.")
    )  # fmt: skip
    return " ".join(part for part in parts if part)


def _moves(largest: pd.DataFrame, *, budget: float, rules: Rules) -> str:
    if largest.empty or float(largest["moved_share"].iloc[0]) < SAME:
        return _("**No choice moves money** between schools: all give them what the law does.")
    top, rest = largest.iloc[0], largest.iloc[1:]
    first = _(
        "**Most money is moved by {choice}**: under {way}, {euro} of {budget} ({share}) goes to "
        "other schools.",
        choice=choice(str(top["choice"])), way=label_of(rules, top["variant"]),
        euro=euros(top["moved"]), budget=euros(budget), share=share(top["moved_share"]),
    )  # fmt: skip
    if rest.empty:
        return first
    named = listed(_with_share(row) for row in rest.head(MOST).to_dict("records"))
    if len(rest) <= MOST:
        return f"{first} " + _("Then: {named}.", named=named)
    last = _with_share(rest.iloc[-1].to_dict())
    return f"{first} " + _("Next: {named}; least: {last}.", named=named, last=last)


def _several(several: pd.DataFrame, *, rules: Rules) -> str:
    if not several["moved_share"].max() >= SAME:
        return ""
    most = several.nlargest(1, "moved_share").iloc[0]
    return _(
        "Of variants with several changes, {way} moves most ({share}).",
        way=label_of(rules, most["variant"]), share=share(most["moved_share"]),
    )  # fmt: skip


def _with_share(row: dict) -> str:
    return _("{choice} ({share})", choice=choice(row["choice"]), share=share(row["moved_share"]))


def _reach(reached: pd.DataFrame, *, rules: Rules, drawn: bool) -> str:
    part = reached[reached["variant"] == rules.law.name].set_index("group")["reached"]
    if part.isna().any():
        return ""
    given = {"lowest": float(rules.lowest), "law": share(part[LOWEST])}
    if drawn and TRULY in part:
        return _(
            "The law reaches {law} of the pupils with the lowest {lowest:.0%} of scores, and "
            "{truly} of those who truly are the lowest.",
            truly=share(part[TRULY]), **given,
        )  # fmt: skip
    return _("The law reaches {law} of the pupils with the lowest {lowest:.0%} of scores.", **given)


def _steady(schools: pd.DataFrame) -> str:
    law = schools[schools["choice"] == "law"].iloc[0]
    steadier = int((schools["turnover"] < law["turnover"] - SAME).sum())
    if len(schools) == 1:
        return ""
    return _.plural(
        "By the law {law} of the money moves from year to year; {n:,} of {all:,} variants is "
        "steadier.",
        "By the law {law} of the money moves from year to year; {n:,} of {all:,} variants are "
        "steadier.",
        steadier, law=share(law["turnover"]), all=len(schools) - 1,
    )  # fmt: skip
