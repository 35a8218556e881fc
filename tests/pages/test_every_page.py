"""What holds for each page: everybody can read it, on any screen, and it keeps to itself."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.pages.conftest import PAGES, PICTURES, REPORTS, RUNS, Open, page_name

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
LOOKS = [(width, scheme) for width in (360, 1400) for scheme in ("light", "dark")]
SMALLEST_LETTERS = 11  # CSS pixels
LONGEST_LINE = 95  # letters of running text; more are hard to follow
MOST_SCROLLING = 10  # tables of a run, of about 93, that do not fit on a telephone
SHEET = 672  # pixels of a line on A4: 210 mm less the margins of the style, 96 an inch
TO_CLICK = ".stages, .get, .elsewhere, .hint, details.source, details.long > summary, .search"
WAIT = 100  # milliseconds, in which a request would have gone out
CUT_OFF = """
() => [...document.querySelectorAll("main *")].filter(each => {
  const style = getComputedStyle(each);
  return each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 0
    && ["hidden", "clip"].includes(style.overflowX);
}).map(each => each.outerHTML.slice(0, 80))
"""
LETTERS = """
() => Math.min(...[...document.querySelectorAll("main *")]
  .filter(each => [...each.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
  .filter(each => !each.closest("math")).map(each => parseFloat(getComputedStyle(each).fontSize)))
"""
SCROLLING = """
() => [...document.querySelectorAll("main table")].filter(each => {
  const frame = each.closest(".table") ?? each.parentElement;
  return frame.scrollWidth > frame.clientWidth + 1;
}).map(each => {
  const hint = each.closest(".table")?.previousElementSibling;
  return [each.id, hint?.className === "hint" && hint.checkVisibility()];
})
"""
# A sign of a formula is one letter, though it stands on a line of its own and is two code units.
LINE = """
() => Math.max(...[...document.querySelectorAll("main p")].map(p => {
  const letters = [...p.innerText.replaceAll("\\n", "")].length;
  const lines = Math.round(p.clientHeight / parseFloat(getComputedStyle(p).lineHeight));
  return lines > 2 ? letters / lines : 0;
}))
"""

every_page = pytest.mark.parametrize("path", PAGES, ids=page_name)


@every_page
@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_axe_finds_no_violation_of_wcag(path: Path, width: int, scheme: str, opened: Open) -> None:
    page = opened(path, width=width, scheme=scheme)
    PICTURES.mkdir(parents=True, exist_ok=True)
    name = f"{page_name(path).replace('/', '_')}-{width}-{scheme}.png"
    page.screenshot(path=PICTURES / name, full_page=True)
    found = Axe().run(page, options={"runOnly": WCAG}).response
    assert len(found["passes"]) > 10  # it did look
    assert [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in found["violations"]] == []


@every_page
def test_each_text_says_its_language(path: Path, opened: Open) -> None:
    page = opened(path)
    code = "nl" if path.parent.name == "nl" else "en"
    if path.parent != REPORTS:
        assert page.locator("html").get_attribute("lang") == code
        other = page.locator("a.language")
        assert other.get_attribute("hreflang") == ("en" if code == "nl" else "nl")
        other.click()
        assert page.url.endswith(path.name)
        assert page.locator("html").get_attribute("lang") != code


@every_page
def test_the_way_to_the_other_language_keeps_the_place(path: Path, opened: Open) -> None:
    page = opened(path)
    links = page.locator(".heading .elsewhere, .exhibit .elsewhere")
    for index in range(min(links.count(), 3)):
        links.nth(index).click()
        place = page.evaluate("decodeURIComponent(location.hash.slice(1))")
        assert page.locator(f"[id='{place}']").is_visible()
        page.goto(path.as_uri())


@every_page
def test_no_request_leaves_the_page(path: Path, browser: Browser) -> None:
    """With its own content policy in force, and nothing said on the console."""
    page = browser.new_page()
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(path.as_uri())
    page.mouse.wheel(0, 20_000)
    page.wait_for_timeout(WAIT)
    page.close()
    assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
    assert said == []


@every_page
@pytest.mark.parametrize("width", [360, 1400])
def test_only_tables_and_figures_are_wider_than_the_screen(
    path: Path, width: int, opened: Open
) -> None:
    page = opened(path, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CUT_OFF) == []
    assert page.evaluate(LETTERS) >= SMALLEST_LETTERS
    assert page.evaluate(LINE) <= LONGEST_LINE


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("run", RUNS)
def test_tables_are_read_on_a_telephone_without_scrolling_sideways(
    run: str, language: str, opened: Open
) -> None:
    folder = REPORTS / run / ("" if language == "en" else language)
    pages = [path for path in PAGES if path.parent == folder]
    found = [
        (path.stem, *table)
        for path in pages
        for table in opened(path, width=360).evaluate(SCROLLING)
    ]
    assert len(found) <= MOST_SCROLLING
    assert [table for table in found if not table[-1]] == []  # each says that it scrolls


@every_page
def test_pictures_are_there_and_told_in_words(path: Path, opened: Open) -> None:
    page = opened(path)
    pictures = "[...document.images].map(each => [each.naturalWidth > 0, each.alt.length > 20])"
    assert all(drawn and described for drawn, described in page.evaluate(pictures))


@every_page
def test_paper_shows_the_text_and_nothing_to_click(path: Path, opened: Open) -> None:
    page = opened(path, scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    hidden = f"[...document.querySelectorAll('{TO_CLICK}')]"
    assert page.evaluate(f"{hidden}.every(each => !each.checkVisibility())")
    page.evaluate("document.querySelectorAll('details.long').forEach(each => each.open = false)")
    folded = "[...document.querySelectorAll('details.long table')]"
    assert page.evaluate(f"{folded}.every(each => each.getBoundingClientRect().height > 0)")
    ink = "getComputedStyle(document.body).color"
    assert page.evaluate(ink) == "rgb(0, 0, 0)"
    page.set_viewport_size({"width": SHEET, "height": 900})
    edges = "map(each => each.getBoundingClientRect().right)"
    wide = f"[...document.querySelectorAll('main table, main img')].{edges}"
    assert max([0, *page.evaluate(wide)]) <= SHEET
    target = PICTURES / f"{page_name(path).replace('/', '_')}-print.pdf"
    assert page.pdf(path=target, format="A4", prefer_css_page_size=True).startswith(b"%PDF")
