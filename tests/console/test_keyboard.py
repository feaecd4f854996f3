"""What keys do beside the story's: skipping, searching, walking; what keeps its place; pages without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from console_browser import Inhabited
from console_hands import Keys

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

REFRESH = """async () => {
  const live = document.querySelector('script[src*="/console.js"]').src.replace("console.js", "console-live.js");
  await (await import(live)).refresh();
}"""
HERE = "(document.activeElement.getAttribute('aria-label') || document.activeElement.textContent).trim()"


def at(page: Page) -> str:
    found: str = page.evaluate(HERE)
    return found


def changed(html: str) -> str:
    return html.replace('id="view"', 'id="view" data-changed')


@pytest.mark.slow
def test_the_first_tab_skips_the_menu(inhabited: Inhabited, page: Page) -> None:
    page.goto(f"{inhabited.console}/runs")
    page.keyboard.press("Tab")
    assert at(page) == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


@pytest.mark.slow
def test_search_opens_with_one_key_and_gives_the_place_back(inhabited: Inhabited, page: Page) -> None:
    page.goto(f"{inhabited.console}/runs")
    Keys(page).reach(page.get_by_role("link", name="Start a run"))
    page.keyboard.press("/")
    page.keyboard.type("november/")
    assert page.locator("#search input").input_value() == "november/"
    page.keyboard.press("Escape")
    assert not page.locator("#search").is_visible()
    assert at(page) == "Start a run"
    page.keyboard.press("/")
    page.keyboard.type("loans-november")
    page.locator("#hits").get_by_text("run", exact=True).first.wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/runs/loans-november")


@pytest.mark.slow
def test_keys_are_told_walk_through_rows_and_can_be_turned_off(inhabited: Inhabited, page: Page) -> None:
    page.goto(f"{inhabited.console}/runs")
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = at(page)
    page.keyboard.press("k")
    assert at(page) != second
    page.keyboard.press("Control+j")
    page.keyboard.press("Shift+?")
    assert page.get_by_role("heading", name="Keys").is_visible()
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert not page.locator("#search").is_visible()


@pytest.mark.slow
def test_what_was_sorted_and_where_the_keyboard_is_outlast_an_update_and_a_way_back(
    inhabited: Inhabited, page: Page
) -> None:
    page.goto(f"{inhabited.console}/models/loans")
    Keys(page).press(page.locator("#versions").get_by_role("button", name="Version"))
    Keys(page).reach(page.locator("#versions tbody a").nth(2))
    where = at(page)
    page.route("**/models/loans", lambda one: one.fulfill(response=(got := one.fetch()), body=changed(got.text())))
    page.evaluate(REFRESH)
    page.locator("#view[data-changed]").wait_for()
    assert at(page) == where
    assert page.locator("#versions th[aria-sort=ascending]").inner_text() == "Version"
    page.goto(f"{inhabited.console}/data")
    page.go_back()
    page.locator("#versions th[aria-sort=ascending]").wait_for()


@pytest.mark.slow
def test_a_run_that_ends_is_heard_and_nothing_else_of_its_page(inhabited: Inhabited, page: Page) -> None:
    page.goto(f"{inhabited.console}/runs/loans-november")
    page.route(
        "**/runs/loans-november",
        lambda one: one.fulfill(
            response=(got := one.fetch()), body=got.text().replace("<span>complete", "<span>lost")
        ),
    )
    page.evaluate(REFRESH)
    heard = page.locator("#become")
    heard.get_by_text("loans-november: lost").wait_for()
    assert heard.get_attribute("role") == "status"


@pytest.mark.slow
def test_the_menu_of_a_narrow_screen_opens_and_closes(inhabited: Inhabited, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{inhabited.console}/runs")
    menu, button = page.get_by_role("navigation", name="Rooms"), page.get_by_role("button", name="Menu")
    Keys(page).press(button)
    assert menu.is_visible()
    Keys(page).reach(menu.get_by_role("link", name="API"))
    page.keyboard.press("Escape")
    assert not menu.is_visible()
    assert button.evaluate("(one) => one === document.activeElement")
    page.keyboard.press("Enter")
    Keys(page).reach(page.get_by_role("link", name="Start a run"))
    assert not menu.is_visible()


@pytest.mark.slow
def test_without_scripts_pages_are_read_and_forms_are_sent(own: Inhabited, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(f"{own.console}/deployments/loans")
    assert plain.locator("noscript").is_visible()
    form = plain.locator("form[action$='deployments.rollback']")
    form.get_by_label("Reason").fill("by hand")
    form.get_by_role("button", name="Roll back").click()
    plain.locator(".toast").wait_for()
    assert plain.url == f"{own.console}/deployments/loans"
    context.close()
