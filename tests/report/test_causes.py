"""Sentences on causes say what was found, and the opposite when that is found."""

import dataclasses
import re

import pandas as pd
import pytest

from oablib import comparison, disclosure, params
from oablib.base import language
from oablib.disclosure import of_places
from oablib.protocol import codebook
from oablib.report import causes as report
from oablib.report.causes.findings import shares
from oablib.report.exhibit import About

DRAWN = About("made-up children", drawn=True)
DELIVERED = About("children", drawn=False)
RULES = comparison.rules()
GATE = disclosure.rules()
FIGURES = params.published("herijking2021")
TABLE = codebook.load().table("children")
LEVELS = ("schools", "municipalities")
GROUPS = ("all that change", "losers", "gainers", "lose most", "gain most")
MEASURES = (
    "imputed", "imputed_over", "low_education", "short_residence", "in_debt", "joined",
    "joined_imputed", "joined_low_education",
)  # fmt: skip


def summary(**nets: float) -> pd.DataFrame:
    """Causes with net shares as given, and means ten times these."""
    rows = [
        {"group": group, "cause": cause, "places": 5, "mean": 10 * net, "sd": 1.0,
         "mean_absolute": abs(10 * net), "net_share": net}
        for group in GROUPS for cause, net in nets.items()
    ]  # fmt: skip
    return pd.DataFrame(rows)


def offsets(frame: pd.DataFrame) -> str:
    return str(report.offset_finding(frame, rules=RULES))


HIDDEN = ["places", "mean", "sd", "mean_absolute", "share", "net_share"]


def without(frame: pd.DataFrame, *groups: str) -> pd.DataFrame:
    """A summary as of_places.causes leaves it where groups are of too few schools."""
    numbers = [name for name in HIDDEN if name in frame]
    return frame.assign(
        **{name: frame[name].astype(float).mask(frame["group"].isin(groups)) for name in numbers}
    )


def profile(
    *, lose: dict | None = None, gain: dict | None = None, schools: int = 3
) -> pd.DataFrame:
    """Every share is 0.1 in all schools and in the others, unless it is given for a group."""
    rows = []
    given = {"lose most": lose or {}, "gain most": gain or {}, "others": {}, "all": {}}
    for group, values in given.items():
        keys = [*((name, 0) for name in MEASURES), *(("origin", code) for code in range(1, 9))]
        rows += [(*key, group, values.get(key, 0.1), 10) for key in keys]
        rows += [("places", 0, group, float(schools), 3), ("children", 0, group, 99.0, 99)]
    return pd.DataFrame(rows, columns=["measure", "code", "group", "value", "n"])


def late(*, children: int, several: int, beside: bool = True) -> pd.DataFrame:
    rows = [("2020-10", 0, 0, 0, 0, 0, 0, 0)]
    rows += [("2020-12", children, children, children, 0, children, several, 0)]
    if beside:
        rows += [("published", pd.NA, 44, 41, 3, pd.NA, 4, 1)]
    columns = ["month", "added", "children", "pupils", "toddlers", "schools"]
    return pd.DataFrame(rows, columns=[*columns, "schools_3_or_4", "schools_5_or_more"])


@pytest.mark.parametrize(
    ("code", "nets", "text"),
    [
        ("en", {"donors": 0.3, "scale_values": 0.7}, "change: scale values (70%) and donor selec"),
        (
            "nl",
            {"donors": 0.3, "scale_values": 0.7},
            "verandering: schaalwaarden (70%) en donorselectie",
        ),
        ("en", {"donors": 0.39, "scale_values": 0.39, "boundary": 0.22}, "each account for 39%"),
        ("nl", {"donors": 0.39, "scale_values": 0.39, "boundary": 0.22}, "verklaren elk 39%"),
        ("en", {"donors": 1.2, "coefficients": -0.2}, "against it: coefficients (−20%)"),
        (
            "en",
            {"donors": 0.3, "scale_values": 0.3, "boundary": 0.4},
            "boundary (40%), donor selection (30%), and scale values (30%)",
        ),
        ("en", {"donors": 1.0, "coefficients": -0.2}, "the largest part of the net change: donor"),
        ("en", {"coefficients": -0.2, "donors": -0.1}, "the parts of the net change cannot be"),
    ],
)
def test_the_largest_causes_are_named_and_ties_as_such(code: str, nets: dict, text: str) -> None:
    with language.use(code):
        assert text in shares(summary(**nets))


