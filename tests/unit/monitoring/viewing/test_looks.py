"""The look of the pages: colours of the house, which can be read by day and by night (WCAG 2.2, level AA)."""

import re
from importlib.resources import files

import pytest

from mainspring.evaluation.drawing.colours import PALETTE

STYLE = (files("mainspring.monitoring.viewing") / "templates" / "watch.css").read_text(encoding="utf-8")


def brightness(colour: str) -> float:
    """Relative luminance, as WCAG defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_the_colours_come_from_the_palette_of_the_house() -> None:
    assert not re.search(r"#[0-9a-f]{3,6}\b", STYLE)
    used = set(re.findall(r"var\(--([a-z]+)", STYLE)) - {"tone"}
    assert used <= set(PALETTE)


@pytest.mark.parametrize("place", [0, 1], ids=["day", "night"])
@pytest.mark.parametrize("ground", ["surface", "raised"])
@pytest.mark.parametrize("name", ["accent", "complete", "held", "failed", "quiet", "ink"])
def test_words_and_signs_can_be_read_on_pages_and_on_tracks(name: str, ground: str, place: int) -> None:
    low, high = sorted((brightness(PALETTE[name][place]), brightness(PALETTE[ground][place])))
    assert (high + 0.05) / (low + 0.05) >= 4.5
