"""The look of the page: legible by day and by night (WCAG 2.2, level AA)."""

import re
from importlib.resources import files

import pytest

STYLE = (files("mainspring.data.viewing") / "page.css").read_text(encoding="utf-8")


def colours(place: int) -> dict[str, str]:
    """The custom properties of the day (0) and of the night (1)."""
    blocks = re.findall(r":root\{([^}]*)\}", STYLE)
    return dict(re.findall(r"--([a-z]+):(#[0-9a-f]{6})", blocks[place]))


def brightness(colour: str) -> float:
    """Relative luminance, as WCAG defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted((brightness(one), brightness(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("place", [0, 1], ids=["day", "night"])
@pytest.mark.parametrize("below", ["surface", "raised"])
@pytest.mark.parametrize(
    "name", ["ink", "quiet", "accent", "second", "third", "complete", "cached", "failed", "held", "lost"]
)
def test_words_and_marks_can_be_read(place: int, below: str, name: str) -> None:
    found = colours(place)
    assert contrast(found[name], found[below]) >= 4.5


def test_the_contrast_of_black_and_white_is_the_known_one() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)


def test_the_colours_are_those_of_the_house() -> None:
    from mainspring.evaluation.drawing.colours import PALETTE

    for place in (0, 1):
        for name, colour in colours(place).items():
            assert PALETTE[name][place] == colour
