"""Tests of a path from a scaled variable in the report on the validation study."""

import pandas as pd

from oablib.report.exhibit import About, Table
from oablib.report.table import show
from oablib.report.texts import listed, texts_beside
from oablib.report.translated import in_languages, paragraphs
from oablib.report.validation.names import MONTE_CARLO, Names
from oablib.report.validation.selection import rows_of
from oablib.studies.validation.selection import LEVEL
from oablib.studies.validation.settings import World
from oablib.studies.validation.verdicts import DECIDES

_ = texts_beside(__file__)
captions = _.captions

Worlds = dict[str, World]
SAME = "same children D2"  # of selection.path_tests


@in_languages
def path_tests_table(frame: pd.DataFrame, *, names: Names, about: About) -> Table:
    """Share of cohorts in which each test finds the path; frame: selection.path_tests."""
    words = _.words("tests")
    shares = frame.pivot(index=["world", "n", "method"], columns="test", values="rate")
    shares = shares[[name for name in words if name in shares]].reset_index()
    rows = names.by_cohorts(names.by_method(shares))
    columns = [str(words[name]) for name in words if name in shares]
    shown = rows.rename(columns=dict(words))[["cohorts", "method", *columns]]
    return show(shown, about=about, shares=columns, **captions("tbl-path-tests"))


@in_languages
def finding_path_tests(
    frame: pd.DataFrame, *, names: Names, worlds: Worlds, path: str, outcome: str
) -> str:
    """Size where the path does not exist, and power where it does, with the default method."""
    own = rows_of(frame, method=names.default)
    without = own["world"].isin([name for name, world in worlds.items() if world.lacks(path)])
    return paragraphs(
        _size(own[without], names=names, path=path, outcome=outcome),
        _power(own[~without], names=names),
    )


def _size(rows: pd.DataFrame, *, names: Names, path: str, outcome: str) -> str:
    decides, same = (rows_of(rows, test=test) for test in (DECIDES, SAME))
    often = decides["rate"] - LEVEL > MONTE_CARLO * decides["mce"]
    text = _(
        "Where the path from {path} to {outcome} does not exist, the test that decides finds it "
        "in {least:.1%} to {most:.1%} of cohorts ({level:.0%} is asked for); the index with scale "
        "values of the same children in {low:.1%} to {high:.1%}.",
        path=names.labels(path),
        outcome=names.labels(outcome),
        least=decides["rate"].min(),
        most=decides["rate"].max(),
        level=LEVEL,
        low=same["rate"].min(),
        high=same["rate"].max(),
    )
    if not often.any():
        return f"{text} " + _("The test that decides keeps its level within Monte Carlo error.")
    where = listed(
        names.cohorts(row["world"], row["n"]) for row in decides[often].to_dict("records")
    )
    return f"{text} " + _(
        "The test that decides finds it **more often than it should** in: {where}.", where=where
    )


def _power(rows: pd.DataFrame, *, names: Names) -> str:
    decides = rows_of(rows, test=DECIDES)
    if decides.empty:
        return ""
    parts = [
        _("{share:.0%} ({cohorts})", share=row["rate"],
          cohorts=names.cohorts(row["world"], row["n"]))
        for row in names.by_cohorts(decides).to_dict("records")
    ]  # fmt: skip
    return _("Where it exists, this test finds it in {parts} of cohorts.", parts=listed(parts))
