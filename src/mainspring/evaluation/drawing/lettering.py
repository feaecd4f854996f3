"""Text in pictures: escaping, measuring and shortening, without a font at hand."""

from __future__ import annotations

import unicodedata

_NARROW = frozenset("fijlrtI.,:;'|!()[]{} -/")
_BROAD = frozenset("mwMW@%&—…")
ELLIPSIS = "…"


def escaped(text: str) -> str:
    """Text for markup, in content and in attributes; characters that XML cannot hold become U+FFFD.

    Example:
        >>> escaped('a<b & "c"')
        'a&lt;b &amp; &quot;c&quot;'
    """
    held = "".join("\N{REPLACEMENT CHARACTER}" if _forbidden(character) else character for character in text)
    for plain, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
        held = held.replace(plain, entity)
    return held


def width(text: str, size: float) -> float:
    """About how wide a text is, in pixels, in a sans-serif font of a size; rather too wide than too narrow."""
    return sum(_share(character) for character in text) * size


def shortened(text: str, size: float, room: float) -> str:
    """The text, or as much of it as fits the room with an ellipsis.

    Example:
        >>> shortened("payment_type", 13, 60)
        'paymen…'
    """
    if width(text, size) <= room:
        return text
    left = room - width(ELLIPSIS, size)
    kept = ""
    for character in text:
        left -= _share(character) * size
        if left < 0:
            break
        kept += character
    return kept.rstrip() + ELLIPSIS


def number(value: float) -> str:
    """A number for markup: at most one digit after the point.

    Example:
        >>> number(3.0), number(-0.04), number(12.34)
        ('3', '0', '12.3')
    """
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def _share(character: str) -> float:
    if ord(character) < 128:
        if character in _NARROW:
            return 0.36
        if character in _BROAD:
            return 0.9
        return 0.68 if character.isupper() else 0.58
    if unicodedata.combining(character):
        return 0.0
    return 1.05 if unicodedata.east_asian_width(character) in "WF" else 0.66


def _forbidden(character: str) -> bool:
    code = ord(character)
    return (
        (code < 32 and character not in "\t\n")
        or 0x7F <= code <= 0x9F
        or 0xD800 <= code <= 0xDFFF
        or code in {0xFFFE, 0xFFFF}
    )
