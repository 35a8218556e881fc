"""What is shown of the children who were dropped for want of a test."""

import pandas as pd

from oablib.analysis.representativeness import Rules
from oablib.analysis.representativeness.attrition import BELOW, NOT_BELOW, UNKNOWN
from oablib.report.exhibit import About, Table
from oablib.report.labels import Labels
from oablib.report.table import show
from oablib.report.texts import listed, texts_beside
from oablib.report.translated import in_languages

_ = texts_beside(__file__)
captions = _.captions


@in_languages
def attrition_table(frame: pd.DataFrame, *, labels: Labels, about: About) -> Table:
    """Of each step and variable the category that differs most; frame: as `largest`."""
    pairs = zip(frame["variable"], frame["code"], strict=True)
    named = frame.assign(
        step=[_("Without {test}", test=labels(step)) for step in frame["step"]],
        variable=frame["variable"].map(labels.heading),
        category=[_category(name, code, labels=labels) for name, code in pairs],
    )
    columns = "step variable category n_dropped kept dropped standardised p".split()
    return show(named[columns], about=about, **captions("tbl-attrition"))


def _category(name: str, code: int, *, labels: Labels) -> str:
    words = {UNKNOWN: _("unknown"), BELOW: _("below the median"), NOT_BELOW: _("median or above")}
    return words[code] if code in words else labels.category(name, code)


@in_languages
def finding_attrition(frame: pd.DataFrame, *, rules: Rules, labels: Labels) -> str:
    """Whether those who were dropped differ from those who stay; empty where nobody was dropped."""
    texts = []
    for step, part in frame.groupby("step", sort=False):
        notable = part["standardised"].abs() >= rules.notable_imbalance
        differs = part[notable & (part["p"] < rules.level)]
        test, n = labels(str(step)), int(part["n_dropped"].iloc[0])
        if differs.empty:
            text = _(
                "The {n:,} children without {test} **do not differ** from those who stay, in any "
                "of {all:,} characteristics, by {least:.2f} standard deviations or more and by "
                "more than chance.",
                n=n, test=test, all=len(part), least=rules.notable_imbalance,
            )  # fmt: skip
        else:
            text = _(
                "The {n:,} children without {test} **differ** from those who stay: {differences}.",
                n=n, test=test, differences=_differences(differs, labels=labels),
            )  # fmt: skip
        texts.append(text)
    return " ".join(texts)


def _differences(rows: pd.DataFrame, *, labels: Labels) -> str:
    return listed(
        _(
            "{variable} “{category}” {dropped:.1%} against {kept:.1%}",
            variable=labels(row["variable"]),
            category=_category(row["variable"], row["code"], labels=labels),
            dropped=row["dropped"], kept=row["kept"],
        )
        for row in rows.to_dict("records")
    )  # fmt: skip
