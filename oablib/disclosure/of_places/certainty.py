"""How sure scores of places are, as tables in which no place can be found.

Numbers of places are in tens, as that of sites with a score is: which sites have one follows from
single children.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from oablib.disclosure.hiding import hide, merge
from oablib.disclosure.of_places.scores import whole_steps
from oablib.disclosure.settings import Rules
from oablib.indicator.certainty.classes import COIN


def sure(frame: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """As certainty.by_verdict: verdict, places, share_places, share_points.

    share_places: fraction of all places, by the tens that are shown.
    """
    hidden = hide(frame, counts=["places"], also=["share_points"], rules=rules)
    shown = _in_tens(hidden, ["places"], rules=rules)
    shares = (shown["places"] / frame["places"].sum()).clip(upper=1)
    rounded = shown.assign(share_places=shares).round({"share_places": 2, "share_points": 2})
    return rounded[["verdict", "places", "share_places", "share_points"]]


def sure_classes(frame: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """As certainty.by_class: classes with few sites, or few with or without a score, are hidden.

    Scores are in hundredths, so that their mean in more than whole points would tell of how many.
    """
    shown = _of_paid(frame, ["score", "half"], also=["wrong", "ranks"], by=["by"], rules=rules)
    digits = {"score": 0, "half": 2, "wrong": 3, "ranks": 3}
    return _in_tens(shown, ["schools", "paid"], rules=rules).round(digits)


def sure_sources(frame: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """As certainty.sources: classes with few sites are hidden."""
    others = [str(name) for name in frame if name not in ("by", "at_least", "schools")]
    shown = hide(frame, counts=["schools"], also=others, by=["by"], rules=rules)
    digits = {name: 1 if name == "sd" else 3 for name in others}
    return _in_tens(shown, ["schools"], rules=rules).round(digits)


def coins(frame: pd.DataFrame, *, verdicts: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """As certainty.coins, in fewer classes: at_least, sites, schools, share, points.

    share: of the class's sites, by the tens that are shown. points: mean score of those on a coin.
    verdicts: as from `sure`; where it hides how many are on a coin, so does every class here.
    """
    merged = merge(
        frame.assign(others=frame["sites"] - frame["schools"]),
        counts=["schools", "others"], sums=["points"], lower="at_least", rules=rules,
    )  # fmt: skip
    merged["points"] = (merged["points"] / merged["schools"]).round()
    shown = _in_tens(merged, ["schools", "others"], rules=rules)
    shown["sites"] = shown["schools"] + shown["others"]
    shown["share"] = shown["schools"] / shown["sites"]
    if verdicts.set_index("verdict")["places"].isna()[COIN]:
        shown = shown.assign(schools=np.nan, share=np.nan, points=np.nan)
    return shown[["at_least", "sites", "schools", "share", "points"]]


def sure_places(frame: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """As certainty.by_size: classes with few places are hidden."""
    digits = {"half": 3, "reliability": 2, "wrong": 3}
    shown = hide(frame, counts=["places"], also=list(digits), by=["what"], rules=rules)
    return _in_tens(shown, ["places"], rules=rules).round(digits)


def sure_averaging(frame: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """As certainty.averaging without paid: classes with few sites, as in sure_classes, are hidden.

    Means are in whole points, those of all sites such that their sum is in whole steps. Nothing is
    shown where few of all sites have a score, or have none.
    """
    means = ["early", "late", "drawn", "truth"]
    classes, every = frame[:-1], frame[-1:]
    shown = _of_paid(classes, means, rules=rules).round(dict.fromkeys(means, 0))
    hidden = _of_paid(every, means, rules=rules)
    n, step = every["schools"].iloc[0], rules.constants.sum_step
    overall = {name: whole_steps(hidden[name] * n, step) / n for name in means}
    if hidden["early"].isna().all():
        shown = shown.assign(**dict.fromkeys(means, np.nan))
    both = pd.concat([shown, hidden.assign(**overall)], ignore_index=True)
    return _in_tens(both, ["schools"], rules=rules).drop(columns="paid")


def chances(frame: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """As certainty.calibration: classes are merged until none has few sites of a kind.

    Kinds are sites with a score and without, both in tens. Where few of all sites are of a kind
    nothing is shown.
    """
    scored = (frame["schools"] * frame["share"]).round()
    kinds = {"scored": scored, "others": frame["schools"] - scored}
    merged = merge(
        frame.assign(**kinds, chance=frame["schools"] * frame["chance"]),
        rules=rules,
        counts=list(kinds),
        sums=["chance"],
        lower="at_least",
        upper="up_to",
    )
    chance = (merged["chance"] / (merged["scored"] + merged["others"])).round(2)
    shown = _in_tens(merged, list(kinds), rules=rules)
    schools = shown["scored"] + shown["others"]
    ratios = {"chance": chance, "share": shown["scored"] / schools}
    return shown.assign(schools=schools, **ratios)[frame.columns]


def stability(frame: pd.DataFrame, *, children: int, rules: Rules) -> pd.DataFrame:
    """As certainty.beside_variants, with numbers of sites in tens; children: of the country.

    Hidden are variants in which few sites have a score, few sites that cross 0, and few children
    who enter or leave the target group.
    """
    hidden = partial(hide, added_up=False, rules=rules)
    of_all = hidden(frame, counts=["sites"], also=["rank", "moved", "crossing"])
    crossing = hidden(of_all, counts=["crossing"])["crossing"]
    target = hidden(frame, shares={"children": children})["children"]
    shown = of_all.assign(crossing=crossing, children=target)
    return _in_tens(shown, ["crossing", "sites"], rules=rules).round({"moved": 4, "children": 4})


def _of_paid(
    frame: pd.DataFrame,
    means: list[str],
    *,
    rules: Rules,
    also: Sequence[str] = (),
    by: Sequence[str] = (),
) -> pd.DataFrame:
    """Means over sites hidden where few sites are in the class, or few have or lack a score.

    also: columns that are hidden with the class alone.
    """
    every = frame.assign(others=frame["schools"] - frame["paid"])
    with_class = ["paid", "others", *means, *also]
    every = hide(every, counts=["schools"], also=with_class, by=by, rules=rules)
    paid = hide(every, counts=["paid", "others"], also=means, by=by, rules=rules)
    return paid.drop(columns="others")


def _in_tens(frame: pd.DataFrame, names: list[str], *, rules: Rules) -> pd.DataFrame:
    step = rules.constants.count_step
    return frame.assign(**{name: whole_steps(frame[name], step) for name in names})