def test_where_no_school_changes_it_is_said() -> None:
    table = pd.DataFrame({"school_id": ["a"], "donors": [0.0], "population": [0.0]})
    nothing = comparison.causes_summary(table.assign(change=0.0, group="others"))
    assert shares(nothing) == "no school changes."
    assert report.yearly_finding(nothing) == "From one year to the next no school changes."
    assert offsets(nothing) == "No school changes."
    of_towns = {"schools": nothing, "figures": FIGURES}
    assert report.municipal_finding(nothing, **of_towns) == "No municipality changes."


def test_where_every_part_is_hidden_no_school_is_said_to_stay() -> None:
    """As of_places.causes leaves causes of which one school makes up too much."""
    frame = summary(donors=float("nan"), population=float("nan"))
    assert shares(frame) == "the parts of the net change cannot be shown."
    assert "is of too few to be shown" in report.yearly_finding(frame)
    assert offsets(frame) == "Not shown: donor selection and population."
    found = report.municipal_finding(frame, schools=frame, figures=None)
    assert found == "Too few municipalities change to show what changes them."


def test_standardisation_can_be_the_largest_part() -> None:
    frame = summary(standardisation=0.7, donors=0.5, boundary=-0.2)
    assert "parts of the net change: standardisation (70%) and donor" in shares(frame)
    found = report.municipal_finding(frame, schools=frame, figures=None)
    assert "municipalities is that of standardisation (70%)" in found
    alone = summary(standardisation=1.0, donors=0.0, boundary=0.0)
    assert offsets(alone) == "No school changes by donor selection or boundary."


def test_ties_of_municipalities_are_named_together() -> None:
    frame = summary(donors=0.401, boundary=0.399, scale_values=0.2)
    found = report.municipal_finding(frame, schools=summary(donors=1.0), figures=None)
    assert "municipalities are those of donor selection and boundary (40% each)." in found
    assert "For schools it is donor selection (100%)." in found


@pytest.mark.parametrize(
    ("code", "nets", "texts"),
    [
        ("en", {"scale_values": 7.0, "coefficients": -6.0, "donors": -0.5},
         ["Scale values (+70.0 points a school) and coefficients (−60.0) offset each other",
          "Donor selection has mean −5.0"]),
        ("nl", {"scale_values": 7.0, "coefficients": -6.0, "donors": -0.5},
         ["Schaalwaarden (+70,0 punten per school) en coëfficiënten (−60,0) compenseren elkaar",
          "Donorselectie heeft gemiddelde −5,0"]),
        ("en", {"scale_values": 7.0, "coefficients": 1.0, "donors": 2.0},
         ["none of these causes offsets another: the means run from +10.0 (coefficients) to +70.0",
          "Donor selection has mean +20.0"]),
        ("en", {"scale_values": 7.0, "coefficients": -1.0, "donors": 0.0},
         ["Scale values (+70.0 points a school) and coefficients (−10.0) do not offset each other",
          "Donor selection changes no school."]),
        ("en", {"scale_values": 7.0},
         ["The mean part of scale values is +70.0 points a school."]),
        ("en", {"scale_values": 7.0, "donors": 7.0},
         ["The mean parts of scale values and donor selection are +70.0 points a school each."]),
    ],
)  # fmt: skip
def test_causes_offset_each_other_or_not(code: str, nets: dict, texts: list[str]) -> None:
    with language.use(code):
        found = offsets(summary(**nets))
    assert all(text in found for text in texts)


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ([-1.0, -2.0, -3.0, 0.5], "Most of its points lower scores (92%)."),  # 6 of 6.5
        ([1.0, 2.0, 3.0, -0.5], "Most of its points raise scores (92%)."),
        ([-1.0, -2.0, 3.0, 1.0], "It works both ways: 57% of its points raise scores."),  # 4 of 7
        ([0.0] * 9 + [10.0], "the standard deviation is 3.0 times the mean size."),  # 3 by 1
    ],
)
def test_what_is_said_of_donors_follows_from_their_parts(parts: list[float], text: str) -> None:
    """Parts of each school by hand; two causes with larger means are beside them."""
    table = pd.DataFrame({"school_id": [f"s{row}" for row in range(len(parts))], "donors": parts})
    table = table.assign(scale_values=90.0, coefficients=-80.0, change=10.0 + table["donors"])
    frame = comparison.causes_summary(table.assign(group="others"))
    assert text in offsets(frame)


