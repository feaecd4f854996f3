"""Two ways to use a page: with a mouse, and with keys alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

MOST = 250
"""Presses of Tab after which a thing counts as out of reach."""


class Hand(Protocol):
    """What somebody does with what is seen."""

    def room(self, name: str) -> None:
        """Go to a room."""

    def press(self, thing: Locator) -> None:
        """Follow a link, or press a button."""

    def tick(self, box: Locator) -> None:
        """Tick a box."""

    def write(self, field: Locator, text: str) -> None:
        """Write into a field."""

    def arrows(self, field: Locator, key: str, times: int) -> None:
        """Take a value up or down by its arrows."""

    def slide(self, slider: Locator, part: float) -> None:
        """Take a slider to a part of its way."""


class Mouse:
    """Points and presses."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def room(self, name: str) -> None:
        self.press(self._page.get_by_role("navigation", name="Rooms").get_by_role("link", name=name, exact=True))
        self._page.wait_for_load_state()

    def press(self, thing: Locator) -> None:
        thing.click()

    def tick(self, box: Locator) -> None:
        box.check()

    def write(self, field: Locator, text: str) -> None:
        field.fill(text)

    def arrows(self, field: Locator, key: str, times: int) -> None:
        field.click()
        for _ in range(times):
            self._page.keyboard.press(key)

    def slide(self, slider: Locator, part: float) -> None:
        box = slider.bounding_box()
        assert box is not None
        self._page.mouse.click(box["x"] + box["width"] * part, box["y"] + box["height"] / 2)


_SEEN = """(one) => {
  const box = one.getBoundingClientRect(), style = getComputedStyle(one);
  const bar = document.querySelector("header.bar").getBoundingClientRect().bottom;
  const free = one.closest("header.bar,dialog") ? 0 : bar;
  return {
    outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0,
    shown: box.bottom > free && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
}"""


class Keys:
    """Walks with Tab to what is wanted, and sees on the way's end that it shows where it is."""

    def __init__(self, page: Page) -> None:
        self._page, self._keys = page, page.keyboard

    def room(self, name: str) -> None:
        link = self._page.get_by_role("navigation", name="Rooms").get_by_role("link", name=name, exact=True)
        key = link.get_attribute("data-key")
        assert key is not None
        there = link.evaluate("(one) => one.href")
        self._keys.press("g")
        self._keys.press(key)
        self._page.wait_for_url(there)
        self._page.wait_for_load_state()

    def reach(self, thing: Locator) -> dict[str, Any]:
        thing.wait_for()
        for _ in range(MOST):
            if thing.evaluate("(one) => one === document.activeElement"):
                seen: dict[str, Any] = thing.evaluate(_SEEN)
                assert seen == {"outlined": True, "shown": True}, (thing, seen)
                return seen
            self._keys.press("Tab")
        raise AssertionError(f"Tab does not come to {thing}")

    def press(self, thing: Locator) -> None:
        self.reach(thing)
        self._keys.press("Enter")

    def tick(self, box: Locator) -> None:
        self.reach(box)
        self._keys.press("Space")
        assert box.is_checked()

    def write(self, field: Locator, text: str) -> None:
        self.reach(field)
        self._keys.type(text)

    def arrows(self, field: Locator, key: str, times: int) -> None:
        self.reach(field)
        for _ in range(times):
            self._keys.press(key)

    def slide(self, slider: Locator, part: float) -> None:
        least, most, now, step = (
            float(slider.evaluate(f"(one) => one.{name}")) for name in ("min", "max", "value", "step")
        )
        steps = round((least + (most - least) * part - now) / step)
        self.arrows(slider, "ArrowRight" if steps > 0 else "ArrowLeft", abs(steps))
