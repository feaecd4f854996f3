"""Ops that make tokens and count them, with the standard operators for text."""

from __future__ import annotations

import sys
from typing import Final

import numpy as np
from onnx import TensorProto

from mainspring.data.transforms.ops import BagOfWords, NGrams, StopWords, TfIdf, TokenCount, TokenPlaces, Tokens
from mainspring.models.adapters.onnx_graph import ML, tensor
from mainspring.models.adapters.onnx_ops.values import Numbers, TokenRows, Value, Values
from mainspring.models.adapters.onnx_ops.words import each
from mainspring.models.ports import NotExportableError

SPACES: Final = tuple(chr(code) for code in range(0x3001) if chr(code).isspace())
"""White space as Python splits at it."""

USUAL: Final = "\n\t\r\v\f"
RARE: Final = "".join(space for space in SPACES if space not in USUAL and space != " ")
LAST: Final = sys.maxsize


@each
def emit_tokens(values: Values, op: Tokens) -> Value:
    """The parts between white space.

    Raises:
        NotExportableError: For a pattern.
    """
    if op.pattern is not None:
        raise NotExportableError(f"{op.output!r} finds tokens by the pattern {op.pattern!r}")
    graph = values.graph
    words = values.words(op.inputs[0])
    missing = values.is_missing(words)
    text = graph.add("Where", missing, values.texts([""]), words)
    found = graph.add_several("StringSplit", 2, graph.add("Reshape", text, values.integers([-1])))[0]
    for spaces in (USUAL, RARE):
        found = _split_if_there(values, found, spaces)
    return TokenRows(found, missing, dense=False)


@each
def emit_ngrams(values: Values, op: NGrams) -> Value:
    """Runs of tokens, joined."""
    graph = values.graph
    rows = _dense(values, values.tokens(op.inputs[0]))
    longest = rows.tensor
    parts = [longest] if op.low <= 1 else []
    for size in range(2, op.high + 1):
        longest = graph.add("StringConcat", _cut(values, longest, 0, -1), values.texts([op.separator]))
        last = _cut(values, rows.tensor, size - 1, LAST)
        joined = graph.add("StringConcat", longest, last)
        longest = graph.add("Where", _is(values, last, ""), values.texts([""]), joined)
        if size >= op.low:
            parts.append(longest)
    made = parts[0] if len(parts) == 1 else graph.add("Concat", *parts, axis=1)
    return TokenRows(made, rows.missing, dense=False)


@each
def emit_stop_words(values: Values, op: StopWords) -> Value:
    """The tokens that are not in the list."""
    rows = values.tokens(op.inputs[0])
    stopped = values.graph.add(
        "LabelEncoder",
        rows.tensor,
        domain=ML,
        keys_tensor=tensor(np.array(op.words, dtype=object)),
        values_tensor=tensor(np.ones(len(op.words), dtype=np.int64)),
        default_tensor=tensor(np.zeros(1, dtype=np.int64)),
    )
    is_stopped = values.graph.add("Cast", stopped, to=TensorProto.BOOL)
    kept = values.graph.add("Where", is_stopped, values.texts([""]), rows.tensor)
    return TokenRows(kept, rows.missing, dense=False)


@each
def emit_token_count(values: Values, op: TokenCount) -> Value:
    """How many tokens; NaN where there was no text."""
    rows = values.tokens(op.inputs[0])
    nothing = values.graph.doubles([[np.nan]])
    return Numbers(values.graph.add("Where", rows.missing, nothing, _size(values, rows)), (0,), 1)


@each
def emit_bag_of_words(values: Values, op: BagOfWords) -> Value:
    """How often each known token occurs."""
    counts = _counts(values, values.tokens(op.inputs[0]), op.vocabulary)
    if op.binary:
        counts = values.doubled(values.graph.add("Greater", counts, values.graph.doubles([[0.0]])))
    return Numbers(counts, tuple(range(len(op.vocabulary))), len(op.vocabulary))


@each
def emit_tf_idf(values: Values, op: TfIdf) -> Value:
    """``count / length * idf``."""
    graph = values.graph
    rows = values.tokens(op.inputs[0])
    size = graph.add("Max", _size(values, rows), graph.doubles([[1.0]]))
    shares = graph.add("Div", _counts(values, rows, op.vocabulary), size)
    width = len(op.vocabulary)
    return Numbers(graph.add("Mul", shares, graph.doubles([op.idf])), tuple(range(width)), width)


