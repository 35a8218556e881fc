"""Lines that stay, one a stage, with the time of the last run; and all of it in the log."""

import io
from pathlib import Path

import pytest

from oablib.running.progress import Level, Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def progress_of(out: io.StringIO, log: Path, level: Level = "normal") -> Progress:
    progress = Progress(log, level=level, expected={"01_intake": 3.04}, out=out)
    progress.start("01_intake")
    progress.finish("01_intake", 2.5)
    progress.unchanged("03_imputation")
    progress.detail("key 12ab")
    progress.close()
    return progress


def test_a_line_for_each_stage_with_elapsed_and_expected_time(tmp_path: Path) -> None:
    out = io.StringIO()
    progress_of(out, tmp_path / "log")
    assert out.getvalue().splitlines() == [
        "01_intake              2.5 s   (last run 3.0 s)",
        "03_imputation      unchanged",
    ]


@pytest.mark.parametrize(("level", "lines"), [("quiet", 0), ("normal", 2), ("verbose", 3)])
def test_levels_differ_in_what_is_shown_not_in_what_is_kept(
    tmp_path: Path, level: Level, lines: int
) -> None:
    out = io.StringIO()
    progress_of(out, tmp_path / "log", level)
    assert len(out.getvalue().splitlines()) == lines
    kept = (tmp_path / "log").read_text(encoding="utf-8").splitlines()
    assert [line.split(" ", 2)[2].split()[0] for line in kept] == [
        "01_intake", "01_intake", "03_imputation", "key",
    ]  # fmt: skip


def test_a_terminal_shows_what_is_under_way_and_is_left_clean(tmp_path: Path) -> None:
    out = Terminal()
    progress_of(out, tmp_path / "log")
    assert "01_intake 0 s of 3" in out.getvalue()
    assert out.getvalue().endswith("\r\x1b[K")