def test_what_offsets_is_what_the_rules_say() -> None:
    frame = summary(scale_values=7.0, coefficients=-4.0)
    stricter = dataclasses.replace(RULES, offset_from=0.6)
    assert "offset each other; +30.0 is left" in offsets(frame)
    assert "do not offset each other" in report.offset_finding(frame, rules=stricter)


@pytest.mark.parametrize(
    ("code", "texts"),
    [
        ("en", ["too few schools change to show it", "Too few schools change to show what",
                "from one year to the next is of too few to be shown"]),
        ("nl", ["te weinig scholen om dat te tonen", "te weinig scholen om te tonen waardoor",
                "betreft te weinig scholen"]),
    ],
)  # fmt: skip
def test_where_too_few_schools_change_nothing_is_said_of_why(code: str, texts: list[str]) -> None:
    frame = without(summary(donors=0.4, population=0.6), *GROUPS)
    with language.use(code):
        found = [shares(frame), offsets(frame), report.yearly_finding(frame)]
        table = report.causes_table(frame, about=DRAWN)
        yearly = report.causes_table(frame, about=DRAWN, what="years")
    assert all(text in one for text, one in zip(texts, found, strict=True))
    assert not any(character.isdigit() for text in found for character in text)
    few = {"en": "few schools change", "nl": "weinig scholen veranderen"}[code]
    assert few in table.note and few in yearly.note


def test_those_that_lose_and_gain_are_beside_all_or_not() -> None:
    frame = summary(scale_values=7.0, coefficients=-6.0)
    both = report.causes_table(frame, about=DRAWN)
    assert [name for name, _ in both.headings][-2:] == [
        "mean of 5 that lose", "mean of 5 that gain",
    ]  # fmt: skip
    none = report.causes_table(without(frame, "losers", "gainers"), about=DRAWN)
    assert not any("that lose" in name for name, _ in none.headings)
    assert len(none.headings) == len(both.headings) - 2


def test_outer_groups_of_few_schools_are_not_drawn() -> None:
    frame = summary(scale_values=7.0, coefficients=-6.0)
    drawn = report.causes_figure(without(frame, "lose most"), about=DRAWN)
    assert "lose most not shown, gain most +70" in drawn.alt and "nan" not in drawn.alt
    few = report.causes_figure(without(frame, "lose most", "gain most"), about=DRAWN)
    assert "lose most not shown, gain most not shown" in few.alt
    with language.use("nl"):
        assert "niet getoond" in report.causes_figure(without(frame, *GROUPS), about=DRAWN).alt


def test_a_cause_that_one_school_dominates_is_left_out() -> None:
    frame = summary(scale_values=0.7, donors=0.3, coefficients=0.2, population=0.1)
    amounts = [name for name in HIDDEN if name in frame and name != "places"]
    frame[amounts] = frame[amounts].mask(frame["cause"] == "scale_values")
    assert shares(frame) == (
        "the largest parts of the net change that may be shown: donor selection (30%) and "
        "coefficients (20%); not shown: scale values."
    )
    assert offsets(frame).endswith("Not shown: scale values.")
    assert "that may be shown is that of donor selection (30%). Not shown: scale values." in (
        report.municipal_finding(frame, schools=summary(donors=1.0), figures=FIGURES)
    )
    assert "Municipalities: the largest part that may be shown is donor" in answer(
        frame, towns=frame
    )
    assert "of too few to be shown" in report.yearly_finding(frame)
    frame[amounts] = frame[amounts].mask(frame["cause"] == "population")
    assert "of too few to be shown" in report.yearly_finding(frame)


