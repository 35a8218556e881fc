"""What the causes of changes come to, in sentences."""

from collections.abc import Mapping, Sequence
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
    return bool(_of_all(frame)["places"].isna().all())


def are_unchanged(frame: pd.DataFrame) -> bool:
    """Whether no place changes; frame: causes_summary."""
    return bool((_of_all(frame)["places"] == 0).all())


def nets(frame: pd.DataFrame) -> pd.Series:
    """Net share of each cause in all that change, where it is shown; with the rest they sum to 1.

    frame: as from causes_summary. Standardisation is among them, as it can be the largest.
    """
    return _of_all(frame)["net_share"].astype(float).dropna()


def not_shown(frame: pd.DataFrame) -> list[str]:
    """Causes whose parts are hidden in all that change."""
    net = _of_all(frame)["net_share"].astype(float)
    return [str(name) for name in net.index[net.isna()]]


def largest(net: pd.Series) -> list[str]:
    """Causes with the largest net share: several where they are the same in whole percents."""
    top = percent(float(net.max()))
    return [str(name) for name, share in net.items() if percent(float(share)) == top]


def _of_all(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["group"] == ALL_CHANGED].set_index("cause")


@in_languages
def offset_finding(frame: pd.DataFrame, *, rules: Rules) -> str:
    """Whether the largest parts offset each other, and what donor selection does."""
    if are_hidden(frame):
        return _("Too few schools change to show what changes them.")
    if are_unchanged(frame):
        return _("No school changes.")
    every = _of_all(frame).drop(index=STANDARDISATION, errors="ignore")
    hidden = [str(name) for name in every.index[every["mean"].isna()]]
    shown = every.dropna(subset="mean")
    parts = _parts(shown, rules=rules) if len(shown) else []
    if hidden:
        parts.append(_("Not shown: {causes}.", causes=listed(map(cause, hidden))))
    return " ".join(parts)


def _parts(shown: pd.DataFrame, *, rules: Rules) -> list[str]:
    """What causes whose parts are shown do; standardisation is none of them."""
    if not shown["mean_absolute"].max() > 0:
        causes = listed(map(cause, shown.index), style="or")
        return [_("No school changes by {causes}.", causes=causes)]
    means = shown["mean"]
    up, down = str(means.idxmax()), str(means.idxmin())
    parts = [_offset(means, up=up, down=down, rules=rules)]
    if DONORS in means.index and DONORS not in (up, down):
        parts += _donors(shown.to_dict("index")[DONORS], rules=rules)
    return parts


def _offset(means: pd.Series, *, up: str, down: str, rules: Rules) -> str:
    """Whether the parts that raise and that lower scores most offset each other."""
    given = {
        "up": sentence(cause(up)), "down": cause(down), "raised": means[up],
        "lowered": means[down], "left": means[up] + means[down],
    }  # fmt: skip
    if means[up] == means[down]:
        return _.plural(
            "The mean part of {causes} is {mean:+.1f} points a school.",
            "The mean parts of {causes} are {mean:+.1f} points a school each.",
            n=len(means), mean=means[up], causes=listed(map(cause, means.index)),
        )  # fmt: skip
    if not means[up] > 0 > means[down]:
        return _(
            "On average none of these causes offsets another: the means run from {lowered:+.1f} "
            "({down}) to {raised:+.1f} points a school ({up}).",
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
        "{up} ({raised:+.1f} points a school) and {down} ({lowered:+.1f}) do not offset each "
        "other; {left:+.1f} is left.",
        **given,
    )


def _donors(row: Mapping[Any, Any], *, rules: Rules) -> list[str]:
    """How the part of donor selection is spread over schools, and in which direction it goes."""
    mean, sd, size = (float(row[name]) for name in ("mean", "sd", "mean_absolute"))
    if not size:
        return [_("Donor selection changes no school.")]
    parts = [
        _("Donor selection has mean {mean:+.1f} and standard deviation {sd:.1f}.", mean=mean, sd=sd)
    ]
    # What raises scores less what lowers them is the mean, and their sum the mean size.
    raised = (1 + mean / size) / 2
    if sd >= rules.concentrated_from * size:
        text = _(
            "It is spread unevenly over schools: the standard deviation is {times:.1f} times the "
            "mean size.",
            times=sd / size,
        )
    elif abs(mean) < rules.one_way_from * size:
        text = _("It works both ways: {raised:.0%} of its points raise scores.", raised=raised)
    elif mean > 0:
        text = _("Most of its points raise scores ({raised:.0%}).", raised=raised)
    else:
        text = _("Most of its points lower scores ({lowered:.0%}).", lowered=1 - raised)
    return [*parts, text]


