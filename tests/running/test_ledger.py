"""Which ledger a run is held against, when it moves on, and when its absence stops a run."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from oablib.base.errors import DisclosureError
from oablib.disclosure.of_places import held
from oablib.running.ledger import BEFORE, NOW, SHOWN, Ledger
from oablib.running.stages import key
from oablib.running.stages.cache import Entry
from oablib.running.stages.declared import LEDGER, Stage

TABLES = (held.CHILDREN, held.ROWS)
FILES = [f"{name}.parquet" for name in TABLES]
STEM = "11_allocation"
FIRST, SECOND = {"table pupil_scores": "one"}, {"table pupil_scores": "two"}


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "work" / "mine")


def stage(stem: str = STEM, *, reads: tuple[str, ...] = (LEDGER,)) -> Stage:
    return Stage(
        stem=stem, text="{}", code=(), parameters=(), reads=reads, may_read=(),
        writes=("school_scores", *TABLES), may_write=(), rules=(),
    )  # fmt: skip


def entry(folder: Path, ledger: Ledger, parts: Mapping[str, str], content: str) -> Entry:
    """A result of the allocation on these parts and what was published before; with its ledger."""
    private = folder / content / "private"
    private.mkdir(parents=True)
    for name in FILES:
        (private / name).write_text(f"{content} {name}")
    components = {**parts, **ledger.components(stage(), parts)}
    return Entry(
        stem=STEM, folder=private.parent, key=key.key(components), components=components,
        files={}, seconds=1.0, in_cells=1.0,
    )  # fmt: skip


def publish(folder: Path, ledger: Ledger, parts: Mapping[str, str], content: str) -> None:
    ledger.update([stage()], {STEM: entry(folder, ledger, parts, content)})


def read(ledger: Ledger, parts: Mapping[str, str]) -> set[str]:
    """What the files say that a run on these parts reads: of which report they are."""
    found = ledger.paths(stage(), parts)
    assert set(found) == {f"{LEDGER}/{name}" for name in FILES} or not found
    return {path.read_text().split()[0] for path in found.values()}


def test_a_first_report_is_held_against_nothing(ledger: Ledger) -> None:
    assert ledger.paths(stage(), FIRST) == {} and ledger.components(stage(), FIRST) == {}


def test_other_inputs_read_what_is_published_and_the_same_what_was_before(
    tmp_path: Path, ledger: Ledger
) -> None:
    publish(tmp_path, ledger, FIRST, "a")
    assert read(ledger, FIRST) == set()  # as when it was made: nothing was published before
    assert read(ledger, SECOND) == {"a"}
    publish(tmp_path, ledger, SECOND, "b")
    assert read(ledger, SECOND) == {"a"}
    assert read(ledger, FIRST) == read(ledger, {"table pupil_scores": "three"}) == {"b"}


def test_a_run_on_the_same_inputs_has_the_same_key_as_the_published_one(
    tmp_path: Path, ledger: Ledger
) -> None:
    publish(tmp_path, ledger, FIRST, "a")
    second = entry(tmp_path, ledger, SECOND, "b")
    ledger.update([stage()], {STEM: second})
    assert {**SECOND, **ledger.components(stage(), SECOND)} == second.components
    assert ledger.components(stage(), FIRST) != ledger.components(stage(), SECOND)


def test_the_same_report_again_moves_no_ledger(tmp_path: Path, ledger: Ledger) -> None:
    publish(tmp_path, ledger, FIRST, "a")
    publish(tmp_path, ledger, SECOND, "b")
    publish(tmp_path, ledger, SECOND, "again")
    assert read(ledger, SECOND) == {"a"} and read(ledger, FIRST) == {"b"}


def test_update_moves_now_to_before_and_leaves_nothing_else(tmp_path: Path, ledger: Ledger) -> None:
    for number, content in enumerate("abc"):
        publish(tmp_path, ledger, {"table pupil_scores": str(number)}, content)
    kept = {name: {(ledger.of(stage()) / name / each).read_text().split()[0] for each in FILES}
            for name in (NOW, BEFORE)}  # fmt: skip
    assert kept == {NOW: {"c"}, BEFORE: {"b"}}
    assert not (ledger.of(stage()) / "new").exists()
    assert (ledger.of(stage()) / NOW).stat().st_mode & 0o077 == 0


def test_stages_without_a_ledger_move_nothing(tmp_path: Path, ledger: Ledger) -> None:
    other = replace(entry(tmp_path, ledger, FIRST, "a"), stem="01_intake")
    ledger.update([stage("01_intake", reads=("delivery",))], {"01_intake": other})
    assert not ledger.of(stage()).parent.exists()


def test_a_ledger_that_lacks_a_file_is_none(tmp_path: Path, ledger: Ledger) -> None:
    publish(tmp_path, ledger, FIRST, "a")
    (ledger.of(stage()) / NOW / FILES[1]).unlink()
    assert ledger.paths(stage(), SECOND) == {}


def reports(folder: Path, *scores: str | None) -> list[Path]:
    """Folders of an earlier report and its successor, with such scores of sites or none."""
    made = [folder / "mine", folder / "mine.new"]
    for report, text in zip(made, scores, strict=True):
        (report / "tables").mkdir(parents=True)
        if text is not None:
            (report / "tables" / SHOWN).write_text(text)
    return made


def test_a_delivered_country_without_a_ledger_is_refused_where_scores_differ(
    tmp_path: Path, ledger: Ledger
) -> None:
    folders = reports(tmp_path, "01AA00,10", "01AA00,20")
    with pytest.raises(DisclosureError, match="mine was published before") as refused:
        ledger.fail_if_absent(*folders, drawn=False)
    assert refused.value.exit_code == 3
    folder = str(ledger.of(stage()).parent)
    assert folder in str(refused.value)
    # Digits in the name of the folder are no score.
    said = str(refused.value).replace(folder, "")
    assert "01AA00" not in said and "20" not in said


def test_drawn_countries_and_known_ones_may_differ(tmp_path: Path, ledger: Ledger) -> None:
    folders = reports(tmp_path, "01AA00,10", "01AA00,20")
    ledger.fail_if_absent(*folders, drawn=True)
    publish(tmp_path, ledger, FIRST, "a")
    ledger.fail_if_absent(*folders, drawn=False)


@pytest.mark.parametrize("scores", [("a,1", "a,1"), (None, "a,1"), ("a,1", None), (None, None)])
def test_equal_and_absent_scores_need_no_ledger(
    tmp_path: Path, ledger: Ledger, scores: Any
) -> None:
    ledger.fail_if_absent(*reports(tmp_path, *scores), drawn=False)
