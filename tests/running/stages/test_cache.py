"""A kept result is used again only when it is whole and of the same key."""

import dataclasses
import os
from pathlib import Path

import pytest

from oablib.running.stages import cache, key
from oablib.running.stages.cache import Entry
from oablib.running.stages.task import Times


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "params").mkdir()
    monkeypatch.setenv("OAB_ROOT", str(tmp_path))
    return tmp_path


def keep(root: Path, of: str = "k", text: str = "table") -> Entry:
    made = root / "attempt"
    for place in ("private", "results"):
        (made / place).mkdir(parents=True)
    (made / "executed.ipynb").write_text("{}")
    (made / "private" / "cohort.parquet").write_text(text)
    return cache.keep(made, stem="01_a", components={"x": of}, times=Times(1.0, 0.5))


def found(of: str = "k") -> Entry | None:
    return cache.find("01_a", key.key({"x": of}))


def test_what_was_kept_is_found_with_its_record(root: Path) -> None:
    kept = keep(root)
    assert found() == dataclasses.replace(kept, fresh=False)
    assert list(kept.tables()) == ["private/cohort.parquet"]
    assert list(kept.digests()) == ["cohort"]
    assert kept.components == {"x": "k"}
    assert not (root / "attempt").exists()


@pytest.mark.parametrize("place", ["private/cohort.parquet", "executed.ipynb", "record.json"])
@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_a_damaged_entry_is_never_used(root: Path, place: str, damage: str) -> None:
    path = keep(root).folder / place
    path.write_text("x") if damage == "changed" else path.unlink()
    assert found() is None
    assert not path.parent.exists() or not list(path.parent.glob("*.json"))


def test_an_entry_under_the_name_of_another_is_not_used(root: Path) -> None:
    entry = keep(root)
    entry.folder.rename(entry.folder.with_name("other"))
    assert cache.find("01_a", "other") is None


def test_a_second_result_of_the_same_key_takes_the_place_of_the_first(root: Path) -> None:
    keep(root)
    again = keep(root, text="another")
    assert found() == dataclasses.replace(again, fresh=False)
    assert list(again.folder.parent.iterdir()) == [again.folder]


def test_the_entries_used_last_are_kept(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "KEPT", 2)
    for number, of in enumerate("abc"):
        folder = keep(root, of=of).folder
        os.utime(folder, (number, number))
    found("b")
    keep(root, of="d")
    assert [of for of in "abcd" if found(of)] == ["b", "d"]
