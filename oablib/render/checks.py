"""Refuse HTML that runs scripts, loads from outside the page, or shows a picture without words."""

import re
from collections.abc import Callable
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from oablib.base.errors import RenderError

_REFUSED_TAGS = frozenset(
    {"script", "iframe", "frame", "object", "embed", "applet", "base", "form", "link", "meta"}
)
_LOADING = frozenset({"src", "srcset", "poster", "data", "background", "action", "formaction"})
_LOADING_LINK_TAGS = frozenset({"image", "use", "feimage"})  # in SVG a href loads what it names
_SAFE_LINK = re.compile(r"(?:https?:|mailto:|#|[a-z0-9_./-]+(?:#|$))", re.IGNORECASE)
_LOADING_STYLE = re.compile(r"@import|expression\s*\(|url\(\s*['\"]?(?!data:image/|#)", re.I)


def fail_if_unsafe(html: str, *, stem: str) -> None:
    """Check the body of a report.

    Raises RenderError naming each kind of fault once: a script, an event handler, a source outside
    the page, an image without alternative text, a drawing (svg) without a name.
    """
    check = _Check()
    check.feed(html)
    check.close()
    check.finish_drawing()
    if check.faults:
        raise RenderError(f"Report {stem} cannot be published: {'; '.join(check.faults)}.")


class _Check(HTMLParser):
    """Collects faults; what it says names tags and attributes, never their content."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: dict[str, None] = {}  # a set that keeps the order
        self._style = False
        self._drawings: list[bool] = []  # for each open svg: does it have a name

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Check one element with its attributes."""
        values = {name: value or "" for name, value in attrs}
        if tag in _REFUSED_TAGS:
            self._fault(f"<{tag}> is not allowed")
        for name, value in values.items():
            self._check_attribute(tag, name, value.strip())
        if tag == "img" and not values.get("alt", "").strip():
            self._fault("a figure has no alt text; give <img> an alt that says what it shows")
        if tag == "svg":
            named = any(values.get(key, "").strip() for key in ("aria-label", "aria-labelledby"))
            self._drawings.append(named or values.get("aria-hidden") == "true")
        if tag == "title" and self._drawings:
            self._drawings[-1] = True
        self._style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        """Leave a drawing or a style sheet."""
        if tag == "svg":
            self.finish_drawing()
        self._style = False

    def handle_data(self, data: str) -> None:
        """Check the text of a style sheet."""
        if self._style and _LOADING_STYLE.search(data):
            self._fault("a style sheet loads from outside the page")

    def finish_drawing(self) -> None:
        """Judge the drawing that has just ended."""
        if self._drawings and not self._drawings.pop():
            self._fault("a drawing (svg) has no name; give it a <title> or an aria-label")

    def _check_attribute(self, tag: str, name: str, value: str) -> None:
        local = name.rpartition(":")[2]
        if name.startswith("on"):
            self._fault(f"the event handler {name} is not allowed")
        elif local in _LOADING or (local == "href" and tag in _LOADING_LINK_TAGS):
            if not value.startswith(("data:image/", "#")):
                self._fault(f"{name} of <{tag}> loads from outside the page")
        elif local == "href" and not _SAFE_LINK.match(value):
            self._fault(f"{name} of <{tag}> is no plain link")
        elif name == "style" and _LOADING_STYLE.search(value):
            self._fault(f"style of <{tag}> loads from outside the page")

    def _fault(self, text: str) -> None:
        self.faults.setdefault(text)


OUTSIDE = frozenset({"https", "mailto"})
_INSIDE = "data"  # a picture in the page itself


def broken(folder: Path) -> list[str]:
    """What is wrong, as "page.html: target", for every page below `folder`.

    A link leads nowhere when its file is absent or empty, its anchor is not in the page, it is
    absolute, or names a protocol other than https and mailto; anchors count with their file.
    """
    read = cache(_read)
    faults = {
        f"{page.relative_to(folder).as_posix()}: {fault}": None  # a set that keeps the order
        for page in sorted(folder.rglob("*.html"))
        for target in read(page).targets
        if (fault := _fault(target, page=page, folder=folder, read=read))
    }
    return list(faults)


class _Links(HTMLParser):
    """Anchors that a page offers, and targets of its links."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.anchors: set[str] = set()
        self.targets: dict[str, None] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the anchors and the links of one element."""
        for name, value in attrs:
            if name == "id" and value:
                self.anchors.add(value)
            elif name in ("href", "src"):
                self.targets[value or ""] = None


def _read(path: Path) -> _Links:
    links = _Links()
    links.feed(path.read_text(encoding="utf-8"))
    links.close()
    return links


def _fault(target: str, *, page: Path, folder: Path, read: Callable[[Path], _Links]) -> str:
    """What is wrong with a link, empty if nothing is."""
    parts = urlsplit(target)
    if parts.scheme in OUTSIDE or parts.scheme == _INSIDE:
        return ""
    if not target or parts.scheme or parts.netloc or parts.path.startswith("/"):
        return f"{target or 'nothing'} is no relative link"
    file = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not file.is_relative_to(folder.resolve()) and file != page:
        return f"{target} is outside the folder"
    if not file.is_file() or not file.stat().st_size:
        return f"{target} is absent or empty"
    if parts.fragment and unquote(parts.fragment) not in read(file).anchors:
        return f"{target} names a place that is not there"
    return ""
