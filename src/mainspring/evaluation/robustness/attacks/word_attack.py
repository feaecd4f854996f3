"""An attack on texts that only asks: the words that matter most are left out, misspelt or replaced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.core import InputError
from mainspring.evaluation.explanation.asking import Columns, taken
from mainspring.evaluation.explanation.seeding import generator_of
from mainspring.evaluation.explanation.words import spans_of, without
from mainspring.evaluation.robustness.attacks.target import Bools, Floats, Raw, Target, margins

_NO_WORDS: Mapping[str, Sequence[str]] = {}


def word_attack(
    target: Target, budget: float, *, column: str | None = None, synonyms: Mapping[str, Sequence[str]] = _NO_WORDS
) -> Raw:
    """Change the words that a text's answer hangs on, the weightiest first, until the answer is another.

    A word's weight is what the answer loses when it is left out. Of a word three things are tried: to leave it
    out, to swap two of its letters, and to put each of its synonyms in its place.

    Args:
        target: The rows; no gradients are needed.
        budget: The largest share of the words of a text that may change, one word at least.
        column: The column of text; without it the only one.
        synonyms: Word in lower case to words that mean the same.

    Raises:
        InputError: If there is no such column of text, or several and none was named.

    Reference: J. Li and others, *TextBugger: generating adversarial text against real-world applications*, NDSS
    2019.
    """
    name = column_of(target, column)
    made: Raw = {other: values.copy() for other, values in target.columns.items()}
    for place in range(len(target)):
        made[name][place] = _one(target, taken(target.columns, [place]), place, name, budget, synonyms)
    return made


def column_of(target: Target, column: str | None) -> str:
    """The column of text that is attacked.

    Raises:
        InputError: If there is no such column of text, or several and none was named.
    """
    texts = [name for name in target.choices if target.columns[name].dtype == object]
    if column in texts or (column is None and len(texts) == 1):
        return column or texts[0]
    raise InputError(
        "no column of text was named" if column is None else f"{column!r} is no column of text that may change",
        expected="one of " + ", ".join(texts) if texts else "a column of text",
    )


def changed_words(before: npt.NDArray[Any], after: npt.NDArray[Any]) -> Floats:
    """The share of words of each text that is different, ``[n]``; places that words have left count."""
    found = np.zeros(len(before))
    for place, (old, new) in enumerate(zip(before.tolist(), after.tolist(), strict=True)):
        if old != new:
            first, second = _words(old), _words(new)
            kept = sum(min(first.count(word), second.count(word)) for word in set(first))
            found[place] = (len(first) - kept) / max(len(first), 1)
    return found


def _one(
    target: Target, row: Columns, place: int, name: str, budget: float, synonyms: Mapping[str, Sequence[str]]
) -> Any:
    text = row[name][0]
    spans = spans_of(text or "")
    if not spans:
        return text
    truth = target.truth[place]
    alone = np.ones((len(spans), len(spans)), dtype=np.bool_)
    np.fill_diagonal(alone, False)
    found, _ = _asked(target, row, name, [without(text, spans, kept) for kept in alone], truth)
    order = np.argsort(found, kind="stable")[: max(1, int(budget * len(spans)))]
    random = generator_of({name: text}, target.seed)
    words = [text[start:end] for start, end in spans]
    lowest = np.inf
    for spot in order.tolist():
        tries = _edits(text[slice(*spans[spot])], random, synonyms)
        texts = [_put(text, spans, [*words[:spot], edit, *words[spot + 1 :]]) for edit in tries]
        found, wrong = _asked(target, row, name, texts, truth)
        best = int(np.argmin(found - 10.0 * wrong))
        if found[best] < lowest or wrong[best]:
            lowest, words[spot] = float(found[best]), tries[best]
        if wrong[best]:
            break
    return _put(text, spans, words)


def _edits(word: str, random: np.random.Generator, synonyms: Mapping[str, Sequence[str]]) -> list[str]:
    """What could stand in a word's place."""
    swaps = [at for at in range(len(word) - 1) if word[at] != word[at + 1]]
    made = [""]
    if swaps:
        at = swaps[int(random.integers(len(swaps)))]
        made.append(word[:at] + word[at + 1] + word[at] + word[at + 2 :])
    return [*made, *synonyms.get(word.lower(), ())]


def _asked(target: Target, row: Columns, name: str, texts: list[str], truth: int) -> tuple[Floats, Bools]:
    column = np.empty(len(texts), dtype=object)
    column[:] = texts
    answers = target.answers({**{other: np.repeat(cell, len(texts)) for other, cell in row.items()}, name: column})
    own = np.full(len(texts), truth, dtype=np.int64)
    return margins(answers.scores, own), ~target.right(answers, own)


def _put(text: str, spans: list[tuple[int, int]], words: list[str]) -> str:
    parts, end = [], 0
    for (start, stop), word in zip(spans, words, strict=True):
        parts += [text[end:start], word]
        end = stop
    return "".join((*parts, text[end:]))


def _words(text: str | None) -> list[str]:
    return [] if text is None else [text[start:end] for start, end in spans_of(text)]
