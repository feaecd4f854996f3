"""Words of a text: where they stand, and the text without some of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Span = tuple[int, int]

_WORD = re.compile(r"[^\W_]+(?:['\N{RIGHT SINGLE QUOTATION MARK}\-][^\W_]+)*")


def spans_of(text: str) -> list[Span]:
    """Where the words of a text stand: first sign and the one behind the last.

    Example:
        >>> [text[a:b] for text in ["Don't stop, now!"] for a, b in spans_of(text)]
        ["Don't", 'stop', 'now']
    """
    return [match.span() for match in _WORD.finditer(text)]


def without(text: str, spans: Sequence[Span], kept: npt.NDArray[np.bool_]) -> str:
    """The text without those words that are not kept; what stands between words stays.

    Example:
        >>> without("win a prize", [(0, 3), (4, 5), (6, 11)], np.array([True, False, True]))
        'win  prize'
    """
    parts, end = [], 0
    for (start, stop), keep in zip(spans, kept.tolist(), strict=True):
        parts.append(text[end : stop if keep else start])
        end = stop
    return "".join((*parts, text[end:]))
