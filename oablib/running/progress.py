"""What a run says while it runs: a line for each stage, and a log file that keeps all of it."""

import sys
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal, TextIO

Level = Literal["quiet", "normal", "verbose"]
_CLEAR = "\r\x1b[K"


class Progress:
    """One line a stage, with the time it took and the time it took before.

    On a terminal a last line shows what is under way; elsewhere, as in a log of CI or under a
    cell of a notebook, only lines that stay are written. expected: seconds of the last run.
    """

    def __init__(
        self,
        log: Path,
        *,
        level: Level = "normal",
        expected: Mapping[str, float] | None = None,
        out: TextIO | None = None,
    ) -> None:
        self._log, self._level = log, level
        self._expected = dict(expected or {})
        self._out = out or sys.stderr
        self._live = level != "quiet" and self._out.isatty()
        self._started: dict[str, float] = {}

    @property
    def under_way(self) -> str:
        """Names of what has begun and is not done."""
        return ", ".join(self._started)

    def start(self, name: str) -> None:
        """A stage begins."""
        self._started[name] = time.perf_counter()
        self._write(f"{name} started")
        self.tick()

    def finish(self, name: str, seconds: float | None = None) -> None:
        """A stage is done; seconds: where the time since `start` is not what it took."""
        began = self._started.pop(name)
        spent = time.perf_counter() - began if seconds is None else seconds
        before = self._expected.get(name)
        last = "" if before is None else f"   (last run {before:.1f} s)"
        self.say(f"{name:<18} {spent:7.1f} s{last}")

    def unchanged(self, name: str) -> None:
        """A stage has nothing to do."""
        self.say(f"{name:<18} unchanged")

    def say(self, text: str) -> None:
        """A line that stays."""
        self._write(text)
        if self._level != "quiet":
            self._out.write(f"{_CLEAR if self._live else ''}{text}\n")
            self._out.flush()
            self.tick()

    def detail(self, text: str) -> None:
        """A line for the log, and for a reader that wants all of them."""
        if self._level == "verbose":
            self.say(text)
        else:
            self._write(text)

    def tick(self) -> None:
        """Show what is under way, on a terminal."""
        now = time.perf_counter()
        expected = {name: f" of {seconds:.0f}" for name, seconds in self._expected.items()}
        started = self._started.items()
        parts = [f"{name} {now - began:.0f} s{expected.get(name, '')}" for name, began in started]
        self._show("   ".join(parts))

    def close(self) -> None:
        """Take the line of the terminal away."""
        self._show("")

    def _show(self, text: str) -> None:
        if self._live:
            self._out.write(_CLEAR + text)
            self._out.flush()

    def _write(self, text: str) -> None:
        with self._log.open("a", encoding="utf-8") as stream:
            stream.write(f"{datetime.now():%Y-%m-%d %H:%M:%S} {text}\n")
