"""How sure scores of places are, as tables in which no place can be found.

Numbers of places are in tens, as that of sites with a score is: which sites have one follows from
single children.
"""

import pandas as pd

from oablib.disclosure.hiding import hide, merge
from oablib.disclosure.of_places.scores import whole_steps
from oablib.disclosure.settings import Rules


def sure(frame: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """As certainty.by_verdict: verdict, places, share_places, share_points."""
    columns = ["verdict", "places", "share_places", "share_points"]
    shown = hide(
        frame[columns], counts=["places"], also=["share_places", "share_points"], rules=rules
    )
    return _in_tens(shown, ["places"], rules=rules).round({"share_places": 2, "share_points": 2})


def sure_classes(frame: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """As certainty.by_class: classes with few sites, or few with a score, are hidden.

    Scores are in hundredths, so that their mean in more than whole points would tell of how many.
    """
    paid = hide(frame, counts=["paid"], also=["score", "half"], by=["by"], rules=rules)
    every = hide(paid, counts=["schools"], also=["wrong", "ranks"], by=["by"], rules=rules)
    digits = {"score": 0, "half": 2, "wrong": 3, "ranks": 3}
    return _in_tens(every, ["schools", "paid"], rules=rules).round(digits)


def sure_sources(frame: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """As certainty.sources: classes with few sites are hidden."""
    others = [str(name) for name in frame if name not in ("by", "at_least", "schools")]
    shown = hide(frame, counts=["schools"], also=others, by=["by"], rules=rules)
    digits = {name: 1 if name == "sd" else 3 for name in others}
    return _in_tens(shown, ["schools"], rules=rules).round(digits)


def coins(frame: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """As certainty.coins, in fewer classes: at_least, sites, schools, share, points.

    share: of the class's sites, by the tens that are shown. points: mean score of those on a coin.
    """
    merged = merge(
        frame.assign(others=frame["sites"] - frame["schools"]),
        counts=["schools", "others"], sums=["points"], lower="at_least", rules=rules,
    )  # fmt: skip
    merged["points"] = (merged["points"] / merged["schools"]).round()
    shown = _in_tens(merged, ["schools", "others"], rules=rules)
    shown["sites"] = shown["schools"] + shown["others"]
    shown["share"] = shown["schools"] / shown["sites"]
    return shown[["at_least", "sites", "schools", "share", "points"]]


def sure_places(frame: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """As certainty.by_size: classes with few places are hidden."""
    others = ["half", "reliability", "wrong"]
    shown = hide(frame, counts=["places"], also=others, by=["what"], rules=rules)
    return _in_tens(shown, ["places"], rules=rules).round(dict.fromkeys(others, 3))


def sure_averaging(frame: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """As certainty.averaging: classes with few sites are hidden, means in whole points."""
    means = ["early", "late", "drawn", "truth"]
    shown = hide(frame, counts=["schools"], also=means, rules=rules)
    return _in_tens(shown, ["schools"], rules=rules).round(dict.fromkeys(means, 0))


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


def stability(frame: pd.DataFrame, *, rules: Rules) -> pd.DataFrame:
    """As certainty.beside_variants: sites across 0 that are few are hidden, others in tens."""
    judged = hide(frame, counts=["crossing"], added_up=False, rules=rules)
    shown = frame.assign(crossing=judged["crossing"])
    return _in_tens(shown, ["crossing", "sites"], rules=rules).round({"moved": 4, "children": 4})


def _in_tens(frame: pd.DataFrame, names: list[str], *, rules: Rules) -> pd.DataFrame:
    step = rules.constants.count_step
    return frame.assign(**{name: whole_steps(frame[name], step) for name in names})
