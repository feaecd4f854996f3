"""What every op of a transform has: the values it reads, the value it makes, and what it means in NumPy."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    import numpy as np


class Kind(StrEnum):
    """What a value is, and how it lies in memory for ``n`` rows.

    ``NUMBER`` is float64 ``[n]``, or ``[n, width]`` where it is several columns, with NaN for missing. ``WORD`` is
    an object array ``[n]`` of text and ``None``. ``TOKENS`` is an object array ``[n]`` of tuples of text and
    ``None``.
    """

    NUMBER = "number"
    WORD = "word"
    TOKENS = "tokens"

    __repr__ = StrEnum.__str__


@dataclass(frozen=True, slots=True)
class Op(ABC):
    """One operation with its constants: values in, one value out.

    Attributes:
        inputs: Names of the values it reads: raw columns, or what other ops make.
        output: Name of the value it makes.
        TAKES: The kinds of the values it reads; the last one stands for all further ones.
        GIVES: The kind of the value it makes.
        ONNX: Whether standard ONNX operators can say the same.
    """

    inputs: tuple[str, ...]
    output: str

    TAKES: ClassVar[tuple[Kind, ...]] = (Kind.NUMBER,)
    GIVES: ClassVar[Kind] = Kind.NUMBER
    ONNX: ClassVar[bool] = True

    @property
    def column(self) -> str:
        """The first value that it reads."""
        return self.inputs[0]

    @abstractmethod
    def apply(self, *values: np.ndarray) -> np.ndarray:
        """The value made of the values read, in the order of ``inputs``; all arithmetic is in float64."""

    def columns(self, given: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
        """Names of the columns of the value, from those of the values read. For numbers alone.

        A single column has the name of the value. Several keep their own names and say what was done to them.
        """
        names = given[0]
        if len(names) == 1:
            return (self.output,)
        return tuple(f"{name}.{self.output.rsplit('.', 1)[-1]}" for name in names)


def look_up(words: np.ndarray, known: Mapping[str | None, float], rest: float) -> np.ndarray:
    """The number of each word, float64 ``[n]``; ``rest`` for a word that is not known."""
    import numpy as np

    found = map(known.get, words.tolist(), itertools.repeat(rest))
    return np.fromiter(found, dtype=np.float64, count=len(words))


def as_columns(values: np.ndarray) -> np.ndarray:
    """Numbers as ``[n, width]``, also where there is one column."""
    return values[:, None] if values.ndim == 1 else values
