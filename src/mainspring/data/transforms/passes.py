"""Passes over the training rows that answer the requests of a graph.

One pass answers all requests whose values can be computed already; what they become may be asked about in the
next pass (the mean of a column whose gaps are filled with its median takes two). Rows are read in pieces, each
part of the data is summarised by itself, and the summaries are merged in order: the answers do not depend on
how many threads the engine has, and the summary of a part can be kept for the next time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mainspring.data import engine
from mainspring.data.transforms import reading
from mainspring.data.transforms.analysis.requests import FOLDS, LABEL, Request, folds_in
from mainspring.data.transforms.analysis.words import MOST_WORDS, Words
from mainspring.data.transforms.evaluation import as_value, compute, needed
from mainspring.data.transforms.graph.drafts import Draft
from mainspring.data.transforms.keeping import Shelf
from mainspring.data.transforms.ops import Kind, Op
from mainspring.data.transforms.ops.folds import folds_of

if TYPE_CHECKING:
    import numpy as np

    from mainspring.data.tables import Table

ROWS: Final = 122_880
"""So many rows are looked at in one go: a row group of the engine."""
_MERGED: Final = 64


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the training rows.

    Attributes:
        table: Its rows.
        label: The label of each as a number; ``None`` where nothing asks for it.
    """

    table: Table
    label: np.ndarray | None = None


@dataclass(frozen=True, slots=True)
class _Ask:
    """One summary of some values."""

    summary: type[Any]
    of: tuple[str, ...]


def fill(
    drafts: Sequence[Draft], kinds: Mapping[str, Kind], parts: Sequence[Part], *, shelf: Shelf
) -> tuple[Op, ...]:
    """The ops of some drafts, with all requests answered from the rows.

    Args:
        drafts: Each behind those that it reads.
        kinds: Of the raw columns.
        parts: The training rows.
        shelf: Keeps summaries of parts.
    """
    ops: dict[str, Op] = {}
    answers: dict[Request, Any] = {}
    waiting = list(drafts)
    while True:
        waiting = _fill_ready(waiting, answers, ops)
        if not waiting:
            return tuple(ops[draft.output] for draft in drafts)
        pending = {draft.output for draft in waiting}
        asked = [
            request
            for draft in waiting
            for request in draft.requests
            if request not in answers and not pending & set(request.of)
        ]
        summaries = _pass({_Ask(one.SUMMARY, one.of) for one in asked}, tuple(ops.values()), kinds, parts, shelf)
        answers.update({one: one.answer(summaries[_Ask(one.SUMMARY, one.of)]) for one in asked})


def answers(
    drafts: Sequence[Draft],
    kinds: Mapping[str, Kind],
    parts: Sequence[Part],
    asked: Mapping[str, Request],
    *,
    shelf: Shelf,
) -> dict[str, Any]:
    """The answers to some requests about the values of drafts, by name; see :func:`fill`."""
    ops = fill(drafts, kinds, parts, shelf=shelf)
    wanted = {_Ask(one.SUMMARY, one.of) for one in asked.values()}
    summaries = _pass(wanted, ops, kinds, parts, shelf)
    return {name: one.answer(summaries[_Ask(one.SUMMARY, one.of)]) for name, one in asked.items()}


def _fill_ready(drafts: Iterable[Draft], answers: Mapping[Request, Any], ops: dict[str, Op]) -> list[Draft]:
    """Fill what can be filled; gives the others."""
    left: list[Draft] = []
    for draft in drafts:
        missing = {other.output for other in left} & set(draft.inputs)
        if missing or any(request not in answers for request in draft.requests):
            left.append(draft)
        else:
            ops[draft.output] = draft.filled(answers, ops)
    return left


def _pass(
    asked: set[_Ask], ops: tuple[Op, ...], kinds: Mapping[str, Kind], parts: Sequence[Part], shelf: Shelf
) -> dict[_Ask, Any]:
    ordered = sorted(asked, key=lambda ask: (ask.summary.__name__, ask.of))
    found: dict[_Ask, list[Any]] = {ask: [] for ask in ordered}
    for part in parts:
        chains = {ask: needed(ops, ask.of) for ask in ordered}
        kept = {ask: shelf.get(part.table, ask.summary, ask.of, chains[ask]) for ask in ordered}
        missing = [ask for ask in ordered if kept[ask] is None]
        made = _summarize(missing, ops, kinds, part)
        for ask in missing:
            shelf.put(part.table, ask.summary, ask.of, chains[ask], made[ask])
        for ask in ordered:
            found[ask].append(made[ask] if kept[ask] is None else kept[ask])
    return {ask: ask.summary.merged(summaries) for ask, summaries in found.items()}


def _summarize(
    asked: Sequence[_Ask], ops: tuple[Op, ...], kinds: Mapping[str, Kind], part: Part
) -> dict[_Ask, Any]:
    """The summaries of one part."""
    by_engine = [ask for ask in asked if _is_plain_word(ask, kinds, part.table)]
    made = {ask: _count_words(part.table, ask.of[0]) for ask in by_engine}
    others = [ask for ask in asked if ask not in made]
    if not others:
        return made
    chain = needed(ops, [name for ask in others for name in ask.of])
    wanted = {name for ask in others for name in ask.of}
    raw = reading.raw_names(chain, wanted, kinds)
    folding = {name: folds_in(name) for name in wanted if name.startswith(FOLDS)}
    more = {name for _, by in folding.values() for name in by} - set(raw)
    pieces: dict[_Ask, list[Any]] = {ask: [] for ask in others}
    first = 0
    for columns in reading.pieces(part.table, [*raw, *sorted(more)], ROWS):
        values = {name: as_value(columns[name], kinds[name], name) for name in raw}
        if LABEL in wanted and part.label is not None:
            values[LABEL] = part.label[first : first + len(columns[raw[0]])]
        for name, (folds, by) in folding.items():
            values[name] = folds_of({column: columns[column] for column in by}, folds)
        compute(chain, values)
        for ask in others:
            pieces[ask].append(ask.summary.of(*(values[name] for name in ask.of)))
            if ask.summary is Words and len(pieces[ask]) == _MERGED:
                pieces[ask] = [Words.merged(pieces[ask])]
        first += ROWS
    return made | {ask: ask.summary.merged(summaries) for ask, summaries in pieces.items()}


def _is_plain_word(ask: _Ask, kinds: Mapping[str, Kind], table: Table) -> bool:
    return ask.summary is Words and kinds.get(ask.of[0]) is Kind.WORD and reading.is_text(table, ask.of[0])


def _count_words(table: Table, name: str) -> Words:
    """Words of a raw column, counted by the engine."""
    column = engine.quote(name)
    counted = f"SELECT {column} AS w, count(*) AS n FROM ({table.query()}) WHERE {column} IS NOT NULL GROUP BY 1"  # noqa: S608
    rows = engine.fetch(f"SELECT * FROM ({counted}) ORDER BY n DESC, w LIMIT {MOST_WORDS}")  # noqa: S608
    listed = sum(count for _, count in rows)
    if len(rows) < MOST_WORDS:
        return Words(table.num_rows, dict(rows))
    present = engine.fetch(f"SELECT count({column}) FROM ({table.query()})")[0][0]  # noqa: S608
    return Words(table.num_rows, dict(rows), present - listed)
