"""Chromium, and the pages that `python3 nox.py -s pages` has made."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.places import ROOT

PROJECT = ROOT
REPORTS = PROJECT / "reports"
RUNS = ("demo", "herijking-2021")
PAGES = [
    REPORTS / "index.html",
    # Those of both languages; OAB_PAGES=demo/nl/05 for some of them.
    *(p for run in RUNS for p in sorted((REPORTS / run).rglob("*.html"))),
]
PAGES = [p for p in PAGES if os.environ.get("OAB_PAGES", "") in p.relative_to(REPORTS).as_posix()]
PICTURES = PROJECT / ".work" / "pages"
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
Open = Callable[..., Page]


def page_name(page: Path) -> str:
    """Short name of a page."""
    return page.relative_to(REPORTS).with_suffix("").as_posix()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium of the machine, or playwright's own where it has been installed."""
    own = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    with sync_playwright() as started:
        # Without its sandbox, since root has none; the pages are ours.
        found = started.chromium.launch(executable_path=own, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def opened(browser: Browser) -> Iterator[Open]:
    """Open a page with all that folds unfolded: opened(path, width=360, scheme="dark")."""
    contexts = []

    def call(
        path: Path, *, width: int = 1400, scheme: str = "light", script: bool = True, at: str = ""
    ) -> Page:
        # axe is a script that we bring; what the pages' own policy forbids is a test by itself.
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme,
            java_script_enabled=script, bypass_csp=script,
        )  # fmt: skip
        contexts.append(context)
        page = context.new_page()
        page.goto(path.as_uri() + at)
        if script:
            page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        return page

    yield call
    for context in contexts:
        context.close()
