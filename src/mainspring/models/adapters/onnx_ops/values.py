"""Values of a transform inside an ONNX graph, and how several are put side by side at little cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from onnx import TensorProto

from mainspring.data.celltypes import ColumnType
from mainspring.models.adapters.onnx_graph import Graph
from mainspring.models.ports import NotExportableError
from mainspring.models.signature import MISSING


@dataclass(frozen=True, slots=True)
class Numbers:
    """Some columns of a float64 tensor ``[n, of]``: taking columns out costs a node, and is often not needed.

    Attributes:
        tensor: Its name.
        places: The columns.
        of: How many the tensor has.
    """

    tensor: str
    places: tuple[int, ...]
    of: int


@dataclass(frozen=True, slots=True)
class Words:
    """A text tensor ``[n, 1]`` with :data:`mainspring.models.signature.MISSING` for missing."""

    tensor: str


@dataclass(frozen=True, slots=True)
class TokenRows:
    """A text tensor ``[n, most]`` in which ``""`` is no token, and a bool tensor ``[n, 1]`` of missing rows.

    Attributes:
        tensor: The tokens.
        missing: Which rows had no text.
        dense: Whether no ``""`` lies before a token.
    """

    tensor: str
    missing: str
    dense: bool


Value: TypeAlias = Numbers | Words | TokenRows


@dataclass(slots=True)
class Values:
    """The values of a transform by name, and the graph that they are in.

    Attributes:
        graph: What nodes are added to.
        types: Types of the raw columns.
        known: What was made so far.
        whole: Names of numbers that are never fractions.
    """

    graph: Graph
    types: dict[str, ColumnType]
    known: dict[str, Value] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)
    _joined: dict[tuple[Numbers, ...], Numbers] = field(default_factory=dict)

    def numbers(self, name: str) -> Numbers:
        """A value that is known to hold numbers."""
        found = self.known[name]
        if not isinstance(found, Numbers):
            raise NotExportableError(f"{name!r} holds no numbers")
        return found

    def words(self, name: str) -> str:
        """The tensor of a value that is known to hold words."""
        found = self.known[name]
        if not isinstance(found, Words):
            raise NotExportableError(f"{name!r} holds no words")
        return found.tensor

    def tokens(self, name: str) -> TokenRows:
        """A value that is known to hold tokens."""
        found = self.known[name]
        if not isinstance(found, TokenRows):
            raise NotExportableError(f"{name!r} holds no tokens")
        return found

    def is_whole(self, name: str) -> bool:
        """Whether a number is known to be no fraction."""
        return name in self.whole or self.types.get(name) in {ColumnType.INT, ColumnType.BOOL}

    def side_by_side(self, names: Sequence[str]) -> tuple[str, list[int]]:
        """One tensor of several values, and the width of each."""
        parts = [self.numbers(name) for name in names]
        return self.tensor(self.join(parts)), [len(part.places) for part in parts]

    def join(self, parts: Sequence[Numbers]) -> Numbers:
        """Several values as columns of one tensor."""
        key = tuple(parts)
        if key not in self._joined:
            self._joined[key] = self._join(key)
        return self._joined[key]

    def tensor(self, value: Numbers) -> str:
        """A tensor that holds these columns and no others."""
        if value.places == tuple(range(value.of)):
            return value.tensor
        return self.graph.take(value.tensor, value.places)

    def split(self, tensor: str, widths: Sequence[int]) -> list[Numbers]:
        """The parts of a tensor as values of their own; no node is needed."""
        ends = np.cumsum(widths).tolist()
        of = ends[-1]
        return [
            Numbers(tensor, tuple(range(end - width, end)), of) for end, width in zip(ends, widths, strict=True)
        ]

    def row(self, constants: Sequence[float], widths: Sequence[int]) -> str:
        """Constants, one for each value, as a row to go with their columns."""
        return self.graph.doubles(np.repeat(np.array(constants, dtype=np.float64), widths)[None, :])

    def is_missing(self, words: str) -> str:
        """Which words are missing, bool ``[n, 1]``."""
        return self.graph.add("Equal", words, self.texts([MISSING]))

    def texts(self, words: Sequence[str]) -> str:
        """A constant of texts ``[len]``."""
        return self.graph.constant(np.array(words, dtype=object))

    def integers(self, numbers: npt.ArrayLike) -> str:
        """A constant of whole numbers."""
        return self.graph.constant(np.array(numbers, dtype=np.int64))

    def doubled(self, tensor: str) -> str:
        """A tensor as float64."""
        return self.graph.add("Cast", tensor, to=TensorProto.DOUBLE)

    def _join(self, parts: tuple[Numbers, ...]) -> Numbers:
        tensors = list(dict.fromkeys(part.tensor for part in parts))
        places = [(part.tensor, place) for part in parts for place in part.places]
        width = {part.tensor: part.of for part in parts}
        if len(tensors) == 1:
            return Numbers(tensors[0], tuple(place for _, place in places), width[tensors[0]])
        # Runs of one tensor: whole ones are joined as they are, others are joined whole and then chosen from.
        runs = [(tensor, [place for _, place in run]) for tensor, run in groupby(places, lambda one: one[0])]
        if len(runs) == len(tensors):
            pieces = [self.tensor(Numbers(tensor, tuple(run), width[tensor])) for tensor, run in runs]
            joined = self.graph.add("Concat", *pieces, axis=1)
            return Numbers(joined, tuple(range(len(places))), len(places))
        starts = dict(zip(tensors, np.cumsum([0, *(width[name] for name in tensors)]).tolist(), strict=False))
        joined = self.graph.add("Concat", *tensors, axis=1)
        chosen = tuple(starts[tensor] + place for tensor, place in places)
        return Numbers(joined, chosen, sum(width[name] for name in tensors))
