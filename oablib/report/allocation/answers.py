"""The answer of the report on the allocation."""

import pandas as pd

from oablib.indicator.allocation import Allocated, Grants, with_pupils
from oablib.indicator.pupil_scores import Indicator
from oablib.report.indicators import applied, named
from oablib.report.numbers import euros
from oablib.report.texts import sentence, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)


@in_languages
def answer(
    schools: pd.DataFrame,
    municipalities: pd.DataFrame,
    *,
    indicator: str,
    beside: Indicator | None,
    other: Allocated | None,
    nationals: pd.DataFrame,
    divided: Grants,
    grants: pd.DataFrame,
    point: float,
    averaging: pd.DataFrame,
    fewest: int,
) -> str:
    """Who has a score above zero, what a pupil adds, what a point is worth, and how sure it is.

    schools, municipalities: as they are shown; those without pupils or without a score do not
    count. indicator: name of the one that is applied, empty for that of the run. other: what the
    indicator beside it would give. nationals, grants, point (euro), averaging: as they may be
    shown. fewest: sites or municipalities that a count is of, and that it leaves.
    """
    national = nationals.iloc[0]
    shown = [table.dropna(subset=["achterstandsscore"]) for table in (schools, municipalities)]
    parts = [_scores(with_pupils(shown[0]), shown[1], indicator=indicator, fewest=fewest)]
    if beside and other:
        parts.append(_beside(other, indicator=beside, fewest=fewest))
    parts += [
        _(
            "The boundary (grenswaarde) is {boundary:.1f}, so each pupil who counts adds at least "
            "about **{step:.1f} points** to its school, before the drempel.",
            boundary=float(national["boundary"]), step=float(national["C"] - national["boundary"]),
        ),
        _money(divided, grants, point=point),
        _limit(averaging),
    ]  # fmt: skip
    return " ".join(part for part in parts if part)


def _are_few(*tables: pd.DataFrame, fewest: int) -> bool:
    """Whether a number of rows above zero, or of those at zero, is one of few, or of no rows."""
    above = [(int((table["achterstandsscore"] > 0).sum()), len(table)) for table in tables]
    return any(not n or 0 < part < fewest for count, n in above for part in (count, n - count))


def _scores(
    schools: pd.DataFrame, municipalities: pd.DataFrame, *, indicator: str, fewest: int
) -> str:
    if _are_few(schools, municipalities, fewest=fewest):
        return sentence(
            _(
                "by {indicator}, the school sites or municipalities with an achterstandsscore "
                "above zero, or those without, are too few to say how many.",
                indicator=applied(indicator),
            )
        )
    sites, towns = (int((t["achterstandsscore"] > 0).sum()) for t in (schools, municipalities))
    counts = {
        "indicator": applied(indicator),
        "sites": sites, "n": len(schools), "share": sites / len(schools),
        "towns": towns, "all": len(municipalities), "part": towns / len(municipalities),
    }  # fmt: skip
    if not sites:
        return sentence(
            _("by {indicator}, no school site shows an achterstandsscore above zero.", **counts)
        )
    most = sentence(
        _(
            "by {indicator}, **{sites:,} of {n:,} school sites** ({share:.0%}) and **{towns:,} of "
            "{all:,} municipalities** ({part:.0%}) show an achterstandsscore above zero.",
            **counts,
        )
    )
    half = _("Half of all points of schools go to {half:.0%} of the sites.", half=_half(schools))
    return f"{most} {half}"


def _beside(other: Allocated, *, indicator: Indicator, fewest: int) -> str:
    """In steps of `fewest`: by exact numbers hidden ones of the comparison would come back."""
    if _are_few(with_pupils(other.schools), other.municipalities, fewest=fewest):
        return ""
    sites, towns = (
        fewest * round((table["achterstandsscore"] > 0).sum() / fewest)
        for table in (with_pupils(other.schools), other.municipalities)
    )
    return _(
        "By the {indicator}, the counts above zero would be about {sites:,} and {towns:,}.",
        indicator=named(indicator), sites=sites, towns=towns,
    )  # fmt: skip


def _half(table: pd.DataFrame) -> float:
    """Share of rows, largest first, that hold half of all points; 0 where there are none."""
    ordered = table["achterstandsscore"].sort_values(ascending=False).cumsum()
    whole = float(ordered.iloc[-1])
    return float((ordered < whole / 2).sum() + 1) / len(table) if whole else 0.0


def _money(divided: Grants, grants: pd.DataFrame, *, point: float) -> str:
    """The budget, the municipalities at the minimum, and the value of a point."""
    lifted, budget = int(grants["at_minimum"].sum()), euros(divided.budget)
    if divided.share < 1:
        budget = _("{budget} ({share:.1%} of that of the country)", budget=budget,
                   share=divided.share)  # fmt: skip
    if not lifted:
        return _(
            "Of a budget of {budget} no municipality with a score above zero needs the minimum; a "
            "point of a municipality is worth about **{point}**.",
            budget=budget, point=euros(point),
        )  # fmt: skip
    return _.plural(
        "Of a budget of {budget}, {n:,} municipality with a score above zero gets the minimum; a "
        "point of a municipality is worth about **{point}**.",
        "Of a budget of {budget}, {n:,} municipalities with a score above zero get the minimum; a "
        "point of a municipality is worth about **{point}**.",
        n=lifted, budget=budget, point=euros(point),
    )  # fmt: skip


def _limit(averaging: pd.DataFrame) -> str:
    """What averaging draws of unknown education in another way would do to the sites above 0."""
    values = averaging.set_index("measure").loc["above_zero", ["early", "late"]]
    if values.isna().any():
        return _("The main limit is imputed education.")
    early, late = map(int, values)
    if early == late:
        return _(
            "Imputed education hardly decides how many sites have a score: about {early:,} are "
            "above zero whether draws are averaged per child or per school.",
            early=early,
        )
    return _(
        "The main limit is imputed education: about {early:,} sites are above zero if draws are "
        "averaged per child, {late:,} if per school.", early=early, late=late,
    )  # fmt: skip
