"""Attacks that succeeded on reports find nothing in one as it is made now, and do find in the old.

The old way of publishing is here so that a test can fail: each attack finds in it what is true.
"""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from oablib.base.errors import DisclosureError
from tests import attacks_on_files, attacks_on_reports
from tests.attacks_on_reports import Register, Report
from tests.disclosure import planted_country
from tests.disclosure.planted_country import Planted
from tests.places import ROOT
from tests.schools_that_come_back import few_schools

EXAMPLE = Report(ROOT / "reports" / "herijking-2021")
SEEDS = (1, 2, 3)
OF_PLACES = (
    attacks_on_reports.single_children,
    attacks_on_reports.toddlers,
    attacks_on_reports.hidden_sites,
)
Attack = Callable[[Report, Register], pd.DataFrame]


@pytest.fixture(scope="module", params=SEEDS)
def planted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Planted:
    return planted_country.drawn(tmp_path_factory.mktemp("country"), seed=request.param)


@pytest.fixture(scope="module")
def once(planted: Planted, tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp("once")
    planted_country.publish_as_once(planted, folder)
    return Report(folder)


@pytest.fixture(scope="module")
def now(planted: Planted, tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp("now")
    planted_country.publish(planted, folder)
    return Report(folder)


@pytest.mark.parametrize("attack", OF_PLACES)
def test_places_give_nothing_away_and_once_did(
    attack: Attack, planted: Planted, once: Report, now: Report
) -> None:
    register, truth = planted.register, planted.truth()
    assert len(attacks_on_reports.right(attack(once, register), truth)) >= 1
    assert attack(now, register).empty


def test_single_children_follow_from_cents_alone(planted: Planted, tmp_path: Path) -> None:
    """Without the target group: two decimals and scores below zero are enough."""
    planted_country.publish_in_cents(planted, tmp_path)
    found = attacks_on_reports.single_children(Report(tmp_path), planted.register)
    right = attacks_on_reports.right(found, planted.truth())
    assert "child" in set(right["what"])


def test_the_score_of_asylum_seekers_and_where_they_are(
    planted: Planted, once: Report, now: Report
) -> None:
    score, register = planted.asylum_score, planted.register
    named = attacks_on_reports.asylum_scores(once)
    assert named and named == pytest.approx([score] * len(named))
    assert attacks_on_files.prints(once, score)
    assert attacks_on_reports.all_asylum(once, score, register)
    assert attacks_on_reports.asylum_scores(now) == attacks_on_files.prints(now, score) == []
    assert attacks_on_reports.all_asylum(now, score, register) == []


def test_no_other_table_names_a_hidden_site(planted: Planted, once: Report, now: Report) -> None:
    sizes = planted.register.sites
    few = sizes["n_children"].between(1, planted_country.RULES.strict.fewest_pupils - 1)
    hidden = sizes.loc[few, "school_id"].tolist()
    assert len(hidden) == len(planted_country.SMALL)
    found = attacks_on_files.siblings(once, hidden)
    assert any("school_pairs.csv: change, current, new" in place for place in found)
    assert any("school_pairs.csv: hidden schools" in place for place in found)
    assert attacks_on_files.siblings(now, hidden) == []


def test_rows_of_children_are_found(planted: Planted, now: Report, tmp_path: Path) -> None:
    keys = planted.children.key.astype(str).tolist()
    assert attacks_on_files.rows_of_children(now, keys) == []
    (tmp_path / "tables").mkdir()
    rows = pd.DataFrame({"key": keys[:3], "score": planted.score[:3]})
    rows.to_csv(tmp_path / "tables" / "rows.csv", index=False)
    frame = {"data": {"text/html": "<table>", "text/plain": "a frame"}}
    for name, output in {"frame": frame, "print": {"text": "a row"}}.items():
        cells = [{"outputs": [output]}]
        (tmp_path / f"{name}.ipynb").write_text(json.dumps({"cells": cells}))
    assert set(attacks_on_files.rows_of_children(Report(tmp_path), keys)) == {
        "tables/rows.csv: column key",
        "tables/rows.csv: a child",
        "frame.ipynb: an output that is no exhibit",
        "print.ipynb: an output that is no exhibit",
    }


def changes(planted: Planted, other: Planted) -> pd.Series:
    """How many children of each site have another score."""
    differs = planted.score != other.score
    site = planted.children.site[differs & (planted.children.site >= 0)]
    names = planted.children.sites["school_id"].to_numpy()
    return pd.Series(np.bincount(site, minlength=len(names)), index=names)


def test_a_report_that_differs_by_one_child_is_refused(planted: Planted, tmp_path: Path) -> None:
    ledger = planted_country.publish(planted, tmp_path / "first")
    one = planted.changed(np.flatnonzero(planted.children.site >= 0)[:1])
    with pytest.raises(DisclosureError, match="1 joined, left or have another record") as refused:
        planted_country.publish(one, tmp_path / "second", earlier=ledger)
    assert refused.value.exit_code == 3


def test_two_reports_differ_only_where_ten_children_changed(
    planted: Planted, tmp_path: Path
) -> None:
    """Twenty spread over all sites, and twelve of one; without a ledger the former would show."""
    rng = np.random.default_rng(5)
    site, sizes = planted.children.site, np.bincount(planted.children.site.clip(0))
    spread = rng.choice(np.flatnonzero(site >= 0), 20, replace=False)
    many = np.flatnonzero(site == int(sizes.argmax()))[:12]
    other = planted.changed(np.union1d(spread, many))
    reports = {name: Report(tmp_path / name) for name in ("first", "second", "careless")}
    ledger = planted_country.publish(planted, reports["first"].folder)
    planted_country.publish(other, reports["second"].folder, earlier=ledger)
    planted_country.publish(other, reports["careless"].folder)
    counts = changes(planted, other)
    few = {
        name: [
            place
            for place in attacks_on_reports.that_differ(
                reports["first"], reports[name], "school_scores"
            )
            if counts[place] < planted_country.RULES.hold
        ]
        for name in ("second", "careless")
    }
    assert few["second"] == [] and len(few["careless"]) > 0


def test_few_schools_do_not_come_back_from_several_tables(tmp_path: Path) -> None:
    """172 zero under both and 116 above it under both, of 311; 122 above zero give 6 and 17."""
    tables = tmp_path / "tables"
    tables.mkdir()
    (tables / "school_crosstable.csv").write_text(
        "current,new,n\nzero,zero,172\nzero,above zero,\nabove zero,zero,\n"
        "above zero,above zero,116\n"
    )
    (tables / "school_bands.csv").write_text(
        "schools,n,share,lower,upper\nnot zero under both,139,0.8273381295,-54,54\n"
        "all,311,0.9,-36,36\n"
    )
    for above, found in ((122, ["zero, above zero: 6 schools"]), (120, [])):
        (tables / "allocation_averaging.csv").write_text(f"measure,early\nabove_zero,{above}\n")
        assert few_schools(Report(tmp_path)) == found
    for above, found in ((133, ["zero, above zero: 6 schools"]), (130, [])):
        text = f"By the indicator of 2021, the counts above zero would be about {above} and 151."
        (tmp_path / "11_allocation.html").write_text(text)
        assert few_schools(Report(tmp_path)) == found
    (tables / "causes.csv").write_text("group,places\nlosers,64\ngainers,75\n")
    shown = "-inf,-54,\n-54,0,57\n0,54,58\n54,inf,\n"
    (tables / "school_classes.csv").write_text(f"lower,upper,n\n{shown}")
    assert "classes 1 to 1: 7 schools" in few_schools(Report(tmp_path))
    hidden = shown.replace("57", "").replace("58", "")
    (tables / "school_classes.csv").write_text(f"lower,upper,n\n{hidden}")
    assert few_schools(Report(tmp_path)) == []


def test_the_example_gives_nothing_away() -> None:
    """What tables alone say; sites are in no municipality that an outsider could add up."""
    scores = EXAMPLE.table("school_scores")
    sites = scores[["school_id", "n_children"]].assign(municipality="")
    register = Register(sites, pd.DataFrame({"municipality": [], "n_children": []}))
    hidden = sites.loc[scores["achterstandsscore"].isna(), "school_id"]
    assert attacks_on_reports.single_children(EXAMPLE, register).empty
    assert attacks_on_reports.asylum_scores(EXAMPLE) == []
    assert attacks_on_reports.hidden_sites(EXAMPLE, register).empty
    assert attacks_on_files.siblings(EXAMPLE, hidden) == []
    assert attacks_on_files.rows_of_children(EXAMPLE, []) == []
    assert few_schools(EXAMPLE) == []
