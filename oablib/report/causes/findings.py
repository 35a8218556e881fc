"""What the causes of changes come to, in sentences."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from oablib.indicator.comparison import ALL_CHANGED, Rules
from oablib.indicator.comparison.causes import DONORS, POPULATION
from oablib.indicator.comparison.shapley import STANDARDISATION
from oablib.report.causes.parts import cause
from oablib.report.numbers import percent
from oablib.report.published import Published
from oablib.report.texts import listed, sentence, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)


def are_hidden(frame: pd.DataFrame) -> bool:
    """Whether so few places change that nothing is shown of them; frame: causes_summary."""
    return bool(frame.loc[frame["group"] == ALL_CHANGED, "places"].isna().all())


@in_languages
def offset_finding(frame: pd.DataFrame, *, rules: Rules) -> str:
    """Whether the largest parts offset each other, and what donor selection does."""
    if are_hidden(frame):
        return _("Too few schools change to show what changes them.")
    every = frame[frame["group"] == ALL_CHANGED].set_index("cause")
    means = every["mean"].drop(STANDARDISATION, errors="ignore").dropna()
    if means.empty or not means.abs().max() > 0:
        return _("No cause changes the score of a school.")
    up, down = str(means.idxmax()), str(means.idxmin())
    offset = _offset(means, up=up, down=down, rules=rules)
    if DONORS not in means.index or DONORS in (up, down):
        return offset
    return f"{offset} {_donors(every.to_dict('index')[DONORS], rules=rules)}"


def _offset(means: pd.Series, *, up: str, down: str, rules: Rules) -> str:
    """Whether the parts that raise and that lower scores most offset each other."""
    given = {
        "up": sentence(cause(up)), "down": cause(down), "raised": means[up],
        "lowered": means[down], "left": means[up] + means[down],
    }  # fmt: skip
    if not means[up] > 0 > means[down]:
        return _(
            "No part offsets another: the means run from {lowered:+.1f} ({down}) to {raised:+.1f} "
            "points a school ({up}).",
            **(given | {"up": cause(up)}),
        )
    smaller, larger = sorted([abs(means[up]), abs(means[down])])
    if smaller >= rules.offset_from * larger:
        return _(
            "{up} ({raised:+.1f} points a school) and {down} ({lowered:+.1f}) offset each other; "
            "{left:+.1f} is left.",
            **given,
        )
    return _(
        "The largest parts do not offset each other: {up} {raised:+.1f} points a school, {down} "
        "{lowered:+.1f}.",
        **(given | {"up": cause(up)}),
    )


def _donors(row: Mapping[Any, Any], *, rules: Rules) -> str:
    if not row["mean_absolute"]:
        return _("Donor selection changes no school.")
    begin = _(
        "Donor selection has mean {mean:+.1f} and standard deviation {sd:.1f}.",
        mean=row["mean"], sd=row["sd"],
    )  # fmt: skip
    if row["sd"] >= rules.concentrated_from * row["mean_absolute"]:
        return begin + " " + _("It changes few schools, but these much.")
    if abs(row["mean"]) < rules.one_way_from * row["mean_absolute"]:
        return begin + " " + _("It changes many schools, some up and some down.")
    return begin + " " + _("It changes many schools, most in one direction.")


def shares(frame: pd.DataFrame) -> str:
    """The two causes with the largest net shares, and the one that works most against the change.

    frame: as from causes_summary; standardisation is left out.
    """
    if are_hidden(frame):
        return _("too few schools change to show it.")
    net, hidden = nets(frame), _without_share(frame)
    if net.empty:
        return _("no school changes.")
    top = net[net > 0].nlargest(2)
    if top.empty:
        return _("the parts of the net change cannot be shown.")
    if len(top) == 2 and percent(top.iloc[0]) == percent(top.iloc[1]):
        text = _(
            "{causes} each account for {share} of the net change",
            causes=listed(map(cause, top.index)), share=percent(top.iloc[0]),
        )  # fmt: skip
    elif len(top) == 2:
        text = _("the largest parts of the net change: {causes}", causes=_with_shares(top))
    else:
        text = _("the largest part of the net change: {causes}", causes=_with_shares(top))
    if net.min() < 0:
        text = _("{text}; against it: {cause}", text=text, cause=_with_shares(net.nsmallest(1)))
    if hidden:
        text = _("{text}; not shown: {causes}", text=text, causes=listed(map(cause, hidden)))
    return f"{text}."


def _with_shares(net: pd.Series) -> str:
    return listed(
        _("{cause} ({share})", cause=cause(str(name)), share=percent(float(share)))
        for name, share in net.items()
    )


@in_languages
def municipal_finding(frame: pd.DataFrame, *, schools: pd.DataFrame, figures: Published) -> str:
    """What changes municipalities most, and whether it is what changes schools most.

    frame, schools: as from causes_summary, of municipalities and of schools.
    """
    own, beside = nets(frame), nets(schools)
    if are_hidden(frame) or own.empty:
        return _("Too few municipalities change to show what changes them.")
    top = str(own.idxmax())
    parts = [
        _(
            "The largest part of the net change of municipalities is that of {cause} "
            "({share:.0%}).",
            cause=cause(top), share=float(own[top]),
        )
    ]  # fmt: skip
    if hidden := _without_share(frame):
        parts.append(_("Not shown: {causes}.", causes=listed(map(cause, hidden))))
    if not beside.empty:
        parts += _beside_schools(top, beside, figures=figures)
    if top != DONORS and DONORS in own and DONORS in beside:
        parts.append(
            _(
                "Donor selection has {share:.0%} here and {schools:.0%} there.",
                share=float(own[DONORS]), schools=float(beside[DONORS]),
            )
        )  # fmt: skip
    return " ".join(parts)


def _beside_schools(top: str, schools: pd.Series, *, figures: Published) -> list[str]:
    """Whether the largest part of municipalities, `top`, is that of schools too."""
    first = str(schools.idxmax())
    if first == top:
        parts = [_("For schools it is the same ({share:.0%}).", share=float(schools[first]))]
    else:
        parts = [
            _(
                "For schools it is {cause} ({share:.0%}).",
                cause=cause(first), share=float(schools[first]),
            )
        ]  # fmt: skip
    if figures is not None:
        parts.append(_("The report of 2021 gives both the same explanation."))
    return parts


def nets(frame: pd.DataFrame) -> pd.Series:
    """Net share of each cause in all that change, standardisation aside."""
    return _net_shares(frame).dropna()


def _without_share(frame: pd.DataFrame) -> list[str]:
    """Causes whose net share is not shown, beside others whose share is."""
    net = _net_shares(frame)
    return [] if net.isna().all() else [str(name) for name in net.index[net.isna()]]


def _net_shares(frame: pd.DataFrame) -> pd.Series:
    part = frame[(frame["group"] == ALL_CHANGED) & (frame["cause"] != STANDARDISATION)]
    return part.set_index("cause")["net_share"].astype(float)


@in_languages
def yearly_finding(frame: pd.DataFrame) -> str:
    """Whether other children move schools more than the new indicator; frame: with population."""
    own = nets(frame)
    if are_hidden(frame) or _without_share(frame):
        return _("What changes schools from one year to the next is of too few to be shown.")
    if own.empty:
        return _("From one year to the next no school changes.")
    population = float(own[POPULATION])
    given = {"population": population, "indicator": float(own.sum()) - population}
    if given["population"] > given["indicator"]:
        return _(
            "From one year to the next, more of the net change is due to other pupils "
            "({population:.0%}) than to the new indicator ({indicator:.0%}).",
            **given,
        )
    return _(
        "From one year to the next, more of the net change is due to the new indicator "
        "({indicator:.0%}) than to other pupils ({population:.0%}).",
        **given,
    )
