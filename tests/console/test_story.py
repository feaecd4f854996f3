"""The whole story, with a mouse and with keys alone: from a run with other parameters to a rollback.

The audit trail then has all of it. Words are typed only where somebody is asked why. With ``MAINSPRING_TOUR`` set
to a folder, the pictures of the tour in the documentation are taken by the mouse on its way.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from console_browser import Inhabited
from console_hands import Hand, Keys, Mouse

if TYPE_CHECKING:
    from playwright.sync_api import Page

SECOND = 1000
RUN_LASTS = 120 * SECOND


@pytest.fixture(params=[Mouse, Keys])
def hand(request: pytest.FixtureRequest, page: Page) -> Hand:
    made: Hand = request.param(page)
    return made


@pytest.fixture
def picture(page: Page, hand: Hand) -> Callable[[str], None]:
    """Takes a picture of what is seen, if pictures are wanted."""
    folder = os.environ.get("MAINSPRING_TOUR", "")

    def take(name: str) -> None:
        if folder and isinstance(hand, Mouse):
            page.wait_for_timeout(600)
            page.screenshot(path=Path(folder) / f"{name}.jpg", type="jpeg", quality=82)

    return take


@pytest.mark.slow
def test_the_whole_story(own: Inhabited, page: Page, hand: Hand, picture: Callable[[str], None]) -> None:
    page.goto(own.console)
    page.get_by_text("Still being read").wait_for(state="hidden")
    picture("home")

    # A run with changed parameters, and its steps as they go.
    hand.room("Runs")
    hand.press(page.get_by_role("link", name="Start a run"))
    hand.arrows(page.get_by_label("trees"), "ArrowUp", 7)
    hand.press(page.get_by_role("button", name="Start", exact=True))
    page.wait_for_url("**/runs/loans-*")
    run = page.url.rpartition("/")[2]
    page.locator("#run, main").get_by_text("complete", exact=True).first.wait_for(timeout=RUN_LASTS)
    page.locator("main").get_by_role("link", name="loans 1.").first.wait_for(timeout=RUN_LASTS)
    picture("run")

    # What was wrong with the data of another run.
    hand.room("Data")
    hand.press(page.get_by_role("link", name="All anomalies"))
    page.get_by_text("n/a").first.wait_for()
    picture("anomalies")

    # Compared with the last one.
    hand.room("Runs")
    hand.tick(page.get_by_label(f"Compare {run}"))
    hand.tick(page.get_by_label("Compare loans-november"))
    hand.press(page.get_by_role("button", name="Compare"))
    page.get_by_role("heading", name="Compare 2 runs").wait_for()
    assert page.get_by_role("row", name="trees").is_visible()
    picture("comparison")

    # Where a model came from.
    hand.room("Models")
    hand.press(page.get_by_role("link", name="loans", exact=True).first)
    hand.press(page.get_by_role("link", name="1.1.0", exact=True).first)
    hand.press(page.locator("main").get_by_role("link", name="Lineage").first)
    page.wait_for_url("**/lineage/**")
    picture("lineage")

    # Signed, with the evidence beside it; the run goes on by itself.
    hand.room("Home")
    hand.press(page.get_by_role("link", name="loans-signed waits for a signature"))
    hand.write(
        page.get_by_label("Why").locator("visible=true").first, "Looked at every slice; the small one is noise."
    )
    picture("approval")
    hand.press(page.get_by_role("button", name="Approve"))
    page.locator("main").get_by_text("complete", exact=True).first.wait_for(timeout=RUN_LASTS)

    # More traffic for the canary, by its slider.
    hand.room("Deployments")
    hand.press(page.get_by_role("link", name="loans", exact=True).first)
    hand.slide(page.locator("[data-slide]"), 0.4)
    picture("traffic")
    hand.press(page.get_by_role("button", name="Apply"))
    page.locator(".toast").first.wait_for()
    moved = httpx.get(f"{own.console}/api/deployments/loans", timeout=60).json()
    assert 35 < moved["model"]["rollout"]["canary"]["share"] < 45

    # A logged request, and why it was answered so.
    hand.press(page.get_by_role("link", name="Requests", exact=True).first)
    hand.press(page.locator("table tbody a").first)
    page.wait_for_url("**/requests/*")
    hand.press(page.get_by_role("link", name="Explain", exact=True))
    page.locator("#explanation").get_by_text("income").first.wait_for()
    picture("request")

    # An alert, taken care of.
    hand.room("Home")
    hand.press(page.get_by_role("link", name="predictions of loans: output.probability.yes"))
    picture("alert")
    hand.press(page.get_by_role("button", name="Acknowledge").first)
    hand.press(page.locator("dialog[open]").get_by_role("button", name="Acknowledge"))
    page.locator("main").get_by_text("acknowledged").first.wait_for()

    # Everything back to the version before.
    hand.room("Deployments")
    hand.press(page.get_by_role("link", name="loans", exact=True).first)
    hand.press(page.get_by_role("button", name="Roll back").first)
    dialog = page.locator("dialog[open]")
    hand.write(dialog.get_by_label("Reason"), "income comes by the year since this morning")
    hand.press(dialog.get_by_role("button", name="Roll back"))
    page.locator(".toast").first.wait_for()

    # And the trail has all of it.
    hand.room("Audit")
    for one in (
        "runs.start",
        "runs.approve",
        "deployments.share",
        "alerts.acknowledge",
        "deployments.rollback",
    ):
        page.get_by_text(one, exact=True).first.wait_for()