@pytest.mark.parametrize(
    ("population", "text"),
    [
        (0.6, "other pupils and data make up 60% of the net change, the new indicator 40%."),
        (0.4, "other pupils and data make up 40% of the net change, the new indicator 60%."),
        (-0.1, "other pupils and data make up −10% of the net change, the new indicator 110%."),
    ],
)
def test_other_pupils_move_schools_beside_the_indicator(population: float, text: str) -> None:
    frame = summary(donors=0.75 - population, boundary=0.25, population=population)
    assert text in report.yearly_finding(frame)
    scaled = summary(donors=0.75 - population, boundary=0.25, population=population,
                     standardisation=0.3)  # fmt: skip
    assert text in report.yearly_finding(scaled)
    with language.use("nl"):
        assert "Jaar op jaar" in report.yearly_finding(frame)


def test_over_represented_characteristics_are_named_or_said_to_be_none() -> None:
    frame = profile(lose={("origin", 4): 0.3, ("imputed", 0): 0.16, ("in_debt", 0): 0.14})
    text = report.profile_finding(frame, table=TABLE, rules=RULES)
    assert "origin North Africa (30.0% against 10.0%)" in text
    assert "scores imputed from a donor (16.0% against 10.0%)" in text and "debt" not in text
    assert "In the 3 schools that gain most no characteristic is over-represented." in text
    with language.use("nl"):
        text = report.profile_finding(frame, table=TABLE, rules=RULES)
    assert "herkomst Noord-Afrika (30,0% tegen 10,0%)" in text
    part = frame.assign(value=frame["value"].mask(frame["measure"] == "in_debt"))
    text = report.profile_finding(part, table=TABLE, rules=RULES)
    assert "gain most no characteristic of which the share is shown is over-represented." in text
    one = report.profile_finding(profile(schools=1), table=TABLE, rules=RULES)
    assert "In the 1 school that gains most no characteristic is over-represented." in one
    nobody = report.profile_finding(profile(schools=0), table=TABLE, rules=RULES)
    assert nobody.startswith("No school loses far more than others.")


def hidden_profile(*groups: str) -> pd.DataFrame:
    """A profile as of_places.profile leaves it where groups are of too few schools."""
    frame = profile(lose={("origin", 4): 0.3}, gain={("origin", 8): 0.3}, schools=30)
    hidden = frame["group"].isin(groups)
    return frame.assign(value=frame["value"].mask(hidden), n=frame["n"].mask(hidden))


@pytest.mark.parametrize(
    ("code", "group", "hidden", "shown"),
    [
        ("en", "lose most", "Too few schools lose far more than others to show what they share.",
         "Over-represented in the 30 schools that gain most: origin Turkey"),
        ("en", "gain most", "Too few schools gain far more than others to show what they share.",
         "Over-represented in the 30 schools that lose most: origin North Africa"),
        ("nl", "lose most", "Te weinig scholen gaan er veel meer op achteruit",
         "herkomst Turkije (30,0% tegen 10,0%)"),
        ("nl", "gain most", "Te weinig scholen gaan er veel meer op vooruit",
         "herkomst Noord-Afrika (30,0% tegen 10,0%)"),
    ],
)  # fmt: skip
def test_what_few_schools_share_is_not_said(code: str, group: str, hidden: str, shown: str) -> None:
    options = {"table": TABLE, "rules": RULES}
    frame = hidden_profile(group, "others")
    with language.use(code):
        text = report.profile_finding(frame, **options)
        drawn = report.profile_figure(frame, **options, about=DRAWN)
        table = report.profile_table(frame, **options, about=DRAWN)
    assert hidden in text and shown in text
    assert "nan" not in text + drawn.alt
    ends = {"lose most": "lose most", "gain most": "gain most"}
    if code == "en":
        assert ends[group] not in drawn.alt
        assert {"lose most", "gain most"} - {group} <= set(
            re.findall("lose most|gain most", drawn.alt)
        )
    column = 1 if group == "lose most" else 2
    assert {cells[column] for _, rows in table.groups for cells in rows} == {"–"}


