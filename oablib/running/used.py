"""Which kept results a run has used, so that it can be asked to let go of them."""

from pathlib import Path

from oablib.running import workspace

USED = "used.txt"
"""In a run's private folder: a line <stem>/<key> for each kept result that it made or took."""


def note(stem: str, key: str, *, work: Path) -> None:
    """Write down that the run whose private folder is `work` uses a kept result.

    Before it is made, so that a run that is killed does not leave a result that nobody owns.
    """
    name = f"{stem}/{key}"
    if name not in _lines(work):
        with (work / USED).open("a", encoding="utf-8") as stream:
            stream.write(f"{name}\n")


def of(run: str) -> frozenset[str]:
    """Kept results of a run: <stem>/<key>, whether or not they are still there."""
    return frozenset(_lines(workspace.of(run)))


def _lines(work: Path) -> list[str]:
    try:
        return (work / USED).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
