"""Texts into tokens, and tokens into other tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mainspring.data.transforms.ops.op import Kind, Op
from mainspring.data.transforms.ops.text import each_word

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Tokens(Op):
    r"""The tokens of a text; missing stays missing, and a text without tokens gives the empty tuple.

    Attributes:
        pattern: What a token looks like (``re.findall``), for instance ``\w+``; ``None`` splits at white space
            (``str.split``). Only the latter can be said in standard ONNX.
    """

    pattern: str | None = None

    TAKES: ClassVar[tuple[Kind, ...]] = (Kind.WORD,)
    GIVES: ClassVar[Kind] = Kind.TOKENS

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """The tokens, object ``[n]`` of tuples."""
        if self.pattern is None:
            return each_word(values[0], lambda word: tuple(word.split()))
        pattern = re.compile(self.pattern)
        return each_word(values[0], lambda word: tuple(match[0] for match in pattern.finditer(word)))


@dataclass(frozen=True, slots=True)
class Characters(Op):
    """Runs of ``low`` to ``high`` characters of a text, shorter ones first, each from left to right."""

    low: int = 3
    high: int = 3

    TAKES: ClassVar[tuple[Kind, ...]] = (Kind.WORD,)
    GIVES: ClassVar[Kind] = Kind.TOKENS
    ONNX: ClassVar[bool] = False

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """The runs, object ``[n]`` of tuples."""
        return each_word(values[0], lambda word: tuple("".join(run) for run in runs(word, self.low, self.high)))


@dataclass(frozen=True, slots=True)
class NGrams(Op):
    """Runs of ``low`` to ``high`` tokens joined by a separator, shorter ones first, each from left to right."""

    low: int = 1
    high: int = 2
    separator: str = " "

    TAKES: ClassVar[tuple[Kind, ...]] = (Kind.TOKENS,)
    GIVES: ClassVar[Kind] = Kind.TOKENS

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """The runs, object ``[n]`` of tuples."""
        import numpy as np

        (rows,) = values
        found = np.empty(len(rows), dtype=object)
        for place, tokens in enumerate(rows):
            if tokens is not None:
                found[place] = tuple(self.separator.join(run) for run in runs(tokens, self.low, self.high))
        return found


@dataclass(frozen=True, slots=True)
class StopWords(Op):
    """The tokens that are not in the list."""

    words: tuple[str, ...]

    TAKES: ClassVar[tuple[Kind, ...]] = (Kind.TOKENS,)
    GIVES: ClassVar[Kind] = Kind.TOKENS

    def apply(self, *values: np.ndarray) -> np.ndarray:
        """The other tokens, object ``[n]`` of tuples."""
        import numpy as np

        (rows,) = values
        stopped = frozenset(self.words)
        found = np.empty(len(rows), dtype=object)
        for place, tokens in enumerate(rows):
            if tokens is not None:
                found[place] = tuple(token for token in tokens if token not in stopped)
        return found


def runs(items: str | tuple[str, ...], low: int, high: int) -> list[str | tuple[str, ...]]:
    """All runs of ``low`` to ``high`` items, shorter ones first, each from left to right."""
    return [items[at : at + size] for size in range(low, high + 1) for at in range(len(items) - size + 1)]