def test_a_profile_of_few_schools_at_both_ends_has_its_figure() -> None:
    options = {"table": TABLE, "rules": RULES}
    frame = hidden_profile("lose most", "gain most", "others")
    drawn = report.profile_figure(frame, **options, about=DRAWN)
    assert "unknown" in drawn.alt and not re.search(r"\d\.\d", drawn.alt)


def named(**profiles: pd.DataFrame) -> pd.DataFrame:
    return comparison.named({**dict.fromkeys(LEVELS, profile()), **profiles}, rules=RULES)


def test_what_the_report_names_is_found_here_or_not() -> None:
    frame = named(schools=profile(gain={("origin", 8): 0.3}))
    text = report.named_finding(frame, table=TABLE)
    assert (
        "Of the schools that lose most the report names 7 characteristics; found here too: 0;"
        in (text)
    )
    assert "gain most the report names 2 characteristics; found here too: 1; not: scores" in text
    alone = report.named_finding(frame.iloc[-1:], table=TABLE)
    assert "the report names 1 characteristic; found here too: 0; not: of those" in alone
    every = profile(gain={("joined_imputed", 0): 0.6, ("joined_low_education", 0): 0.5})
    text = report.named_finding(named(municipalities=every), table=TABLE)
    assert (
        "municipalities that gain most the report names 3 characteristics; found here too: 3."
        in text
    )
    many = profile(gain={("imputed", 0): 0.3})
    verdicts = named(municipalities=many).set_index(["level", "group", "measure", "code"])["found"]
    assert verdicts["municipalities", "gain most", "imputed", 0] == "absent"
    assert verdicts["municipalities", "gain most", "joined_imputed", 0] == "absent"
    with language.use("nl"):
        assert "geen groot aandeel: met een donor" in report.named_finding(
            named(municipalities=many), table=TABLE
        )


def test_what_is_hidden_is_not_judged() -> None:
    frame = named(schools=hidden_profile("lose most", "others"))
    text = report.named_finding(frame, table=TABLE)
    assert "What the report says of the schools that lose most cannot be judged here" in text
    assert "Of the schools that gain most the report names 2 characteristics; found here" in text
    one = frame[frame["level"] == "municipalities"].reset_index(drop=True)
    one.loc[one["measure"] == "short_residence", "found"] = "unjudged"
    text = report.named_finding(one, table=TABLE)
    assert "municipalities that lose most the report names 6 characteristics; found here" in text
    assert "; cannot be judged: mothers who came to the Netherlands less than five years" in text
    table = report.named_table(frame, table=TABLE, about=DRAWN)
    rows = [row for row in table.groups[0][1] if row[0] == "Schools that lose most"]
    assert {row[-1] for row in rows} == {"cannot be judged"} and {row[2] for row in rows} == {"–"}


@pytest.mark.parametrize(
    ("schools", "text"),
    [
        ({"donors": 0.6, "scale_values": 0.4}, "For schools it is the same (60%)."),
        ({"donors": 0.4, "scale_values": 0.6}, "For schools it is scale values (60%)."),
    ],
)
def test_municipalities_change_by_what_changes_schools_or_not(schools: dict, text: str) -> None:
    municipal = summary(donors=0.7, scale_values=0.3)
    given = {"schools": summary(**schools), "figures": FIGURES}
    found = report.municipal_finding(municipal, **given)
    assert "municipalities is that of donor selection (70%)." in found and text in found
    assert "The report of 2021 gives both the same explanation." in found
    alone = report.municipal_finding(municipal, **given | {"figures": None})
    assert text in alone and "2021" not in alone
    beside = summary(donors=0.3, scale_values=0.7)
    found = report.municipal_finding(beside, **given)
    of_schools = f"{schools['donors']:.0%} for schools."
    assert f"donor selection is 30% for municipalities and {of_schools}" in found
    few = report.municipal_finding(without(beside, *GROUPS), schools=beside, figures=None)
    assert few == "Too few municipalities change to show what changes them."


