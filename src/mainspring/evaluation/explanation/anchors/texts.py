"""Anchors of texts: words that are enough for an answer, whatever else the text says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.evaluation.explanation.anchors.anchor import Anchor
from mainspring.evaluation.explanation.anchors.predicates import Predicate
from mainspring.evaluation.explanation.anchors.search import Rule, check_question, find_anchor
from mainspring.evaluation.explanation.asking import Asked, Columns, taken
from mainspring.evaluation.explanation.attributions import Cell
from mainspring.evaluation.explanation.seeding import generator_of
from mainspring.evaluation.explanation.words import spans_of, without

if TYPE_CHECKING:
    from mainspring.data import Table

KEPT = 0.5
"""A word that no rule asks for stays with this probability."""


def text_anchors(
    asked: Asked,
    rows: Table,
    column: str,
    *,
    corpus: Table,
    seed: int = 0,
    precision: float = 0.95,
    delta: float = 0.05,
    tolerance: float = 0.15,
    beam: int = 2,
    longest: int = 4,
    batch: int = 64,
) -> list[Anchor]:
    """For each row the words of a text that are enough for the answer.

    Rows that meet a rule are the same text with every other word left out or kept by chance; coverage is the share
    of the corpus whose texts hold all words of the rule, in any order and letter case.

    Args:
        asked: The model.
        rows: The rows to explain.
        column: The column of text.
        corpus: Texts that coverage is counted on.
        seed: Of every random choice.
        precision: What is enough.
        delta: The chance that a bound does not hold.
        tolerance: How much less precise than the best of its length a kept rule may be.
        beam: Rules kept of each length.
        longest: The most words of a rule.
        batch: Rows asked about a rule at a time.

    Raises:
        InputError: If the column holds no text, or the model is a regression.

    Reference: M. T. Ribeiro, S. Singh and C. Guestrin, *Anchors: high-precision model-agnostic explanations*, AAAI
    2018.
    """
    check_question(asked, precision)
    columns = asked.columns(rows)
    if column not in columns or columns[column].dtype != object:
        raise InputError(f"{column!r} is no column of text", expected="one of " + ", ".join(asked.names))
    texts = [
        {text[start:end].casefold() for start, end in spans_of(text)}
        for text in corpus.column(column).tolist()
        if text is not None
    ]
    options = {
        "column": column,
        "precision": precision,
        "delta": delta,
        "tolerance": tolerance,
        "beam": beam,
        "longest": longest,
        "batch": batch,
        "seed": seed,
        "corpus_rows": corpus.num_rows,
    }
    found = []
    for place in range(rows.num_rows):
        row = taken(columns, [place])
        space = _Words(row, column, texts)
        generator = generator_of({name: values[0] for name, values in row.items()}, seed)
        found.append(find_anchor(asked, space, generator, options))
    return found


class _Words:
    """The words of one text."""

    def __init__(self, row: Columns, column: str, texts: list[set[str]]) -> None:
        self._given, self._column, self._texts = row, column, texts
        text = row[column][0]
        self._text = "" if text is None else str(text)
        self._spans = spans_of(self._text)
        self._said = [self._text[start:end].casefold() for start, end in self._spans]
        self._different = list(dict.fromkeys(self._said))
        self.predicates = [Predicate(column, "contains", word) for word in self._different]
        self.row: dict[str, Cell] = {
            name: cell if cell is None or isinstance(cell, str) else float(cell)
            for name, cell in ((name, values[0]) for name, values in row.items())
        }

    def one(self) -> dict[str, npt.NDArray[Any]]:
        """The explained row."""
        return dict(self._given)

    def coverage(self, rule: Rule) -> float:
        """The share of the corpus that holds all words of a rule."""
        if not rule or not self._texts:
            return 1.0 if not rule else 0.0
        words = {self._different[place] for place in rule}
        return sum(words <= text for text in self._texts) / len(self._texts)

    def drawn(self, rule: Rule, size: int, generator: np.random.Generator) -> dict[str, npt.NDArray[Any]]:
        """The text with the words of a rule and some of the others."""
        asked_for = {self._different[place] for place in rule}
        fixed = np.array([word in asked_for for word in self._said], dtype=np.bool_)
        kept = fixed | (generator.random((size, len(self._said))) < KEPT)
        made = np.empty(size, dtype=object)
        made[:] = [without(self._text, self._spans, line) for line in kept]
        columns = {name: np.repeat(values, size) for name, values in self._given.items()}
        return {**columns, self._column: made}
