"""The front page from the file system: it finds, filters, remembers, and reads without script."""

from playwright.sync_api import Page

from tests.pages.conftest import REPORTS, RUNS, Open

FRONT = REPORTS / "index.html"


def shown(page: Page, what: str = "ol.reports > li") -> int:
    return page.locator(f"{what}:visible").count()


def test_words_find_reports_by_what_is_in_them(opened: Open) -> None:
    page = opened(FRONT)
    everything = shown(page)
    page.get_by_label("Search in").fill("words that stand nowhere")
    assert shown(page) == 0
    page.get_by_label("Search in").fill("HERIJKING scale values")
    assert 0 < shown(page) < everything
    assert page.locator(".count").inner_text().startswith(str(shown(page)))


def test_filters_take_run_kind_and_status_together(opened: Open) -> None:
    page = opened(FRONT)
    page.get_by_label("Run", exact=True).select_option(RUNS[1])
    page.get_by_label("What", exact=True).select_option("figure")
    assert shown(page, ".run-entry") == 1
    assert shown(page, "li[data-kind=figure]") > 5
    assert shown(page, "li[data-kind=table]") == 0
    assert "figures" in page.locator(".count").inner_text()


def test_a_link_remembers_what_was_searched(opened: Open) -> None:
    page = opened(FRONT)
    page.get_by_label("Search in").fill("imputation")
    address = page.evaluate("location.hash")
    again = opened(FRONT, at=address)
    assert again.get_by_label("Search in").input_value() == "imputation"
    assert shown(again) == shown(page)


def test_what_is_found_opens(opened: Open) -> None:
    page = opened(FRONT)
    page.get_by_label("Search in").fill("demo direct effects on cito")
    link = page.locator("li[data-kind=table]:visible a").first
    title = link.inner_text().partition(". ")[2]
    link.click()
    label = page.evaluate("location.hash.slice(1)")
    assert title in page.locator(f"[id='{label}']").inner_text()


def test_without_script_the_whole_list_is_there(opened: Open) -> None:
    page = opened(FRONT, script=False)
    assert page.locator(".search").is_hidden()
    assert shown(page) == page.locator("ol.reports > li").count() > 0
