"""Pictures and columns made of letters, for the terminal."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from typing import Final

_BLOCKS: Final = "▁▂▃▄▅▆▇█"
_LETTERS: Final = ".:-=+*#%"


def sparkline(counts: Sequence[float], *, plain: bool = False) -> str:
    """Bars as high as the counts: nothing for zero, the lowest bar for the least that is more.

    Args:
        plain: In ASCII, for terminals that show no more.

    Example:
        >>> sparkline([1, 4, 8, 0, 2])
        '▁▄█ ▂'
    """
    steps = _LETTERS if plain else _BLOCKS
    top = max((count for count in counts if math.isfinite(count)), default=0.0)
    if top <= 0:
        return " " * len(counts)
    return "".join(
        steps[max(math.ceil(count / top * len(steps)), 1) - 1] if count > 0 and math.isfinite(count) else " "
        for count in counts
    )


def printable(text: str) -> str:
    """A text whose signs that move the cursor are question marks, so that data cannot draw on the terminal.

    Example:
        >>> printable("red" + chr(27) + "[31m")
        'red?[31m'
    """
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def breadth(text: str) -> int:
    """How many columns of a terminal a text takes: wide signs two, marks on top of others none.

    Example:
        >>> breadth("abc"), breadth("漢字")
        (3, 4)
    """
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        for sign in text
    )


def fitted(text: str, width: int, *, right: bool = False) -> str:
    """A text of just this breadth: cut with an ellipsis, or filled with blanks on one side."""
    clean = printable(text)
    if breadth(clean) > width:
        while clean and breadth(clean) > width - 1:
            clean = clean[:-1]
        clean += "…" if width else ""
    blank = " " * (width - breadth(clean))
    return blank + clean if right else clean + blank
