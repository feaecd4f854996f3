"""What somebody may have meant: words in any order, and words with a letter wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from mainspring.app.api.subject import Hit

_MOST: Final = 6
_SHORTEST: Final = 2
_WORD: Final = re.compile(r"[^\W_]+")


def pieces(text: str) -> Sequence[str]:
    """Parts of a text, some of which are right though a letter is not: its words, and the thirds of each.

    Example:
        >>> pieces("loans novmber")
        ('loans', 'novmber', 'nov', 'mbe', 'ber')
    """
    words = sorted(_WORD.findall(text.lower()), key=len)[-3:]
    longest = words[-1] if words else ""
    third = max(_SHORTEST, -(-len(longest) // 3))
    parts = [longest[:third], longest[third : 2 * third], longest[-third:]] if len(longest) > third else []
    found = dict.fromkeys(one for one in [*words, *parts] if len(one) >= _SHORTEST)
    return tuple(found)[:_MOST]


def meant(hit: Hit, text: str, *, wrongly: bool = True) -> bool:
    """Whether each word of a text is in a hit, or would be but for a letter.

    Args:
        hit: What was found.
        text: What was looked for.
        wrongly: Whether letters may be wrong.

    Example:
        >>> run = Hit(kind="run", name="loans-november", path="/runs/loans-november")
        >>> meant(run, "nov loans"), meant(run, "laons"), meant(run, "novmb"), meant(run, "september")
        (True, True, True, False)
    """
    shown = f"{hit.kind} {hit.name} {hit.detail}".lower()
    there = set(_WORD.findall(shown))
    near = _like if wrongly else str.__eq__
    return all(word in shown or any(near(word, one) for one in there) for word in _WORD.findall(text.lower()))


def _like(word: str, other: str) -> bool:
    most = 0 if len(word) < 4 else 1 if len(word) < 8 else 2
    begun = {other, other[: len(word) + 1]} if len(word) > 4 else {other}
    return most > 0 and any(abs(len(one) - len(word)) <= most and wrong(word, one) <= most for one in begun)


def wrong(one: str, other: str) -> int:
    """How many letters are wrong, missing, too many, or changed with the next one (optimal string alignment).

    Example:
        >>> wrong("laons", "loans"), wrong("novmber", "november"), wrong("cat", "dog")
        (1, 1, 3)
    """
    earlier: list[int] = []
    before = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        now = [row]
        for column, against in enumerate(other, 1):
            cost = min(before[column] + 1, now[-1] + 1, before[column - 1] + (letter != against))
            if row > 1 < column and letter == other[column - 2] and one[row - 2] == against:
                cost = min(cost, earlier[column - 2] + 1)
            now.append(cost)
        earlier, before = before, now
    return before[-1]
