"""What is withheld is counted, what was found stops a report, and the page on both says so."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from oablib import disclosure
from oablib.base import language
from oablib.base.errors import DisclosureError
from oablib.disclosure import of_places
from oablib.disclosure.attack import Attacked
from oablib.disclosure.of_places.audit import MEASURES, MOST
from oablib.disclosure.of_places.published import Published
from oablib.indicator.allocation import Allocated
from oablib.report import disclosure as report
from oablib.report.exhibit import About

RULES = disclosure.rules()
ABOUT = About("made-up children", drawn=True)
COLUMNS = ["date", "table", "place", "what", "left"]
REASON = "The ministry asked for it."


def attacked(*rows: tuple[Any, ...], **given: Any) -> Attacked:
    values = {
        "places": 800, "looked_at": 40, "programmes": 1_200, "largest": 30, "fewest_values": 7.0,
        "narrowest": np.nan, "room": 2.0, "seconds": 3.0,
    }  # fmt: skip
    return Attacked(narrowed=pd.DataFrame(rows, columns=COLUMNS), **values | given)


FOUND = attacked(("latest", "sites", "01AA00", "child", 0.123),
                 ("latest", "municipalities", "GM0007", "count", 3.0))  # fmt: skip


# What was found


def test_an_attack_that_found_nothing_lets_the_report_pass() -> None:
    of_places.fail_if_found(attacked(), profile="strict", reason="")


@pytest.mark.parametrize(
    ("profile", "reason"), [("strict", ""), ("strict", REASON), ("by_law", ""), ("by_law", "  ")]
)
def test_what_was_found_stops_the_report_and_no_value_is_told(profile: Any, reason: str) -> None:
    with pytest.raises(DisclosureError) as refused:
        of_places.fail_if_found(FOUND, profile=profile, reason=reason)
    text = str(refused.value)
    assert refused.value.exit_code == 3
    assert "of 2:" in text
    assert "latest, sites, 01AA00, child" in text and "municipalities, GM0007, count" in text
    assert "0.123" not in text and "3.0" not in text


def test_by_law_with_a_reason_passes() -> None:
    of_places.fail_if_found(FOUND, profile="by_law", reason=REASON)


def test_a_long_list_of_findings_is_cut_and_counted() -> None:
    rows = [("latest", "sites", f"{row:02d}AA00", "count", 4.0) for row in range(MOST + 5)]
    with pytest.raises(DisclosureError, match="and 5 more") as refused:
        of_places.fail_if_found(attacked(*rows), profile="strict", reason="")
    assert str(refused.value).count("sites") == MOST


def test_measures_count_what_was_found_and_name_no_place() -> None:
    table = of_places.measures(FOUND)
    assert table["measure"].tolist() == list(MEASURES)
    assert table["value"].tolist() == [800, 40, 1_200, 30, 7, 2]
    assert of_places.measures(attacked()).set_index("measure")["value"]["found"] == 0


# What is withheld


def scores(pupils: np.ndarray, score: np.ndarray) -> pd.DataFrame:
    names = [f"{row // 2:02d}AA0{row % 2}" for row in range(len(pupils))]
    frame = pd.DataFrame({"school_id": names, "n_children": pupils, "achterstandsscore": score})
    return frame.assign(note="")


def withheld(exact: pd.DataFrame, *, towns: int = 3, held: int = 0) -> pd.DataFrame:
    """Of sites as shown by the strict profile, two sites a BRIN, and towns of 60, 70, 80 pupils."""
    sites = of_places.sites(exact, profile=RULES.strict)
    names = [f"GM{row:04d}" for row in range(towns)]
    table = pd.DataFrame({"municipality": names, "n_pupils": 60 + 10 * np.arange(towns)})
    table = table.assign(n_children=table["n_pupils"] + 60, achterstandsscore=50.0, note="")
    shown = of_places.municipalities(
        table, names=pd.DataFrame({"municipality": names, "name": names}), profile=RULES.strict
    )
    published = Published(
        sites=sites,
        municipalities=shown,
        before=shown,
        profile=RULES.strict,
        changed={},
        held=held,
        ledger=Any,
    )
    date = of_places.Date(children=Any, score=np.zeros(0), allocated=Allocated(exact, table, 1))
    grants = pd.DataFrame({"grant": [np.nan, 1000.0]})
    return of_places.withheld(
        published, date, brins=of_places.brins(sites), grants=grants, rules=RULES
    )


def test_what_is_withheld_is_counted_as_a_loop_does() -> None:
    rng = np.random.default_rng(3)
    exact = scores(rng.integers(0, 90, 80), np.round(rng.exponential(20, 80), 2))
    exact.loc[exact["n_children"] == 0, "achterstandsscore"] = 0.0
    table = withheld(exact, held=4).set_index("what")
    few = [0 < n < 30 for n in exact["n_children"]]
    total = exact["achterstandsscore"].sum()
    shown = [round(s / 10 + 1e-9) * 10 for s in exact["achterstandsscore"]]
    assert table.loc["sites", ["rows", "of"]].tolist() == [sum(few), 80]
    assert table.loc["sites", "points"] == pytest.approx(
        sum(s for s, hidden in zip(exact["achterstandsscore"], few, strict=True) if hidden) / total
    )
    pairs = [few[row] or few[row + 1] for row in range(0, 80, 2)]
    assert table.loc["brins", ["rows", "of"]].tolist() == [sum(pairs), 40]
    assert table.loc["municipalities", ["rows", "of"]].tolist() == [2, 3]
    assert table.loc["municipalities_before", "rows"] == 2
    assert table.loc["grants", ["rows", "of"]].tolist() == [1, 2]
    rows = list(zip(exact["achterstandsscore"], shown, few, strict=True))
    assert table.loc["shown_as_zero", "rows"] == sum(
        not hidden and s > 0 and whole == 0 for s, whole, hidden in rows
    )
    assert table.loc["rounded", "rows"] == 80 - sum(few)
    moved = sum(abs(s - whole) for s, whole, hidden in rows if not hidden)
    assert table.loc["rounded", "points"] == pytest.approx(moved / total)
    assert table.loc["held", ["rows", "of"]].tolist() == [4, 80 + 3 + 3]


@pytest.mark.parametrize("count", [9, 10])
def test_points_of_few_sites_and_few_zeros_are_not_told(count: int) -> None:
    small = scores(np.repeat([20, 60], [count, 40]), np.full(count + 40, 30.0))
    table = withheld(small).set_index("what")
    assert np.isnan(table.loc["sites", "points"]) == (count < 10)
    low = scores(np.full(count + 40, 60), np.repeat([3.0, 30.0], [count, 40]))
    assert np.isnan(withheld(low).set_index("what").loc["shown_as_zero", "rows"]) == (count < 10)


# The page


def answer(result: Attacked, *, profile: str = "strict") -> str:
    table = withheld(scores(np.repeat([20, 60], [12, 40]), np.full(52, 30.0)))
    return report.answer(table, of_places.measures(result), profile=profile, fewest=RULES.fewest)


def test_the_answer_counts_what_is_withheld_and_says_that_the_attack_held() -> None:
    text = answer(attacked())
    assert text.startswith("No table or figure has a number of fewer than 10 children")
    assert "Scores of 12 of 52 school sites and of 2 of 3 municipalities are not shown" in text
    assert "1,200 linear and integer programmes, found neither the score of a child" in text
    assert "at least 7 values of their number stay possible" in text
    nothing_small = answer(attacked(fewest_values=np.inf))
    assert "found neither" in nothing_small and "stay possible" not in nothing_small
    with language.use("nl"):
        text = answer(attacked())
    assert "blijven er voor hun aantal ten minste 7 waarden mogelijk" in text
    assert "1.200" in text


def test_the_answer_says_what_the_attack_found() -> None:
    text = answer(FOUND, profile="by_law")
    assert "found too much about 2 places**, which the profile `by_law` accepts" in text
    one = attacked(FOUND.narrowed.iloc[0])
    assert "found too much about 1 place**" in answer(one, profile="by_law")
    assert "found neither" not in text
    with language.use("nl"):
        assert "`by_law`" in answer(FOUND, profile="by_law")


def test_a_run_without_a_country_says_so() -> None:
    for code, said in (("en", "This run has no scores of schools"), ("nl", "Deze run heeft geen")):
        with language.use(code):
            text = report.answer(None, None, profile="strict", fewest=10)
        assert said in text and "10" in text


@pytest.mark.parametrize(
    ("code", "strict", "excepted"),
    [("en", "there are no exceptions", "This report makes an exception"),
     ("nl", "er zijn geen uitzonderingen", "Dit rapport maakt een uitzondering")],
)  # fmt: skip
def test_an_exception_is_named_with_its_reason(code: str, strict: str, excepted: str) -> None:
    with language.use(code):
        usual = report.profile_finding(profile="strict", reason="")
        other = report.profile_finding(profile="by_law", reason=REASON)
    assert strict in usual and excepted not in usual
    assert excepted in other and "`by_law`" in other and REASON in other


@pytest.mark.parametrize("code", ["en", "nl"])
@pytest.mark.parametrize("profile", ["strict", "by_law"])
def test_rules_are_those_of_the_profile_in_force(code: str, profile: str) -> None:
    with language.use(code):
        table = report.rules_table(disclosure.entries(), profile=profile)
    rows = [cells for _, rows in table.groups for cells in rows]
    values = [cells[1] for cells in rows]
    step = {"strict": "10", "by_law": "0.01" if code == "en" else "0,01"}[profile]
    assert step in values and len(rows) == 5 + 6 + 4 + 2
    assert ("0.01" in values or "0,01" in values) == (profile == "by_law")
    own = {"en": "own choice", "nl": "eigen keuze"}[code]
    assert any(cells[2].startswith(own) for cells in rows)
    assert not any("ours" in cells[2] for cells in rows)
    assert any("measured" in cells[2] for cells in rows) == (code == "en")


def test_tables_of_the_page_have_words_for_all_that_they_say() -> None:
    exact = scores(np.repeat([20, 60], [12, 40]), np.full(52, 30.0))
    for code in ("en", "nl"):
        with language.use(code):
            kept = report.withheld_table(withheld(exact), about=ABOUT)
            attack = report.attack_table(of_places.measures(FOUND), about=ABOUT)
        names = [cells[0] for table in (kept, attack) for _, rows in table.groups for cells in rows]
        assert len(names) == 9 + len(MEASURES) and not any("_" in name for name in names)
