"""The front page from the file system: it finds, filters, remembers, and reads without script."""

from playwright.sync_api import Page

from tests.pages.conftest import REPORTS, RUNS, Open

FRONT = REPORTS / "index.html"


def open_in(opened: Open, language: str, **options: object) -> Page:
    """The front page in a language, whatever the browser prefers."""
    page = opened(FRONT, **options)
    page.locator(f"[data-chooses={language}]").click()
    return page


def shown(page: Page, what: str = "ol.reports > li") -> int:
    return page.locator(f"{what}:visible").count()


def test_words_find_reports_by_what_is_in_them(opened: Open) -> None:
    page = open_in(opened, "en")
    everything = shown(page)
    page.get_by_label("Search in").fill("words that stand nowhere")
    assert shown(page) == 0
    page.get_by_label("Search in").fill("HERIJKING scale values")
    assert 0 < shown(page) < everything
    assert page.locator(".count:visible").inner_text().startswith(str(shown(page)))


def test_filters_take_run_kind_and_status_together(opened: Open) -> None:
    page = open_in(opened, "en")
    page.locator("#en").get_by_label("Run", exact=True).select_option(RUNS[1])
    page.locator("#en").get_by_label("What", exact=True).select_option("figure")
    assert shown(page, ".run-entry") == 1
    assert shown(page, "li[data-kind=figure]") > 5
    assert shown(page, "li[data-kind=table]") == 0
    assert "figures" in page.locator(".count:visible").inner_text()


def test_a_link_remembers_what_was_searched(opened: Open) -> None:
    page = open_in(opened, "en")
    page.get_by_label("Search in").fill("imputation")
    address = page.evaluate("location.hash")
    again = opened(FRONT, at=address)
    assert again.get_by_label("Search in").input_value() == "imputation"
    assert shown(again) == shown(page)


def test_what_is_found_opens(opened: Open) -> None:
    page = open_in(opened, "en")
    page.get_by_label("Search in").fill("demo direct effects on cito")
    link = page.locator("li[data-kind=table]:visible a").first
    title = link.inner_text().partition(". ")[2]
    link.click()
    label = page.evaluate("location.hash.slice(1)")
    assert title in page.locator(f"[id='{label}']").inner_text()


def test_the_page_is_in_one_language_and_remembers_which(opened: Open) -> None:
    page = open_in(opened, "nl")
    assert page.locator("html").get_attribute("lang") == "nl"
    assert page.get_by_label("Zoek in").is_visible()
    assert page.locator("[data-language=en]").is_hidden()
    page.get_by_label("Zoek in").fill("imputatie")
    again = opened(FRONT, at=page.evaluate("location.hash"))
    assert again.get_by_label("Zoek in").input_value() == "imputatie"
    assert shown(again) == shown(page)


def test_a_search_goes_along_to_the_other_language(opened: Open) -> None:
    page = open_in(opened, "en")
    page.get_by_label("Search in").fill("demo 05")
    count = shown(page)
    page.locator("[data-chooses=nl]").click()
    assert page.get_by_label("Zoek in").input_value() == "demo 05"
    assert shown(page) == count


def test_without_script_the_whole_list_is_there(opened: Open) -> None:
    page = opened(FRONT, script=False)
    assert page.locator(".search:visible").count() == 0
    assert shown(page) == page.locator("ol.reports > li").count() > 0
