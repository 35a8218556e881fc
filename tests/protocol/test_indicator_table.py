"""Which of the 36 indicators are in a cohort, and what models do with them: by hand."""

import pandas as pd

from oablib.protocol import codebook, indicator_table, indicators, models

TABLE = codebook.load().table("cohort")
KNOWN = pd.DataFrame(
    {
        "variable": ["education_father", "education_mother", "sex", "cito", "household_income"],
        "known": [0.4, 0.6, 1.0, 1.0, float("nan")],
    }
)


def held(*names: str) -> pd.DataFrame:
    listed = indicators.load().indicators
    chosen = [models.load(name) for name in names]
    found = indicator_table.held(listed, table=TABLE, models=chosen, known=KNOWN, children=900)
    return found.set_index("number")


def test_roles_are_the_most_that_a_model_makes_of_a_column() -> None:
    base = held("base")
    assert base["role"][3] == "outcome" and base["role"][7] == "mediator"
    assert base["role"][4] == base["role"][17] == base["role"][21] == "predictor"
    assert base["role"][5] == "auxiliary" and base["models"][5] == 0
    both = held("base", "full")
    assert both["role"][5] == "predictor" and both["models"][5] == 1 and both["models"][4] == 2


def test_an_indicator_without_a_column_has_no_role_and_no_share() -> None:
    found = held("base")
    assert found["columns"][6] == "" and found["role"][6] == ""
    assert pd.isna(found["unknown_here"][6]) and pd.isna(found["n"][6]) and len(found) == 36
    assert found["n"][4] == 900


def test_the_share_is_of_the_column_that_is_unknown_most() -> None:
    found = held("base")["unknown_here"]
    assert found[4] == 0.6 and found[10] == 0
    assert pd.isna(found[5])  # hidden in known_shares


def test_every_indicator_says_what_it_is_usable_for_in_both_languages() -> None:
    for each in indicators.load().indicators:
        assert each.use and each.definition_nl != each.definition
        assert bool(each.unknown) == bool(each.unknown_nl)
        assert bool(each.detail) == bool(each.detail_nl)
