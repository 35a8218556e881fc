"""What one way of distributing does beside the law: who gets what, who is reached, what moves."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from oablib.indicator.allocation.cents import CENTS
from oablib.indicator.distribution.distributed import ALL, Weighed
from oablib.indicator.distribution.settings import Rules

TOP = 0.1  # of the children: those whose place gets most a child


def side_by_side(money: pd.DataFrame, before: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """Variants beside the law, a row each, in the order of the rules.

    money, before: as from `pay`, of one level and two reference dates, a budget each. variant,
    choice, paid: places with money. moved: euro that other places get than by the law;
    moved_share: of the budget. turnover: share of the money that other places get than a year
    before; enter, leave: places on both dates that have money now alone, or had it before alone.
    gini: of money a child, over children. top: share of the money of the tenth of the children
    whose places get most a child.
    """
    rows = []
    law = money[rules.law.name].to_numpy()
    both = money.merge(before, on="place", how="outer", suffixes=("", "_before"), validate="1:1")
    there = (both["children"].notna() & both["children_before"].notna()).to_numpy()
    for variant in rules.variants:
        paid = money[variant.name].to_numpy()
        now, was = (both[name].fillna(0).to_numpy() for name in _on_both(variant.name))
        row = {
            "variant": variant.name,
            "choice": variant.choice,
            "paid": int((paid > 0).sum()),
            "moved": _moved(paid, law) / CENTS,
            "moved_share": _moved(paid, law) / law.sum(),
            "turnover": _moved(now / now.sum(), was / was.sum()),
            "enter": int(((now > 0) & (was == 0) & there).sum()),
            "leave": int(((now == 0) & (was > 0) & there).sum()),
        }
        rows.append(row | _concentration(paid, money["children"].to_numpy()))
    return pd.DataFrame(rows)


def by_group(
    money: pd.DataFrame, group: pd.Series, *, rules: Rules, groups: list[int]
) -> pd.DataFrame:
    """Money of groups of places: variant, group, places, children, share, per_child, change.

    money: as from `pay`. group: place -> its group; groups: in their order, one row each and
    variant. share: of the money. per_child: euro for each child, with a weight or not. change:
    against the law, as a fraction of what the group gets by it.
    """
    of_place = money["place"].map(group)
    names = [variant.name for variant in rules.variants]
    added = money.groupby(of_place)[["children", *names]].sum().reindex(groups, fill_value=0)
    places = of_place.value_counts().reindex(groups, fill_value=0)
    law = added[rules.law.name]
    parts = [
        pd.DataFrame(
            {
                "variant": name,
                "group": list(groups),
                "places": places.to_numpy(),
                "children": added["children"].to_numpy(),
                "share": (added[name] / money[name].sum()).to_numpy(),
                "per_child": (added[name] / CENTS / added["children"]).to_numpy(),
                "change": ((added[name] - law) / law.where(law > 0)).to_numpy(float),
            }
        )
        for name in names
    ]
    return pd.concat(parts, ignore_index=True)


def size_classes(money: pd.DataFrame, *, rules: Rules) -> tuple[pd.Series, list[int]]:
    """Place -> smallest number of children of its size class, and these numbers."""
    limits = [0, *rules.sizes]
    row = np.searchsorted(rules.sizes, money["children"].to_numpy(), side="right")
    return pd.Series(np.asarray(limits)[row], index=money["place"].to_numpy()), limits


def reach(
    weighed: Weighed, money: pd.DataFrame, groups: Mapping[str, NDArray[np.bool_]], *, rules: Rules
) -> pd.DataFrame:
    """Which children the money of school sites is for: a row a variant and group.

    weighed: with tallies of these groups. groups: name -> (children,) who belongs to it. variant,
    group, children: of the group who count; reached: share of them who have a weight at a site with
    money; reached_in_all: children who have; euro: for each of these; outside: share of the money
    that is for children outside the group, if a site divides it by the weights of its children.
    """
    child = weighed.level.population.child
    rows = []
    for variant in rules.variants:
        tally = weighed.tallies[variant.name]
        # One row a place that has children, as in `money`.
        has = weighed.level.n > 0
        paid = money[variant.name].to_numpy(float)
        counted, weight = tally[ALL][:, np.asarray(has, dtype=bool)]
        in_all = float(counted[paid > 0].sum())
        for name, mask in groups.items():
            inside, part = tally[name][:, np.asarray(has, dtype=bool)]
            size = int(mask.take(child).sum())
            share = np.divide(part, weight, out=np.zeros(len(part)), where=weight > 0)
            row = {
                "variant": variant.name,
                "group": name,
                "children": size,
                "reached": float(inside[paid > 0].sum()) / max(size, 1),
                "reached_in_all": in_all,
                "euro": paid.sum() / CENTS / max(in_all, 1.0),
                "outside": 1 - float((paid * share).sum()) / paid.sum(),
            }
            rows.append(row)
    return pd.DataFrame(rows)


def _moved(one: NDArray, other: NDArray) -> float:
    """Half the sum of absolute differences: what changes hands."""
    return float(np.abs(one - other).sum()) / 2


def _on_both(name: str) -> tuple[str, str]:
    return name, f"{name}_before"


def _concentration(paid: NDArray[np.int64], children: NDArray[np.int64]) -> dict[str, float]:
    """Gini of money a child over children, and the share of the tenth of them with most."""
    order = np.argsort(paid / children, kind="stable")
    part = np.concatenate([[0], np.cumsum(paid[order])]) / paid.sum()
    of = np.concatenate([[0], np.cumsum(children[order])]) / children.sum()
    area = float(((part[1:] + part[:-1]) / 2 * np.diff(of)).sum())
    return {"gini": 1 - 2 * area, "top": 1 - float(np.interp(1 - TOP, of, part))}