def shares(frame: pd.DataFrame) -> str:
    """The two largest net shares, and the cause that works most against the change.

    frame: as from causes_summary. Standardisation, which is no cause, is named where it is large.
    """
    if are_hidden(frame):
        return _("too few schools change to show it.")
    if are_unchanged(frame):
        return _("no school changes.")
    net, hidden = nets(frame), not_shown(frame)
    top = net[net > 0].nlargest(2, keep="all")
    if top.empty:  # shares sum to 1, so that some are hidden
        return _("the parts of the net change cannot be shown.")
    text = _largest_parts(top, are_all_shown=not hidden)
    against = net[net < 0].drop(STANDARDISATION, errors="ignore").nsmallest(1)
    if len(against) and percent(float(against.iloc[0])) != percent(0):
        text = _("{text}; against it: {cause}", text=text, cause=_with_shares(against))
    if hidden:
        text = _("{text}; not shown: {causes}", text=text, causes=listed(map(cause, hidden)))
    return f"{text}."


def _largest_parts(top: pd.Series, *, are_all_shown: bool) -> str:
    """The largest net shares; where some are hidden, that it is of those which are shown."""
    if len(top) > 1 and len({percent(float(share)) for share in top}) == 1:
        return _(
            "{causes} each account for {share} of the net change",
            causes=listed(map(cause, top.index)), share=percent(float(top.iloc[0])),
        )  # fmt: skip
    n, causes = len(top), _with_shares(top)
    if are_all_shown:
        return _.plural(
            "the largest part of the net change: {causes}",
            "the largest parts of the net change: {causes}",
            n=n,
            causes=causes,
        )
    return _.plural(
        "the largest part of the net change that may be shown: {causes}",
        "the largest parts of the net change that may be shown: {causes}",
        n=n,
        causes=causes,
    )


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
    if are_unchanged(frame):
        return _("No municipality changes.")
    own, beside = nets(frame), nets(schools)
    if own.empty:
        return _("Too few municipalities change to show what changes them.")
    hidden, top = not_shown(frame), largest(own)
    parts = [_largest_of_municipalities(own, top, are_all_shown=not hidden)]
    if hidden:
        parts.append(_("Not shown: {causes}.", causes=listed(map(cause, hidden))))
    elif not beside.empty and not not_shown(schools):
        parts += _beside_schools(top, beside, figures=figures)
    if DONORS not in top and DONORS in own and DONORS in beside:
        parts.append(
            _(
                "The part of donor selection is {share:.0%} for municipalities and {schools:.0%} "
                "for schools.",
                share=float(own[DONORS]), schools=float(beside[DONORS]),
            )
        )  # fmt: skip
    return " ".join(parts)


def _largest_of_municipalities(net: pd.Series, top: Sequence[str], *, are_all_shown: bool) -> str:
    n, given = len(top), {"share": float(net.max()), "causes": listed(map(cause, top))}
    if are_all_shown:
        return _.plural(
            "The largest part of the net change of municipalities is that of {causes} "
            "({share:.0%}).",
            "The largest parts of the net change of municipalities are those of {causes} "
            "({share:.0%} each).",
            n,
            **given,
        )
    return _.plural(
        "The largest part of the net change of municipalities that may be shown is that of "
        "{causes} ({share:.0%}).",
        "The largest parts of the net change of municipalities that may be shown are those of "
        "{causes} ({share:.0%} each).",
        n,
        **given,
    )


def _beside_schools(top: Sequence[str], schools: pd.Series, *, figures: Published) -> list[str]:
    """Whether the largest parts of municipalities, `top`, are those of schools too."""
    first, share = largest(schools), float(schools.max())
    if set(first) == set(top):
        parts = [_("For schools it is the same ({share:.0%}).", share=share)]
    else:
        causes = listed(map(cause, first))
        parts = [_("For schools it is {cause} ({share:.0%}).", cause=causes, share=share)]
    if figures is not None:
        parts.append(_("The report of 2021 gives both the same explanation."))
    return parts


@in_languages
def yearly_finding(frame: pd.DataFrame) -> str:
    """How much other children and the new indicator move schools; frame: with population."""
    if are_unchanged(frame):
        return _("From one year to the next no school changes.")
    net = nets(frame).drop(STANDARDISATION, errors="ignore")
    if are_hidden(frame) or set(not_shown(frame)) - {STANDARDISATION}:
        return _("What changes schools from one year to the next is of too few to be shown.")
    population = float(net[POPULATION])
    return _(
        "From year to year other pupils and data make up {population:.0%} of the net change, the "
        "new indicator {indicator:.0%}.",
        population=population, indicator=float(net.sum()) - population,
    )  # fmt: skip
