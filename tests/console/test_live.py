"""Pages that stay open: in many tabs, over a restart of the console, for a long time."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import console_world as world
import pytest
from console_browser import free_port

from mainspring.app.api.jobs import Jobs

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Route

pytestmark = pytest.mark.slow

ROWS = "#jobs tbody tr"


class Console:
    """A console over a project in which nothing was run, and jobs that it did not start."""

    def __init__(self, root: Path) -> None:
        (root / "mainspring.toml").touch()
        self.root, self.port = root, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.jobs = Jobs(root / ".mainspring" / "console" / "jobs", root)

    def running(self) -> AbstractContextManager[str]:
        return world.running(self.root, "ui", "--port", str(self.port), until="console at")

    def happen(self) -> None:
        """Something that a page of jobs shows."""
        self.jobs.start(["show", "nothing"], title="Look", by="ada")


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return Console(tmp_path)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context()
    made.set_default_timeout(20_000)
    yield made
    made.close()


def opened(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.goto(url, wait_until="load")
    return page


def test_more_tabs_than_a_browser_has_connections_are_all_followed(
    console: Console, context: BrowserContext
) -> None:
    with console.running():
        pages = [opened(context, f"{console.url}/jobs") for _ in range(10)]
        console.happen()
        for page in pages:
            page.locator(ROWS).first.wait_for()


def test_a_restart_is_told_and_nothing_of_it_is_missed(console: Console, context: BrowserContext) -> None:
    with console.running():
        page = opened(context, f"{console.url}/jobs")
        page.wait_for_timeout(500)
    page.locator(".toast.lost").wait_for()
    console.happen()
    with console.running():
        page.locator(ROWS).first.wait_for()
        page.locator(".toast.lost").wait_for(state="detached")
        console.happen()
        page.locator(ROWS).nth(1).wait_for()


def test_what_happens_before_a_page_listens_is_not_missed(console: Console, context: BrowserContext) -> None:
    with console.running():
        for _ in range(2):  # the second time its topics are known beforehand
            opened(context, f"{console.url}/jobs").wait_for_timeout(300)
        for many in range(1, 4):
            page = context.new_page()
            page.goto(f"{console.url}/jobs", wait_until="commit")
            console.happen()
            page.locator(ROWS).nth(many - 1).wait_for()


def test_a_page_that_has_other_parts_now_is_loaded_anew(console: Console, context: BrowserContext) -> None:
    """As that of a model does whose server is gone, or is there again."""
    with console.running():
        page = opened(context, f"{console.url}/jobs")
        page.wait_for_timeout(500)

        def with_more(route: Route) -> None:
            html = route.fetch().text()
            more = '<p id="more" data-live="jobs">and more</p></main>'
            route.fulfill(body=html.replace("</main>", more), content_type="text/html; charset=utf-8")

        page.route("**/jobs", with_more)
        console.happen()
        page.locator("#more").wait_for()
        page.locator(ROWS).first.wait_for()


def test_a_page_that_follows_for_long_grows_by_nothing(console: Console, context: BrowserContext) -> None:
    console.happen()
    with console.running():
        page = opened(context, f"{console.url}/jobs")
        page.locator(ROWS).first.wait_for()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        session = context.new_cdp_session(page)

        def counted() -> tuple[int, int]:
            session.send("HeapProfiler.collectGarbage")
            told = session.send("Memory.getDOMCounters")
            return told["nodes"], told["jsEventListeners"]

        page.wait_for_timeout(2000)
        before = counted()
        until = time.monotonic() + 25
        while time.monotonic() < until:
            os.utime(console.root / ".mainspring" / "console" / "jobs")
            page.wait_for_timeout(400)
        after = counted()
        assert len(asked) >= 10
        assert after[0] <= before[0] + 300
        assert after[1] <= before[1] + 5
