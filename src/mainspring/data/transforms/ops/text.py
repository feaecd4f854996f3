"""Texts made alike: case, spaces, patterns."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mainspring.data.transforms.ops.op import Kind, Op

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Lower(Op):
    """The text in lower case, letter by letter as Python does; missing stays missing.

    ONNX's StringNormalizer agrees on letters whose lower case is one letter in every language.
    """

    TAKES: ClassVar[tuple[Kind, ...]] = (Kind.WORD,)
    GIVES: ClassVar[Kind] = Kind.WORD

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """``x.lower()``."""
        return each_word(values[0], str.lower)


@dataclass(frozen=True, slots=True)
class Strip(Op):
    """The text without spaces at both ends; missing stays missing, and a text of spaces becomes empty."""

    TAKES: ClassVar[tuple[Kind, ...]] = (Kind.WORD,)
    GIVES: ClassVar[Kind] = Kind.WORD
    ONNX: ClassVar[bool] = False

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """``x.strip()``."""
        return each_word(values[0], str.strip)


@dataclass(frozen=True, slots=True)
class Substitute(Op):
    """Every match of a regular expression replaced (``re.sub``); missing stays missing."""

    pattern: str
    replacement: str = ""

    TAKES: ClassVar[tuple[Kind, ...]] = (Kind.WORD,)
    GIVES: ClassVar[Kind] = Kind.WORD
    ONNX: ClassVar[bool] = False

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """``re.sub(pattern, replacement, x)``."""
        pattern = re.compile(self.pattern)
        return each_word(values[0], lambda word: pattern.sub(self.replacement, word))


@dataclass(frozen=True, slots=True)
class Matches(Op):
    """1.0 where the whole text matches a regular expression (``re.fullmatch``), else 0.0, also where missing."""

    pattern: str

    TAKES: ClassVar[tuple[Kind, ...]] = (Kind.WORD,)
    ONNX: ClassVar[bool] = False

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """``re.fullmatch(pattern, x)`` as float64."""
        import numpy as np

        (words,) = values
        pattern = re.compile(self.pattern)
        found = (word is not None and pattern.fullmatch(word) is not None for word in words)
        return np.fromiter(found, dtype=np.float64, count=len(words))


@dataclass(frozen=True, slots=True)
class Length(Op):
    """The number of characters (code points); NaN where missing."""

    TAKES: ClassVar[tuple[Kind, ...]] = (Kind.WORD,)
    ONNX: ClassVar[bool] = False

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """``len(x)`` as float64."""
        import numpy as np

        (words,) = values
        found = (np.nan if word is None else float(len(word)) for word in words)
        return np.fromiter(found, dtype=np.float64, count=len(words))


def each_word(words: np.ndarray, change: Callable[[str], object]) -> np.ndarray:
    """What a function makes of every word, object ``[n]``; missing stays missing."""
    import numpy as np

    # The same word is changed once.
    changed: dict[str | None, object] = {word: change(word) for word in set(words) if word is not None}
    changed[None] = None
    found = np.empty(len(words), dtype=object)
    for row, word in enumerate(words):
        found[row] = changed[word]
    return found