def test_municipalities_have_words_of_their_own() -> None:
    options = {"table": TABLE, "rules": RULES, "level": "municipalities"}
    frame = profile(lose={("origin", 4): 0.3}, schools=30)
    text = report.profile_finding(frame, **options)
    assert "Over-represented in the 30 municipalities that lose most: origin North" in text
    assert "In the 30 municipalities that gain most no characteristic" in text
    assert "No municipality loses far more than others." in report.profile_finding(
        profile(schools=0), **options
    )
    table = report.profile_table(frame, **options, about=DRAWN)
    assert table.groups[0][1][-2][0] == "Municipalities"
    hidden = hidden_profile("lose most", "gain most", "others")
    assert "Too few municipalities are among" in report.profile_finding(hidden, **options)


def points(
    *,
    schools: float = 200.0,
    municipalities: float = 250.0,
    share: float = 0.003,
    euro: float = float("nan"),
) -> pd.DataFrame:
    """What late registrations add, as of_places.late_points has it; NaN: not shown."""
    rows = [
        ("schools", 3, 30.0, schools, share, euro),
        ("municipalities", 3, 30.0, municipalities, share, 125_000.0),
    ]
    columns = ["level", "months", "places", "points", "share", "euro"]
    return pd.DataFrame(rows, columns=columns)


@pytest.mark.parametrize(
    ("code", "children", "several", "text"),
    [
        ("en", 0, 0, "Months after the reference date (2) add no children."),
        ("en", 30, 0, "add 30 children; schools: 30."),
        ("en", 30, 0, "No school has three or more of them."),
        ("en", 30, 10, "10 schools have three or more"),
        ("en", 30, 10, "by some +200 points together (+0.30% of the points of all schools)."),
        ("en", 30, 10, "change by some +250 points together, worth €125,000 a year within"),
        ("en", 30, 10, "get more points together. The report's recommendation holds here."),
        ("nl", 30, 10, "10 scholen hebben er drie of meer."),
        ("nl", 0, 0, "voegen geen kinderen toe."),
    ],
)
def test_late_registrations_are_counted(code: str, children: int, several: int, text: str) -> None:
    frame = of_places.late(late(children=children, several=several), rules=GATE)
    options = {"points": points(), "rules": RULES}
    with language.use(code):
        found = report.late_registrations_finding(frame, **options, about=DELIVERED)
    assert text in found and "Covid-19" in found and "44" in found
    assert "synthe" not in found
    assert "synthetic" in report.late_registrations_finding(frame, **options, about=DRAWN)
    alone = frame[frame["month"] != "published"]
    bare = report.late_registrations_finding(alone, **options, about=DELIVERED)
    assert "Published" not in bare and "report" not in bare


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"share": 0.02}, "The effect is not small: the schools with these pupils get more"),
        ({"share": RULES.small_effect}, "The effect is small, and the schools with these pupils"),
        ({"schools": -50.0}, "get fewer points together. The report's recommendation finds no"),
        ({"schools": 0.0}, "concerned by 25 points together at most."),  # half a step of 50
        ({"schools": 0.0}, "too little to say whether they get more points. The report's recom"),
        ({"municipalities": 0.0}, "Scores of municipalities change by 25 points together at most."),
        ({"municipalities": -100.0}, "municipalities concerned change by some −100 points"),
        ({"euro": 60_000.0}, "of all schools), worth €60,000 a year."),
    ],
)
def test_the_recommendation_to_count_them_is_judged(given: dict, text: str) -> None:
    frame = of_places.late(late(children=30, several=10), rules=GATE)
    options = {"rules": RULES, "about": DELIVERED}
    assert text in report.late_registrations_finding(frame, points=points(**given), **options)


