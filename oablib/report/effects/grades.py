"""An early and a late outcome of the same children: effects, and explained variance."""

import numpy as np
import pandas as pd

from oablib.analysis.effects import Grades, Rules
from oablib.report.exhibit import About, Table
from oablib.report.labels import Labels
from oablib.report.numbers import percent, probability
from oablib.report.table import show
from oablib.report.texts import listed, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions

SHOWN = ["name", "early", "early_se", "late", "late_se", "given", "given_se", "p", "p_holm"]


@in_languages
def grades_table(grades: Grades, *, early: str, late: str, labels: Labels, about: About) -> Table:
    """Standardised effects on both outcomes, and on the late one at equal early one."""
    rows = grades.effects[SHOWN]
    named = rows.assign(name=[labels.heading(name) for name in rows["name"]])
    words = {"early": labels(early), "late": labels(late), "n": grades.n}
    return show(named, about=about, **captions("tbl-grades", **words))


@in_languages
def grades_finding(
    grades: Grades | None, *, early: str, late: str, rules: Rules, labels: Labels
) -> str:
    """Whether background acts alike on both outcomes, and what is left at equal early one.

    Or why they are not compared.
    """
    if grades is None:
        return _(
            "Both outcomes are not compared: fewer than {least:,} children of the cohort have a "
            "known {early}, or their schools are too few for a test.",
            least=rules.least_part, early=labels(early),
        )  # fmt: skip
    joint, rows = grades.joint, grades.effects.dropna(subset=["p_holm"])
    words = {"early": labels(early), "late": labels(late)}
    given = {
        "f": joint.statistic,
        "df1": joint.df1,
        "df2": joint.df2,
        "p": probability(joint.p),
    } | words
    if joint.p < rules.level:
        first = _(
            "**Background does not act alike on both outcomes** ({early} and {late}; all "
            "effects jointly: F({df1}, {df2:.0f}) = {f:.2f}, p {p}).",
            **given,
        )
    else:
        first = _(
            "**No difference is shown between effects on both outcomes** ({early} and {late}; all "
            "effects jointly: F({df1}, {df2:.0f}) = {f:.2f}, p {p}).",
            **given,
        )
    parts = [first, *_single(rows, rules=rules, labels=labels, **words)]
    parts.append(_given(grades, early=early, labels=labels, **{"late_words": words["late"]}))
    if grades.left_out:
        parts.append(
            _(
                "Not compared, because these children all have the same value, or fewer than "
                "{least} of them have it or lack it: {names}.",
                least=rules.least_children, names=listed(map(labels, grades.left_out)),
            )
        )  # fmt: skip
    return " ".join(part for part in parts if part)


def _single(
    rows: pd.DataFrame, *, rules: Rules, labels: Labels, early: str, late: str
) -> list[str]:
    """Effects that differ after Holm's correction, by the outcome on which their size is larger."""
    sure = rows[rows["p_holm"] < rules.level]
    is_early = sure["early"].abs() > sure["late"].abs()
    texts = []
    for outcome, names in (
        (early, sure.loc[is_early, "name"]),
        (late, sure.loc[~is_early, "name"]),
    ):
        if len(names):
            text = _(
                "Larger in size on the {outcome}, after Holm’s correction: {names}.",
                outcome=outcome, names=listed(map(labels, names)),
            )  # fmt: skip
            texts.append(text)
    if not texts:
        texts.append(_("No single effect differs after Holm’s correction."))
    return texts


def _given(grades: Grades, *, early: str, labels: Labels, late_words: str) -> str:
    """What the early outcome adds, and where it takes the largest effect on the late one."""
    own = grades.effects.set_index("name")
    rows = own.dropna(subset=["p_holm"])
    largest = rows.iloc[int(rows["late"].abs().argmax())]
    given = {
        "early": labels(early), "late": late_words, "effect": own["given"][early],
        "name": labels(str(largest.name)), "before": largest["late"], "after": largest["given"],
    }  # fmt: skip
    return _(
        "Per standard deviation of the {early} the {late} is {effect:+.2f} standard deviations; "
        "beside it the largest effect, that of {name}, goes from {before:+.2f} to {after:+.2f}.",
        **given,
    )


@in_languages
def explained_table(
    frame: pd.DataFrame, *, early: str, late: str, labels: Labels, about: About
) -> Table:
    """Explained variance of both outcomes beside that of the literature."""
    rows = pd.DataFrame(
        {
            "part": frame["part"].map(_.words("parts")),
            "early": frame["early"],
            "literature_early": [_range(*ends) for ends in _ends(frame, "early")],
            "late": frame["late"],
            "literature_late": [_range(*ends) for ends in _ends(frame, "late")],
        }
    )
    words = {"early": labels(early), "late": labels(late)}
    return show(rows, about=about, **captions("tbl-explained", **words))


def _ends(frame: pd.DataFrame, name: str) -> list[tuple[float, float]]:
    return list(zip(frame[f"{name}_lower"], frame[f"{name}_upper"], strict=True))


def _range(lower: float, upper: float) -> str | float:
    """Shares of the literature: "13% to 14%", "below 10%", NaN where there is none."""
    if pd.isna(upper):
        return np.nan
    if pd.isna(lower):
        return _("below {upper:.0%}", upper=upper)
    if lower == upper:
        return percent(lower)
    return _("{lower:.0%} to {upper:.0%}", lower=lower, upper=upper)


@in_languages
def explained_finding(
    frame: pd.DataFrame | None, *, early: str, late: str, drawn: bool, labels: Labels
) -> str:
    """Whether, as found before, origin says more early and education more late.

    drawn: whether the children are synthetic, drawn with effects that make it so.
    """
    if frame is None or not {"education", "origin"} <= set(frame["part"]):
        return ""
    rows = frame.set_index("part")
    education, origin = rows.loc["education"], rows.loc["origin"]
    given = {
        "early": labels(early), "late": labels(late), "origin_early": origin["early"],
        "origin_late": origin["late"], "education_early": education["early"],
        "education_late": education["late"],
    }  # fmt: skip
    if origin["early"] > origin["late"] and education["early"] < education["late"]:
        text = _(
            "As @fettelaar_smeets2013 found, origin explains more of the {early} "
            "({origin_early:.1%}) than of the {late} ({origin_late:.1%}), and education of both "
            "parents less ({education_early:.1%} and {education_late:.1%}).",
            **given,
        )
    else:
        text = _(
            "@fettelaar_smeets2013 found that origin explains more of the {early} and education "
            "more of the {late}. That is not so here: origin explains {origin_early:.1%} and "
            "{origin_late:.1%}, education of both parents {education_early:.1%} and "
            "{education_late:.1%}.",
            **given,
        )
    if not drawn:
        return text
    return f"{text} " + _(
        "The {early} of these synthetic children was drawn with effects of this kind: agreement "
        "tests the program, not the world.",
        early=given["early"],
    )
