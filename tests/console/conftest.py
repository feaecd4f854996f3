"""A world, its console in a process of its own, and a real browser that looks at it."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import world

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

WIDTHS = (1440, 820, 390)
THEMES = ("light", "dark")


@dataclass(frozen=True)
class Inhabited:
    """A world that is served.

    Attributes:
        root: The project's folder.
        server: The address of the prediction server.
        console: The address of the console.
    """

    root: Path
    server: str
    console: str


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


@pytest.fixture(scope="session")
def inhabited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inhabited]:
    """The world, its prediction server and its console; made once."""
    root = tmp_path_factory.mktemp("world")
    port = free_port()
    with (
        world.inhabited(root, port=port) as server,
        world.running(root, "ui", "--port", "0", until="console at") as line,
    ):
        yield Inhabited(root, server, line.split()[2].rstrip("/"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, driven by Playwright; skipped where one of them is missing."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="Playwright is not installed: pip install playwright"
    )
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("Chromium is not here (Debian: apt-get install chromium)")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script of axe-core, from npm; skipped where it cannot be had."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("axe-core comes from npm, which is not here")
    folder = tmp_path_factory.mktemp("axe")
    done = subprocess.run(
        [npm, "install", "--no-save", "--silent", "axe-core@4"], cwd=folder, capture_output=True, timeout=180
    )
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if done.returncode or not script.is_file():
        pytest.skip("axe-core cannot be had from npm here")
    return script.read_text(encoding="utf-8")


def context_of(browser: Browser, *, width: int, theme: str) -> BrowserContext:
    """A browser of its own, of a width, by day or by night."""
    return browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
        bypass_csp=False,
    )


_ASK = """async () => {
  const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  const told = await axe.run(document, {runOnly: rules, iframes: false});
  return told.violations.map(({id, impact, help, nodes}) =>
    ({id, impact, help, nodes: nodes.slice(0, 3).map((node) => node.html.slice(0, 160))}));
}"""


def problems_of(page: Page, axe: str) -> list[str]:
    """What axe finds that is serious: rule, where, and what it says."""
    page.evaluate(f"{axe};0")  # not as a script of the page, which its policy forbids
    found: list[dict[str, Any]] = page.evaluate(_ASK)
    serious = [one for one in found if one["impact"] in ("serious", "critical")]
    return [f"{one['id']} ({one['impact']}): {one['help']}: {json.dumps(one['nodes'])}" for one in serious]
