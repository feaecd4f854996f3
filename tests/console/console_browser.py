"""How tests look at a console: widths, themes, what axe finds."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

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


_STRUCTURE = """() => {
  const all = (query) => [...document.querySelectorAll(query)], found = [];
  const words = (one) => one.textContent.trim().slice(0, 40);
  const titles = all("h1,h2,h3,h4").filter((one) => one.checkVisibility());
  if (titles.filter((one) => one.tagName === "H1").length !== 1) found.push("it has not one title");
  titles.reduce((last, one) => {
    const level = Number(one.tagName[1]);
    if (level > last + 1) found.push(`the heading "${words(one)}" skips a level`);
    return level;
  }, 0);
  for (const one of all("th:not([scope])")) if (words(one)) found.push(`"${words(one)}" heads nothing`);
  const ids = all("[id]").map((one) => one.id);
  for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) found.push(`there are two #${id}`);
  for (const one of all("[tabindex='0']:not([role],a,button,summary,input,svg *)")) {
    found.push(`what Tab comes to has no role: ${one.outerHTML.slice(0, 90)}`);
  }
  return found;
}"""


def disorder_of(page: Page) -> list[str]:
    """What is not in order for who hears the page: its title, its headings, what Tab comes to."""
    found: list[str] = page.evaluate(_STRUCTURE)
    return found
