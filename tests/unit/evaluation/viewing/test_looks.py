"""The look of the page: figures on the shades of a confusion matrix can be read (WCAG 2.2, level AA)."""

import re
from importlib.resources import files

import pytest

from mainspring.evaluation.drawing.colours import PALETTE

STYLE = (files("mainspring.evaluation.viewing") / "templates" / "style.css").read_text(encoding="utf-8")


def brightness(parts: list[float]) -> float:
    """Relative luminance of red, green and blue from 0 to 1, as WCAG defines it."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def parts_of(colour: str) -> list[float]:
    return [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]


@pytest.mark.parametrize("place", [0, 1], ids=["day", "night"])
@pytest.mark.parametrize("hue", ["accent", "second"])
def test_figures_on_the_darkest_shade_can_be_read(place: int, hue: str) -> None:
    found = re.search(r"var\(--hue\) calc\((\d+)% \+ var\(--share\)\*(\d+)%\)", STYLE)
    assert found is not None
    share = (int(found[1]) + int(found[2])) / 100
    mixed = [
        share * one + (1 - share) * other
        for one, other in zip(parts_of(PALETTE[hue][place]), parts_of(PALETTE["surface"][place]), strict=True)
    ]
    low, high = sorted((brightness(mixed), brightness(parts_of(PALETTE["ink"][place]))))
    assert (high + 0.05) / (low + 0.05) >= 4.5


def test_the_colours_come_from_the_palette_of_the_house() -> None:
    assert not re.search(r"#[0-9a-f]{3,6}\b", STYLE)
