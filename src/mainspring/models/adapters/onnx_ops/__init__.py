"""What every op of a transform is in ONNX.

An emitter takes all ops of one class that can be run at the same time, adds their nodes, and gives the value of
each: numbers of many columns share nodes, because every node costs a microsecond or two per row asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from mainspring.data.transforms import ops
from mainspring.data.transforms.ops import Op
from mainspring.models.adapters.onnx_ops import columns, dates, moments, numbers, places, tokens, words
from mainspring.models.adapters.onnx_ops.values import Value, Values
from mainspring.models.adapters.onnx_ops.words import refuse
from mainspring.models.boundaries import LAST_BITS_DIFFER
from mainspring.models.ports import NotExportableError

Emitter: TypeAlias = Callable[[Values, Sequence[Any]], Sequence[Value]]

EMITTERS: Final[Mapping[type[Op], Emitter]] = {
    ops.BagOfWords: tokens.emit_bag_of_words,
    ops.BoxCox: numbers.emit_box_cox,
    ops.Bucketize: places.emit_bucketize,
    ops.Characters: refuse("no standard operator takes a text apart by characters"),
    ops.Clip: numbers.emit_clip,
    ops.Combine: numbers.emit_combine,
    ops.Concat: columns.emit_concat,
    ops.Cross: words.emit_cross,
    ops.Cycle: numbers.emit_cycle,
    ops.DatePart: dates.emit_date_part,
    ops.Fill: numbers.emit_fill,
    ops.FillWord: words.emit_fill_word,
    ops.Hash: refuse("no standard operator hashes"),
    ops.HashedCounts: refuse("no standard operator hashes"),
    ops.Interpolate: places.emit_interpolate,
    ops.IsMissing: numbers.emit_is_missing,
    ops.IsMissingWord: words.emit_is_missing_word,
    ops.KeyedScale: words.emit_keyed_scale,
    ops.Length: refuse("no standard operator counts characters"),
    ops.Log: numbers.emit_log,
    ops.Lookup: words.emit_lookup,
    ops.Lower: words.emit_lower,
    ops.Matches: refuse("the pattern may mean something else to another engine"),
    ops.Moment: moments.emit_moment,
    ops.NGrams: tokens.emit_ngrams,
    ops.OneOf: places.emit_one_of,
    ops.Pixels: refuse("no standard operator reads hexadecimal digits"),
    ops.Project: columns.emit_project,
    ops.Replace: words.emit_replace,
    ops.Resize: refuse("its pictures come as text, which no standard operator reads"),
    ops.Root: numbers.emit_root,
    ops.Scale: numbers.emit_scale,
    ops.ScaleChannels: columns.emit_scale_channels,
    ops.StopWords: tokens.emit_stop_words,
    ops.Strip: refuse("no standard operator cuts spaces off"),
    ops.Substitute: refuse("no standard operator replaces patterns"),
    ops.TargetMean: words.emit_target_mean,
    ops.TfIdf: tokens.emit_tf_idf,
    ops.ToNumber: words.emit_to_number,
    ops.ToWord: words.emit_to_word,
    ops.TokenCount: tokens.emit_token_count,
    ops.TokenPlaces: tokens.emit_token_places,
    ops.Tokens: tokens.emit_tokens,
    ops.UnitLength: columns.emit_unit_length,
    ops.Within: numbers.emit_within,
    ops.YeoJohnson: numbers.emit_yeo_johnson,
}
"""By class of op."""

INEXACT: Final[frozenset[type[Op]]] = frozenset(LAST_BITS_DIFFER)
"""Ops whose last bits differ between libraries of mathematics; all others agree to the last bit."""

_WHOLE: Final = (
    ops.Bucketize,
    ops.DatePart,
    ops.IsMissing,
    ops.IsMissingWord,
    ops.OneOf,
    ops.TokenCount,
    ops.Within,
)


def emit_ops(values: Values, chosen: Sequence[Op]) -> None:
    """Add ops to a graph, each behind those whose values it reads.

    Raises:
        NotExportableError: For an op that ONNX cannot say; the reason is told.
    """
    levels = dict.fromkeys(values.known, 0)
    waves: dict[tuple[int, type[Op]], list[Op]] = {}
    for op in chosen:
        level = 1 + max(levels[name] for name in op.inputs)
        levels[op.output] = level
        waves.setdefault((level, type(op)), []).append(op)
        if _is_whole(values, op):
            values.whole.add(op.output)
    for (_, kind), wave in sorted(waves.items(), key=lambda item: item[0][0]):
        if kind not in EMITTERS:
            raise NotExportableError(f"{kind.__name__} ({wave[0].output!r}) is not known")
        made = EMITTERS[kind](values, wave)
        values.known.update(zip((op.output for op in wave), made, strict=True))


def _is_whole(values: Values, op: Op) -> bool:
    """Whether what an op makes is never a fraction."""
    match op:
        case ops.Lookup():
            return all(number is None or float(number).is_integer() for number in (op.unseen, op.missing))
        case ops.Fill():
            return op.value.is_integer() and values.is_whole(op.inputs[0])
    return isinstance(op, _WHOLE)
