"""Ops before their constants are known."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mainspring.data.transforms.analysis.requests import Request
from mainspring.data.transforms.ops import Bucketize, Hash, Lookup, Op


class Derived(ABC):
    """A constant that follows from other constants of the op, or from ops before it."""

    @abstractmethod
    def value(self, constants: Mapping[str, Any], ops: Mapping[str, Op]) -> Any:
        """The constant.

        Args:
            constants: Those of the same op that are known.
            ops: The ops before, by what they make.
        """


@dataclass(frozen=True, slots=True)
class Draft:
    """An op whose constants may be requests or derived.

    Attributes:
        op: What it will be.
        inputs: Names of the values it reads.
        output: Name of the value it makes.
        constants: Its other fields.
    """

    op: type[Op]
    inputs: tuple[str, ...]
    output: str
    constants: tuple[tuple[str, Any], ...] = ()

    @property
    def requests(self) -> tuple[Request, ...]:
        """What must be asked of all training rows."""
        return tuple(value for _, value in self.constants if isinstance(value, Request))

    def filled(self, answers: Mapping[Request, Any], ops: Mapping[str, Op]) -> Op:
        """The op, with the answers in the place of the requests."""
        known = {
            name: answers[value] if isinstance(value, Request) else value
            for name, value in self.constants
            if not isinstance(value, Derived)
        }
        derived = {name: value.value(known, ops) for name, value in self.constants if isinstance(value, Derived)}
        return self.op(self.inputs, self.output, **known, **derived)


@dataclass(frozen=True, slots=True)
class AfterVocabulary(Derived):
    """The place behind the vocabulary and the buckets for unseen words."""

    def value(self, constants: Mapping[str, Any], ops: Mapping[str, Op]) -> Any:
        """The number of words and buckets."""
        return float(len(constants["vocabulary"]) + constants["buckets"])


@dataclass(frozen=True, slots=True)
class Places(Derived):
    """Names for every place that another op gives: of words, buckets, and for missing ones.

    Attributes:
        of: Name of the value.
        prefix: What the names start with.
    """

    of: str
    prefix: str

    def value(self, constants: Mapping[str, Any], ops: Mapping[str, Op]) -> Any:
        """The names, in order of the places."""
        op = ops[self.of]
        match op:
            case Lookup():
                unseen = ["?unseen"] if op.buckets == 1 else [f"?unseen{place}" for place in range(op.buckets)]
                marks = unseen + (["?missing"] if op.missing is not None else [])
                names = [*(f"={word}" for word in op.vocabulary), *marks]
            case Bucketize():
                bounds = ["", *(f"{edge:g}" for edge in op.edges), ""]
                names = [f"={low}..{high}" for low, high in itertools.pairwise(bounds)]
            case Hash():
                names = [f"={place}" for place in range(op.buckets)]
            case _:
                raise TypeError(f"{type(op).__name__} gives no places")
        return tuple(self.prefix + name for name in names)


GIVES_PLACES: tuple[type[Op], ...] = (Lookup, Bucketize, Hash)
"""Ops whose numbers are places from 0 on."""
