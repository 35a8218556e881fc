"""Links of the pages below a folder that lead nowhere."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

OUTSIDE = frozenset({"https", "mailto"})
_INSIDE = "data"  # a picture in the page itself


def broken(folder: Path) -> list[str]:
    """What is wrong, as "page.html: target", for every page below `folder`.

    A link leads nowhere when its file is absent or empty, its place is not in the page, it is
    absolute, or names a protocol other than https and mailto; places count with their file.
    """
    read = cache(_read)
    return [
        f"{page.relative_to(folder).as_posix()}: {fault}"
        for page in sorted(folder.rglob("*.html"))
        for target in read(page).targets
        for fault in _faults(target, page=page, folder=folder, read=read)
    ]


@dataclass(slots=True)
class _Page:
    """Places that a page offers, and where it leads."""

    places: set[str] = field(default_factory=set)
    targets: dict[str, None] = field(default_factory=dict)  # a set that keeps the order


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = _Page()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the places and the links of one element."""
        for name, value in attrs:
            if name == "id" and value:
                self.page.places.add(value)
            elif name in ("href", "src"):
                self.page.targets[value or ""] = None


def _read(path: Path) -> _Page:
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    reader.close()
    return reader.page


def _faults(
    target: str, *, page: Path, folder: Path, read: Callable[[Path], _Page]
) -> Iterator[str]:
    parts = urlsplit(target)
    if parts.scheme in OUTSIDE or parts.scheme == _INSIDE:
        return
    if not target or parts.scheme or parts.netloc or parts.path.startswith("/"):
        yield f"{target or 'nothing'} is no relative link"
        return
    file = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not file.is_relative_to(folder.resolve()) and file != page:
        yield f"{target} is outside the folder"
    elif not file.is_file() or not file.stat().st_size:
        yield f"{target} is absent or empty"
    elif parts.fragment and unquote(parts.fragment) not in read(file).places:
        yield f"{target} names a place that is not there"
