"""Ops that read words: one node per column looks a word up, all else is shared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
from onnx import TensorProto

from mainspring.data.transforms.ops import (
    Cross,
    FillWord,
    IsMissingWord,
    KeyedScale,
    Lookup,
    Lower,
    Replace,
    TargetMean,
    ToNumber,
    ToWord,
)
from mainspring.models.adapters.onnx_graph import ML, tensor
from mainspring.models.adapters.onnx_ops.values import Numbers, Value, Values, Words
from mainspring.models.ports import NotExportableError
from mainspring.models.signature import MISSING

LOCALE = "C.UTF-8"
"""Under this locale letters of every alphabet have a lower case."""

TOP = 2.0**63

NUMBER = r" *[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,17})?|\.[0-9]{1,17})(?:[eE][+-]?[0-2]?[0-8]?[0-9])? *"
"""Texts that are read as numbers. Longer ones and those beyond 1e289, on which reading may fail, become NaN."""

OpT = TypeVar("OpT")


def each(emit: Callable[[Values, OpT], Value]) -> Callable[[Values, Sequence[OpT]], list[Value]]:
    """An emitter of several ops from that of one."""

    def emit_all(values: Values, ops: Sequence[OpT]) -> list[Value]:
        return [emit(values, op) for op in ops]

    return emit_all


def look_up(
    values: Values, name: str, words: Sequence[str], numbers: Sequence[float], unseen: float, missing: float
) -> Numbers:
    """A number for every word, and for unseen and missing ones.

    Raises:
        NotExportableError: If the text for missing is one of the words.
    """
    if MISSING in words:
        raise NotExportableError(f"{name!r} has the category {MISSING!r}, which stands for a missing one")
    found = values.graph.add(
        "LabelEncoder",
        values.words(name),
        domain=ML,
        keys_tensor=tensor(np.array([*words, MISSING], dtype=object)),
        values_tensor=tensor(np.array([*numbers, missing], dtype=np.float64)),
        default_tensor=tensor(np.array([unseen], dtype=np.float64)),
    )
    return Numbers(found, (0,), 1)


@each
def emit_lookup(values: Values, op: Lookup) -> Value:
    """The place in the vocabulary.

    Raises:
        NotExportableError: If unseen words are spread over several buckets.
    """
    if op.buckets > 1:
        raise NotExportableError(f"{op.output!r} spreads unseen words over {op.buckets} buckets by their hash")
    size = len(op.vocabulary)
    unseen = float(size) if op.buckets else _or_nan(op.unseen)
    return look_up(values, op.inputs[0], op.vocabulary, range(size), unseen, _or_nan(op.missing))


@each
def emit_replace(values: Values, op: Replace) -> Value:
    """The number of the word."""
    return look_up(values, op.inputs[0], op.words, op.numbers, _or_nan(op.unseen), _or_nan(op.missing))


@each
def emit_target_mean(values: Values, op: TargetMean) -> Value:
    """The figures of serving."""
    return look_up(values, op.inputs[0], op.words, op.numbers, op.mean, op.mean)


@each
def emit_keyed_scale(values: Values, op: KeyedScale) -> Value:
    """``(x - shift) / scale`` by the key."""
    number, key = op.inputs
    shift = look_up(values, key, op.keys, op.shifts, op.shift, op.shift)
    scale = look_up(values, key, op.keys, op.scales, op.scale, op.scale)
    moved = values.graph.add("Sub", values.tensor(values.numbers(number)), shift.tensor)
    return Numbers(values.graph.add("Div", moved, scale.tensor), (0,), 1)


@each
def emit_fill_word(values: Values, op: FillWord) -> Value:
    """``where(x is missing, value, x)``."""
    if op.value == MISSING:
        raise NotExportableError(f"{op.output!r} fills with {MISSING!r}, which stands for a missing word")
    words = values.words(op.inputs[0])
    return Words(values.graph.add("Where", values.is_missing(words), values.texts([op.value]), words))


@each
def emit_is_missing_word(values: Values, op: IsMissingWord) -> Value:
    """``x is missing``."""
    return Numbers(values.doubled(values.is_missing(values.words(op.inputs[0]))), (0,), 1)


@each
def emit_cross(values: Values, op: Cross) -> Value:
    """The words with the separator between them."""
    graph = values.graph
    parts = [values.words(name) for name in op.inputs]
    joined, missing = parts[0], values.is_missing(parts[0])
    for part in parts[1:]:
        joined = graph.add("StringConcat", joined, values.texts([op.separator]))
        joined = graph.add("StringConcat", joined, part)
        missing = graph.add("Or", missing, values.is_missing(part))
    return Words(graph.add("Where", missing, values.texts([MISSING]), joined))


@each
def emit_lower(values: Values, op: Lower) -> Value:
    """Lower case; the text for missing is lower case already."""
    words = values.words(op.inputs[0])
    flat = values.graph.add("Reshape", words, values.integers([-1]))
    lower = values.graph.add("StringNormalizer", flat, case_change_action="LOWER", locale=LOCALE)
    lower = values.graph.add("Reshape", lower, values.integers([-1, 1]))
    # A text that becomes the text for missing is not missing: a space tells them apart.
    lower = values.graph.add("Where", values.is_missing(lower), values.texts([f"{MISSING} "]), lower)
    return Words(values.graph.add("Where", values.is_missing(words), words, lower))


@each
def emit_to_word(values: Values, op: ToWord) -> Value:
    """The text of a whole number.

    Raises:
        NotExportableError: If it may be a fraction: those are written in other ways elsewhere.
    """
    name = op.inputs[0]
    if not values.is_whole(name):
        raise NotExportableError(f"{op.output!r} writes numbers as text that may be fractions")
    graph = values.graph
    number = values.tensor(values.numbers(name))
    missing = graph.add("IsNaN", number)
    high = graph.add("GreaterOrEqual", number, graph.doubles([[TOP]]))
    odd = graph.add("Or", missing, high)
    whole = graph.add("Where", odd, graph.doubles([[0.0]]), number)
    text = graph.add("Cast", graph.add("Cast", whole, to=TensorProto.INT64), to=TensorProto.STRING)
    text = graph.add("Where", high, values.texts([str(2**63)]), text)
    return Words(graph.add("Where", missing, values.texts([MISSING]), text))


@each
def emit_to_number(values: Values, op: ToNumber) -> Value:
    """The number that a text is."""
    graph = values.graph
    words = values.words(op.inputs[0])
    legible = graph.add("RegexFullMatch", words, pattern=NUMBER)
    digits = graph.add("Where", legible, words, values.texts(["0"]))
    number = graph.add("Cast", digits, to=TensorProto.DOUBLE)
    return Numbers(graph.add("Where", legible, number, graph.doubles([[np.nan]])), (0,), 1)


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value


def refuse(reason: str) -> Callable[[Values, Sequence[Any]], list[Value]]:
    """An emitter of ops that cannot be said."""

    def emit(values: Values, ops: Sequence[Any]) -> list[Value]:
        raise NotExportableError(f"{type(ops[0]).__name__} ({ops[0].output!r}): {reason}")

    return emit
