"""Which children the money is for: those with the lowest scores, as predicted and in truth."""

import numpy as np
import pandas as pd

from oablib.indicator.distribution import Rules
from oablib.report.distribution.ways import label_of, share
from oablib.report.exhibit import About, Table
from oablib.report.table import show
from oablib.report.texts import texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

LOWEST, TRULY = "lowest", "truly"
"""Groups of children: the lowest scores as predicted, and with all characteristics as they are."""
SAME = 0.001  # of the children, below which two ways reach as many


@in_languages
def reach_table(frame: pd.DataFrame, *, rules: Rules, about: About) -> Table:
    """Who is reached, euro a child, and money for others; frame: as from of_places.reached."""
    names = {variant.name: str(variant.words) for variant in rules.variants}
    by_group = {name: part.set_index("variant") for name, part in frame.groupby("group")}
    first = by_group[LOWEST].loc[list(names)]
    shown = first[["reached_in_all", "euro", "reached", "outside"]].copy()
    if TRULY in by_group:
        second = by_group[TRULY].loc[list(names)]
        shown = shown.assign(reached_truly=second["reached"], outside_truly=second["outside"])
    shown = shown.reset_index().assign(variant=list(names.values()))
    return show(shown, about=about, **captions("tbl-reach", share=share(float(rules.lowest))))


@in_languages
def reach_finding(frame: pd.DataFrame, *, rules: Rules) -> str:
    """Which way reaches most of the lowest scores, and how many of those in truth."""
    parts = [_reached(frame[frame["group"] == LOWEST], rules=rules)]
    truly = frame[frame["group"] == TRULY]
    if len(truly):
        parts.append(_truly(truly, rules=rules))
    return " ".join(parts)


def _reached(part: pd.DataFrame, *, rules: Rules) -> str:
    law, best, most = _ends(part, rules=rules)
    if np.isnan(law["reached"]):
        return _("Too few children are reached, or left out, to show how many.")
    given = {"lowest": float(rules.lowest), "law": share(law["reached"]),
             "outside": share(law["outside"])}  # fmt: skip
    if best["reached"] - law["reached"] < SAME:
        return _(
            "By the law {law} of the children with the lowest {lowest:.0%} of scores have a weight "
            "at a school with money, and no variant reaches more; {outside} of its money is for "
            "others.",
            **given,
        )
    given |= {"best": most, "more": share(best["reached"]), "others": share(best["outside"])}
    return _(
        "By the law {law} of the children with the lowest {lowest:.0%} of scores have a weight at "
        "a school with money, and {outside} of the money is for others; {best} reaches most, "
        "{more}, with {others} of the money for others.",
        **given,
    )


def _truly(part: pd.DataFrame, *, rules: Rules) -> str:
    law, best, most = _ends(part, rules=rules)
    if np.isnan(law["reached"]):
        return ""
    first = _(
        "Of the children who would be among the lowest if all were known of them, the law reaches "
        "{law}; {outside} of its money is for others.",
        law=share(law["reached"]), outside=share(law["outside"]),
    )  # fmt: skip
    if best["reached"] - law["reached"] < SAME:
        return f"{first} " + _("No variant reaches more of them.")
    second = _("{best} reaches {more}.", best=most, more=share(best["reached"]))
    return f"{first} {second}"


def _ends(part: pd.DataFrame, *, rules: Rules) -> tuple[pd.Series, pd.Series, str]:
    """The row of the law, the one that reaches most, and the label of that."""
    law = part[part["variant"] == rules.law.name].iloc[0]
    best = part.fillna({"reached": -1.0}).nlargest(1, "reached").iloc[0]
    return law, best, label_of(rules, best["variant"])
