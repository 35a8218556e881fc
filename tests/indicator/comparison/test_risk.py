"""Children at risk per municipality, counted by a loop over children."""

import country_files
import numpy as np
import pandas as pd
import pytest

from oablib import allocation, comparison, disclosure, params, pupil_scores
from oablib.base import language
from oablib.indicator.pupil_scores import Children
from oablib.protocol import codebook
from oablib.report import comparison as report
from oablib.report.exhibit import About

RULES, LAW = comparison.rules(), allocation.rules()
ABOUT = About("3,000 children", "made up", drawn=True)
TABLE = codebook.load().table("children")
REGION = params.published("msv2021")


@pytest.fixture(scope="module")
def children(tmp_path_factory: pytest.TempPathFactory) -> Children:
    folder = tmp_path_factory.mktemp("country")
    country_files.write(folder, country_files.children(3000, seed=1), year=2020)
    return pupil_scores.read(folder, year=2020, book=codebook.load())


@pytest.fixture(scope="module")
def score(children: Children) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 3, len(children)).round(6)


@pytest.fixture(scope="module")
def risk(children: Children, score: np.ndarray) -> pd.DataFrame:
    frame, sites, listed = children.frame(score=score), children.sites, children.municipalities
    table = allocation.municipalities(frame, sites, listed, rules=LAW)
    return comparison.at_risk(table, listed)


def test_toddlers_count_where_they_live_and_pupils_where_they_go_to_school(
    children: Children, score: np.ndarray, risk: pd.DataFrame
) -> None:
    excluded = set(LAW.excluded_school_types)
    sites, listed = children.sites, children.municipalities["municipality"]
    counted: dict[tuple[str, str], list[float]] = {}
    for child in range(len(children)):
        if children.toddler[child]:
            place = listed[children.home[child]] if children.home[child] >= 0 else None
        else:
            site = children.site[child]
            there = site >= 0 and sites["school_type"][site] not in excluded
            place = sites["municipality"][site] if there else None
        group = "toddlers" if children.toddler[child] else "pupils"
        if place is not None:
            counted.setdefault((place, group), []).append(float(score[child]))
    every = sorted(value for values in counted.values() for value in values)
    boundary = every[int(0.15 * len(every)) - 1]
    rows = risk.set_index("municipality")
    for (place, group), values in counted.items():
        assert rows.loc[place, f"n_{group}"] == len(values)
        low = sum(value <= boundary for value in values)
        assert rows.loc[place, f"target_{group}"] == low
        assert rows.loc[place, group] == pytest.approx(low / len(values))


def test_groups_of_municipalities_add_up_to_the_country(risk: pd.DataFrame) -> None:
    table = comparison.risk_by(risk, rules=RULES)
    for group in ("toddlers", "pupils"):
        low = table[group].fillna(0) * table[f"n_{group}"]
        sums = low.groupby(table["by"]).sum()
        assert sums.tolist() == pytest.approx([risk[f"target_{group}"].sum()] * 3)
    assert (table.groupby("by")["municipalities"].sum() == len(risk)).all()


def test_each_municipality_is_in_one_class(risk: pd.DataFrame) -> None:
    classes = comparison.risk_classes(risk, rules=RULES)
    for group in ("toddlers", "pupils"):
        assert classes[group].sum() == risk[group].notna().sum()
        low, high = RULES.risk_classes[2:4]
        assert classes[group].iloc[2] == risk[group].between(low, high, inclusive="left").sum()


def by(*, toddlers: float, pupils: float) -> pd.DataFrame:
    row = ("country", 0, 300, 10_000, toddlers, 60_000, pupils)
    columns = ["by", "code", "municipalities", "n_toddlers", "toddlers", "n_pupils", "pupils"]
    return pd.DataFrame([row, ("urbanity", 1, *row[2:]), ("size", 2000, *row[2:])], columns=columns)