@pytest.mark.parametrize(
    ("code", "text"),
    [("en", "add fewer children, or children of fewer schools, than may be shown."),
     ("nl", "dan getoond mag worden.")],
)  # fmt: skip
@pytest.mark.parametrize(("children", "schools"), [(9, 9), (30, 9)])
def test_few_late_registrations_and_their_points_are_not_shown(
    code: str, text: str, children: int, schools: int
) -> None:
    exact = late(children=children, several=0)
    exact.loc[exact["month"] == "2020-12", "schools"] = schools
    frame = of_places.late(exact, rules=GATE)
    none = points(schools=float("nan"), municipalities=float("nan"))
    with language.use(code):
        found = report.late_registrations_finding(frame, points=none, rules=RULES, about=DELIVERED)
        table = report.late_registrations_table(frame, about=DRAWN)
    assert text in found
    assert not {"9", "12", "30"} & set(re.findall(r"\d+", found)) and "44" in found
    last = table.groups[0][1][-2]
    assert last[5] == "·" and (last[2] == "·") == (children < 10)


def test_few_schools_with_several_late_registrations_are_not_counted() -> None:
    frame = of_places.late(late(children=30, several=4), rules=GATE)
    found = report.late_registrations_finding(frame, points=points(), rules=RULES, about=DELIVERED)
    assert "add 30 children; schools: 30." in found and "three or more" not in found


def test_points_of_municipalities_are_said_where_those_of_schools_are_not() -> None:
    frame = of_places.late(late(children=30, several=10), rules=GATE)
    options = {"rules": RULES, "about": DELIVERED}
    alone = points(schools=float("nan"))
    found = report.late_registrations_finding(frame, points=alone, **options)
    assert "municipalities concerned change by some +250 points together, worth" in found
    assert "recommendation holds" not in found and "no support" not in found and "nan" not in found
    unpaid = alone.assign(euro=float("nan"))
    found = report.late_registrations_finding(frame, points=unpaid, **options)
    assert "municipalities concerned change by some +250 points together." in found


def swings(
    *, matched: float, computed: float, lot: float, kept: float | None = None
) -> pd.DataFrame:
    names = ("matched twice", "computed twice", "one of each", "same seed", "another seed")
    values = (matched, computed, 1.0, matched if kept is None else kept, lot)
    rows = [
        (name, 100, 0.0, sd, -1.0, 1.0, 0.5, 0.2, 10)
        for name, sd in zip(names, values, strict=True)
    ]
    columns = ["scores", "n", "mean", "sd", "lower", "upper", "r", "crossing", "beyond"]
    return pd.DataFrame(rows, columns=columns)


@pytest.mark.parametrize(
    ("given", "texts"),
    [
        (
            {"matched": 3.0, "computed": 1.0, "lot": 1.5},
            ["3.00 points, a computed one with 1.00", "25% of the varia", "makes it no smaller"],
        ),
        (
            {"matched": 3.0, "computed": 1.0, "lot": 1.5, "kept": 2.0},
            ["With one seed for both years it is 2.00"],
        ),
        (
            {"matched": 1.0, "computed": 1.0, "lot": 0.5},
            ["no more than a comp", "25% of the varia"],
        ),
        ({"matched": 3.0, "computed": 1.0, "lot": 3.0}, ["no less (3.00): nothing but the random"]),
        ({"matched": 3.0, "computed": 1.0, "lot": 2.999}, ["no less (3.00): nothing but the"]),
        ({"matched": 3.0, "computed": 1.0, "lot": 3.3}, ["no less (3.30): nothing but the"]),
        ({"matched": 3.004, "computed": 3.001, "lot": 1.0}, ["3.00 points, no more than a comp"]),
        ({"matched": 0.0, "computed": 0.0, "lot": 0.0}, ["0.00 points, no more than a computed"]),
        ({"matched": float("nan"), "computed": 1.0, "lot": 1.0}, ["Too few children"]),
        ({"matched": 1.0, "computed": float("nan"), "lot": 1.0}, ["Too few children"]),
    ],
)
def test_the_swing_of_imputed_scores_is_beside_that_of_computed_ones(
    given: dict, texts: list[str]
) -> None:
    found = report.swings_finding(swings(**given))
    assert all(text in found for text in texts) and "nan" not in found
    table = report.swings_table(swings(**given), interval=0.9, about=DRAWN)
    assert "Interval: 90%" in table.note