@each
def emit_token_places(values: Values, op: TokenPlaces) -> Value:
    """The places of the first tokens; filled up with NaN, or cut.

    Raises:
        NotExportableError: If the empty text, which stands for no token, is a known one.
    """
    if "" in op.vocabulary:
        raise NotExportableError(f"{op.output!r} knows the empty token, which stands for none")
    graph = values.graph
    nothing = len(op.vocabulary)
    known = graph.add(
        "LabelEncoder",
        _dense(values, values.tokens(op.inputs[0])).tensor,
        domain=ML,
        keys_strings=[*op.vocabulary, ""],
        values_int64s=list(range(nothing + 1)),
        default_int64=-1,
    )
    pads = values.integers([0, 0, 0, op.length])
    filled = graph.add("Pad", known, pads, graph.constant(np.array(nothing, dtype=np.int64)))
    places = values.doubled(_cut(values, filled, 0, op.length))
    none = graph.add("Equal", places, graph.doubles([[float(nothing)]]))
    made = graph.add("Where", none, graph.doubles([[np.nan]]), places)
    return Numbers(made, tuple(range(op.length)), op.length)


def _counts(values: Values, rows: TokenRows, vocabulary: tuple[str, ...]) -> str:
    """Counts of known tokens, exact: the operator gives float32, which holds whole numbers up to 2 ** 24."""
    if not vocabulary or "" in vocabulary:
        raise NotExportableError("a bag of words needs known tokens, and none of them empty")
    counts = values.graph.add(
        "TfIdfVectorizer",
        rows.tensor,
        mode="TF",
        min_gram_length=1,
        max_gram_length=1,
        max_skip_count=0,
        ngram_counts=[0],
        ngram_indexes=list(range(len(vocabulary))),
        pool_strings=list(vocabulary),
    )
    return values.doubled(counts)


def _size(values: Values, rows: TokenRows) -> str:
    """How many tokens each row has, float64 ``[n, 1]``."""
    graph = values.graph
    there = values.doubled(graph.add("Not", _is(values, rows.tensor, "")))
    return graph.add("ReduceSum", there, values.integers([1]), keepdims=1)


def _is(values: Values, tokens: str, text: str) -> str:
    return values.graph.add("Equal", tokens, values.texts([text]))


def _cut(values: Values, tokens: str, start: int, stop: int) -> str:
    """Some columns of tokens."""
    ints = values.integers
    return values.graph.add("Slice", tokens, ints([start]), ints([stop]), ints([1]))


def _dense(values: Values, rows: TokenRows) -> TokenRows:
    """Every row's tokens first, in their order."""
    if rows.dense:
        return rows
    graph = values.graph
    width = graph.add("Shape", rows.tensor, start=1)
    many = graph.add("Squeeze", width)
    places = graph.add("Range", values.integers(0), many, values.integers(1))
    empty = graph.add("Cast", _is(values, rows.tensor, ""), to=TensorProto.INT64)
    keys = graph.add("Add", graph.add("Mul", empty, width), places)
    order = graph.add_several("TopK", 2, keys, width, largest=0)[1]
    return TokenRows(graph.add("GatherElements", rows.tensor, order, axis=1), rows.missing, dense=True)


def _split_if_there(values: Values, tokens: str, spaces: str) -> str:
    """Split tokens again at some kinds of white space, if any of them holds one."""
    graph = values.graph
    codes = "".join(f"\\x{{{ord(space):x}}}" for space in spaces)
    has = graph.add("RegexFullMatch", tokens, pattern=f"(?s).*[{codes}].*")
    any_has = graph.add("ReduceMax", graph.add("Cast", has, to=TensorProto.INT32), keepdims=0)

    def split() -> str:
        found = tokens
        for space in spaces:
            found = graph.add_several("StringSplit", 2, found, delimiter=space)[0]
            found = graph.add("Reshape", found, _row_shape(values, found))
        return found

    condition = graph.add("Greater", any_has, graph.constant(np.array(0, dtype=np.int32)))
    return graph.choose(condition, TensorProto.STRING, split, lambda: tokens)


def _row_shape(values: Values, cube: str) -> str:
    """The shape ``[n, a * b]`` of ``[n, a, b]``."""
    graph = values.graph
    rows = graph.add("Shape", cube, start=0, end=1)
    inner = graph.add("ReduceProd", graph.add("Shape", cube, start=1), keepdims=1)
    return graph.add("Concat", rows, inner, axis=0)
