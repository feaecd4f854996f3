"""The whole story with a mouse: from a run with other parameters to a rollback, and the trail that has it.

Words are typed only where somebody is asked why. With ``MAINSPRING_TOUR`` set to a folder, the pictures of the
tour in the documentation are taken on the way.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from console_browser import Inhabited

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SECOND = 1000
RUN_LASTS = 120 * SECOND


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A window of somebody at a desk; an error in a script is an error."""
    context = browser.new_context(viewport={"width": 1320, "height": 860}, color_scheme="light")
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.set_default_timeout(60 * SECOND)
    yield opened
    context.close()
    assert not faults, faults


@pytest.fixture
def picture(page: Page) -> Callable[[str], None]:
    """Takes a picture of what is seen, if pictures are wanted."""
    folder = os.environ.get("MAINSPRING_TOUR", "")

    def take(name: str) -> None:
        if folder:
            page.wait_for_timeout(600)
            page.screenshot(path=Path(folder) / f"{name}.jpg", type="jpeg", quality=82)

    return take


def room(page: Page, name: str) -> None:
    """Go to a room by the menu."""
    page.get_by_role("navigation", name="Rooms").get_by_role("link", name=name, exact=True).click()
    page.wait_for_load_state()


@pytest.mark.slow
def test_the_whole_story_with_a_mouse(inhabited: Inhabited, page: Page, picture: Callable[[str], None]) -> None:
    page.goto(inhabited.console)
    page.get_by_text("Still being read").wait_for(state="hidden")
    picture("home")

    # A run with changed parameters, and its steps as they go.
    room(page, "Runs")
    page.get_by_role("link", name="Start a run").click()
    trees = page.get_by_label("trees")
    trees.click()
    for _ in range(7):
        page.keyboard.press("ArrowUp")
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_url("**/runs/loans-*")
    run = page.url.rpartition("/")[2]
    page.locator("#run, main").get_by_text("complete", exact=True).first.wait_for(timeout=RUN_LASTS)
    page.locator("main").get_by_role("link", name="loans 1.").first.wait_for(timeout=RUN_LASTS)
    picture("run")

    # What was wrong with the data of another run.
    room(page, "Data")
    page.get_by_role("link", name="All anomalies").click()
    page.get_by_text("n/a").first.wait_for()
    picture("anomalies")

    # Compared with the last one.
    room(page, "Runs")
    page.get_by_label(f"Compare {run}").check()
    page.get_by_label("Compare loans-november").check()
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("heading", name="Compare 2 runs").wait_for()
    assert page.get_by_role("row", name="trees").is_visible()
    picture("comparison")

    # Where a model came from.
    room(page, "Models")
    page.get_by_role("link", name="loans", exact=True).first.click()
    page.get_by_role("link", name="1.1.0", exact=True).first.click()
    page.locator("main").get_by_role("link", name="Lineage").first.click()
    page.wait_for_url("**/lineage/**")
    picture("lineage")

    # Signed, with the evidence beside it; the run goes on by itself.
    room(page, "Home")
    page.get_by_role("link", name="loans-signed waits for a signature").click()
    page.get_by_label("Why").locator("visible=true").first.fill("Looked at every slice; the small one is noise.")
    picture("approval")
    page.get_by_role("button", name="Approve").click()
    page.locator("main").get_by_text("complete", exact=True).first.wait_for(timeout=RUN_LASTS)

    # More traffic for the canary, by its slider.
    room(page, "Deployments")
    page.get_by_role("link", name="loans", exact=True).first.click()
    slider = page.locator("[data-slide]")
    box = slider.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.4, box["y"] + box["height"] / 2)
    picture("traffic")
    page.get_by_role("button", name="Apply").click()
    page.locator(".toast").first.wait_for()
    moved = httpx.get(f"{inhabited.console}/api/deployments/loans", timeout=60).json()
    assert 35 < moved["model"]["rollout"]["canary"]["share"] < 45

    # A logged request, and why it was answered so.
    page.get_by_role("link", name="Requests", exact=True).first.click()
    page.locator("table tbody a").first.click()
    page.wait_for_url("**/requests/*")
    page.get_by_role("link", name="Explain", exact=True).click()
    page.locator("#explanation").get_by_text("income").first.wait_for()
    picture("request")

    # An alert, taken care of.
    room(page, "Home")
    page.get_by_role("link", name="predictions of loans: output.probability.yes").click()
    picture("alert")
    page.get_by_role("button", name="Acknowledge").first.click()
    page.locator("dialog[open]").get_by_role("button", name="Acknowledge").click()
    page.locator("main").get_by_text("acknowledged").first.wait_for()

    # Everything back to the version before.
    room(page, "Deployments")
    page.get_by_role("link", name="loans", exact=True).first.click()
    page.get_by_role("button", name="Roll back").first.click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("Reason").fill("income comes by the year since this morning")
    dialog.get_by_role("button", name="Roll back").click()
    page.locator(".toast").first.wait_for()

    # And the trail has all of it.
    room(page, "Audit")
    for one in (
        "runs.start",
        "runs.approve",
        "deployments.share",
        "alerts.acknowledge",
        "deployments.rollback",
    ):
        page.get_by_text(one, exact=True).first.wait_for()