@pytest.mark.parametrize(
    ("year", "text"),
    [
        ((10.0, 40.0), "changes by 40.0 points"),
        ((10.0, 9.0), "by no more"),
        ((10.01, 10.04), "by no more"),
        ((0.0, 40.0), "moves it by 4.5 points, against 1.0."),
    ],
)
def test_schools_with_many_imputed_scores_swing_more_or_not(year: tuple, text: str) -> None:
    frame = pd.DataFrame(
        {"lower": [0.0, 0.2], "upper": [0.2, float("nan")], "schools": [30, 12], "year": year,
         "lot": [1.0, 4.5]}
    )  # fmt: skip
    assert text in report.swing_of_schools_finding(frame)
    assert "Too few schools" in report.swing_of_schools_finding(frame.iloc[:1])
    table = report.swing_of_schools_table(frame, about=DRAWN)
    assert [row[0] for row in table.groups[0][1]] == ["0% to 20%", "20% or more"]


def test_months_are_written_in_words() -> None:
    with language.use("nl"):
        table = report.late_registrations_table(late(children=1, several=0), about=DRAWN)
    names = [row[0] for row in table.groups[0][1]]
    assert names == ["oktober 2020", "december 2020", "gepubliceerd"]


def answer(frame: pd.DataFrame, *, beside: int = 1, towns: pd.DataFrame | None = None) -> str:
    lose = {("origin", 4): 0.3}
    return report.answer(
        frame, indicators=("indicator_2019", "indicator_2021"), profile=profile(lose=lose),
        yearly=summary(donors=0.4, population=0.6), table=TABLE, rules=RULES,
        municipal=summary(scale_values=0.8, donors=0.2) if towns is None else towns,
        agreement=pd.DataFrame({"same": [0.964]}).iloc[:beside],
    )  # fmt: skip


def test_the_answer_says_who_changes_why_and_how_sure_that_is() -> None:
    text = answer(summary(scale_values=0.7, donors=0.3))
    for part in (
        "By the published indicator of 2021, **5 schools lose and 5 gain** against the published",
        "**Why:** the largest parts of the net change: scale values (70%) and donor selection",
        "over-represented in the 3 schools that lose most: origin North Africa",
        "In the 3 schools that gain most no characteristic is over-represented;",
        "donor selection, 30% of the largest losses, is partly random.",
    ):
        assert part in text
    beside = "By the indicator estimated in this run, 96.4% of the target group are the same"
    assert beside in text
    assert "Municipalities: the largest part is scale values (80%)." in text
    assert "96.4%" not in answer(summary(donors=0.3), beside=0)
    assert len(text.split()) <= 120
    without = answer(summary(scale_values=1.2, donors=-0.2))
    assert "causes are those of the computation, not of the world" in without
    with language.use("nl"):
        assert "**5 scholen erop achteruit en 5 erop vooruit**" in answer(summary(donors=1.0))


@pytest.mark.parametrize("code", ["en", "nl"])
def test_the_answer_is_short_when_a_cause_works_against_the_change(code: str) -> None:
    with language.use(code):
        text = answer(summary(scale_values=0.8, donors=0.4, coefficients=-0.2))
    assert "(−20%)" in text and len(text.split()) <= 120


def test_the_answer_says_where_few_schools_lose_or_gain() -> None:
    frame = without(summary(scale_values=0.7, donors=0.3), "losers", "gainers", "lose most")
    text = answer(frame)
    assert "fewer schools lose or gain against the published indicator of 2019 than may" in text
    assert "**Why:** the largest parts of the net change: scale values (70%)" in text
    assert "causes are those of the computation, not of the world" in text  # no share of donors
    nothing = answer(without(frame, *GROUPS))
    assert "**Why:** too few schools change to show it." in nothing and "nan" not in nothing
    with language.use("nl"):
        assert "minder scholen" in answer(frame)
