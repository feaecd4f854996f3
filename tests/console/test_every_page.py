"""Every page in a real browser: by day and by night, wide and narrow, and for people who do not see it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from console_browser import THEMES, WIDTHS, Inhabited, context_of, disorder_of, problems_of
from starlette.routing import Match, Route

from mainspring.app.web.rooms import ROOMS

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROUTES = [Route(page.path, lambda _: None) for room in ROOMS for page in room.pages]
VIEWS = ("tab", "view")
"""Arguments that make another page of one address."""


def pattern(address: str) -> str:
    """The page that an address is one of, with the views that it names; empty if it is none."""
    parts = urlsplit(address)
    scope = {"type": "http", "method": "GET", "path": parts.path, "root_path": ""}
    found = next((route.path for route in ROUTES if route.matches(scope)[0] is Match.FULL), "")
    views = [f"{name}={value}" for name, value in parse_qsl(parts.query) if name in VIEWS]
    return found and "?".join([found, *views])


def links_of(html: str) -> Iterator[str]:
    for found in re.findall(r'(?:href|src|data-from)="(/[^"#]*)', html):
        yield unescape(found)


def crawled(base: str, most: int = 400) -> dict[str, str]:
    """One address of every page that can be reached from the first one by links."""
    known: dict[str, str] = {"/": "/"}
    downloads: set[str] = set()
    waiting, seen = ["/"], {"/"}
    with httpx.Client(base_url=base, headers={"accept": "text/html"}, timeout=60, follow_redirects=True) as http:
        while waiting and len(seen) < most:
            address = waiting.pop(0)
            answer = http.get(address)
            assert answer.status_code == 200, f"{address}: {answer.status_code} {answer.text[:400]}"
            kept = "attachment" in answer.headers.get("content-disposition", "")
            if kept or "text/html" not in answer.headers["content-type"]:
                downloads.add(address)
                continue
            for link in links_of(answer.text):
                kind = pattern(link)
                if kind and link not in seen and kind not in known:
                    seen.add(link)
                    known[kind] = link
                    waiting.append(link)
    return {kind: address for kind, address in known.items() if address not in downloads}


@pytest.fixture(scope="module")
def addresses(inhabited: Inhabited) -> Sequence[str]:
    found = crawled(inhabited.console)
    return sorted(found.values())


@pytest.mark.slow
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_is_whole(
    inhabited: Inhabited, browser: Browser, axe: str, addresses: Sequence[str], width: int, theme: str
) -> None:
    """No error in a script, nothing that scrolls sideways, nothing serious that axe finds."""
    folder = Path(os.environ["MAINSPRING_PICTURES"]) if "MAINSPRING_PICTURES" in os.environ else None
    context, problems = context_of(browser, width=width, theme=theme), []
    page = context.new_page()
    page.on("console", lambda said: said.type == "error" and problems.append(f"{page.url}: {said.text}"))
    page.on("pageerror", lambda error: problems.append(f"{page.url}: {error}"))
    for address in addresses:
        page.goto(inhabited.console + address, wait_until="load")
        page.wait_for_timeout(250)
        beyond = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if beyond > 0:
            problems.append(f"{address} is {beyond} pixels too wide at {width}")
        if folder is not None:
            name = re.sub(r"\W+", "-", address).strip("-")[:80] or "home"
            page.screenshot(path=folder / f"{name}-{width}-{theme}.png", full_page=True)
        problems += [f"{address}: {one}" for one in problems_of(page, axe)]
        if page.locator("header.bar").count():
            problems += [f"{address}: {one}" for one in disorder_of(page)]
    context.close()
    assert not problems, "\n".join(problems)