CLASSES = pd.DataFrame(
    {"lower": [0.0, 0.1, 0.2], "upper": [0.1, 0.2, np.nan], "toddlers": [200, 80, 20],
     "pupils": [150, 110, 40]}
)  # fmt: skip


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"toddlers": 0.14, "pupils": 0.152}, "pupils 15.2%: no fewer at school than before it."),
        ({"toddlers": 0.16, "pupils": 0.148}, "pupils 14.8%: fewer at school than before it."),
        ({"toddlers": np.nan, "pupils": 0.148}, "Too few children are at risk"),
    ],
)
def test_shares_are_beside_those_of_three_municipalities(given: dict, text: str) -> None:
    found = report.risk_finding(by(**given), classes=CLASSES, region=REGION)
    assert text in found and "nan" not in found
    if not np.isnan(given["toddlers"]):
        assert "In 20 of 300 municipalities 20% or more of the toddlers are at risk." in found
        one = CLASSES.assign(lower=0.0, upper=np.nan)
        merged = report.risk_finding(by(**given), classes=one.iloc[-1:], region=REGION)
        assert "or more" not in merged
        assert "Schiedam 28%, Vlaardingen 27%, and Maassluis 23%, against 15%" in found
        with language.use("nl"):
            dutch = report.risk_finding(by(**given), classes=CLASSES, region=REGION)
        assert "Schiedam 28%, Vlaardingen 27% en Maassluis 23%" in dutch


def test_what_is_of_few_municipalities_is_not_shown() -> None:
    few = CLASSES.assign(toddlers=[200, 96, 4])
    merged = disclosure.merge(few, counts=["toddlers", "pupils"], rules=disclosure.rules())
    assert merged["toddlers"].min() >= disclosure.rules().fewest
    assert "toddlers" in report.risk_figure(merged, about=ABOUT).alt
    table = report.risk_table(by(toddlers=0.14, pupils=0.15), table=TABLE, rules=RULES, about=ABOUT)
    assert [name for name, _ in table.groups] == [
        "country", "by urbanity of the municipality", "by size of the municipality",
    ]  # fmt: skip
    assert table.groups[1][1][0][0].startswith("Extremely urban")
    assert table.groups[2][1][0][0] == "2,000 to 5,000 children"


def summary(**values: float) -> pd.DataFrame:
    usual = {
        "gain_ordinary": 0.66, "gain_more": 0.09, "lose": 0.25, "within_published": 0.8,
        "large_gain_low": 0.9, "largest_change": -0.03,
    }  # fmt: skip
    frame = pd.DataFrame(list({**usual, **values}.items()), columns=["measure", "value"])
    return frame.assign(published=np.nan)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({}, "All 5 statements of the report on municipalities that can be judged hold here: more"),
        ({"lose": 0.8}, "Of 5 statements of the report on municipalities 3 hold here; not: more "),
        ({"within_published": 0.4}, "4 hold here; not: most change by a percentage within the pub"),
        ({"large_gain_low": 0.4, "largest_change": 0.01}, "not: most with a large relative gain"),
        ({"within_published": np.nan}, "All 4 statements of the report on municipalities that can"),
    ],
)
def test_statements_of_the_report_hold_or_not(values: dict, text: str) -> None:
    assert text in report.municipal_claims(summary(**values), rules=RULES)
    assert report.municipal_claims(summary().drop(columns="published"), rules=RULES) == ""
    hidden = summary(**dict.fromkeys(summary()["measure"], np.nan))
    assert "Too few municipalities" in report.municipal_claims(hidden, rules=RULES)


def test_it_is_told_by_how_much_scores_are_scaled() -> None:
    table = pd.DataFrame({"school_id": ["a", "b"], "achterstandsscore": [100.0, 100.0]})
    other = table.assign(achterstandsscore=[90.0, 100.0])
    pairs = comparison.standardised(table, other, key="school_id", rules=RULES)
    text = report.standardisation_finding(pairs)
    assert "multiplied by 0.950 and new ones by 1.000" in text and "of the new scores" in text
    assert report.standardisation_finding(pairs.iloc[:0]) == "No school has a score to be scaled."
