"""Texts with what each word adds to the answer, in place."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np

from mainspring.core.errors import InputError
from mainspring.core.records import Value
from mainspring.evaluation.explanation.asking import Asked, Columns, taken
from mainspring.evaluation.explanation.budgets import NOTHING, Spent
from mainspring.evaluation.explanation.seeding import generator_of
from mainspring.evaluation.explanation.shapley.exact import exact_shapley
from mainspring.evaluation.explanation.shapley.games import Coalitions, Floats, Game
from mainspring.evaluation.explanation.shapley.kernel import chosen_coalitions, kernel_shap
from mainspring.evaluation.explanation.words import Span, spans_of, without
from mainspring.evaluation.stored import StoredWithoutTime

if TYPE_CHECKING:
    from mainspring.data import Table

TextMethod = Literal["shapley", "leave_one_out"]

EXACT_UP_TO = 10
"""Texts of so many words are asked about in every combination."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Highlights(StoredWithoutTime):
    """What each word of a text adds to an answer.

    Attributes:
        text: The text.
        spans: Where its words stand.
        weights: What each adds, in units of the output.
        base: The answer to the text without any word.
        answer: The answer to the text.
        output: The class; ``None`` for a regression's value.
        scale: ``"probability"``, ``"logit"`` or ``"value"``.
        method: ``"shapley"`` or ``"leave_one_out"``.
        spent: What the model was asked; no part of equality.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Highlights"
    FILE: ClassVar[str] = "highlights.json"

    text: str
    spans: tuple[Span, ...]
    weights: tuple[float, ...]
    base: float
    answer: float
    output: str | None
    scale: str
    method: str
    spent: Spent = field(default=NOTHING, compare=False)

    @property
    def words(self) -> tuple[tuple[str, float], ...]:
        """Words with their weights, in the order of the text."""
        told = (self.text[start:end] for start, end in self.spans)
        return tuple(zip(told, self.weights, strict=True))

    def _repr_html_(self) -> str:
        """The text with its words shaded: orange for the answer, blue against it, as strong as they weigh."""
        most = max(map(abs, self.weights), default=0.0) or 1.0
        parts, end = [], 0
        for (start, stop), weight in zip(self.spans, self.weights, strict=True):
            hue = "255, 140, 0" if weight > 0 else "30, 110, 255"
            shade = f"background: rgba({hue}, {abs(weight) / most * 0.65:.3f}); color: inherit"
            word = html.escape(self.text[start:stop])
            parts.append(html.escape(self.text[end:start]))
            parts.append(f'<mark style="{shade}" title="{weight:+.4g}">{word}</mark>')
            end = stop
        parts.append(html.escape(self.text[end:]))
        about = "value" if self.output is None else f"{self.scale} of {html.escape(self.output)}"
        return (
            '<figure class="ms-broad" style="margin: 0">'
            f'<p style="white-space: pre-wrap; line-height: 1.8">{"".join(parts)}</p>'
            f"<figcaption>{about}: {self.answer:.4g}, without any word {self.base:.4g}</figcaption></figure>"
        )

    def __str__(self) -> str:
        ranked = sorted(self.words, key=lambda pair: -abs(pair[1]))[:10]
        return ", ".join(f"{word} {weight:+.3g}" for word, weight in ranked)

    def properties(self) -> Mapping[str, Value]:
        """What the record keeps beside the file."""
        return {"method": self.method, "words": len(self.spans), "answer": self.answer}

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "text": self.text,
            "spans": [list(span) for span in self.spans],
            "weights": list(self.weights),
            "base": self.base,
            "answer": self.answer,
            "output": self.output,
            "scale": self.scale,
            "method": self.method,
            "spent": self.spent.as_dict(),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        return cls(
            **{
                **value,
                "spans": tuple((start, end) for start, end in value["spans"]),
                "weights": tuple(value["weights"]),
                "spent": Spent(**value["spent"]),
            }
        )


def highlight(
    asked: Asked,
    rows: Table,
    column: str,
    *,
    method: TextMethod = "shapley",
    coalitions: int = 512,
    seed: int = 0,
) -> list[Highlights]:
    """What each word of a column adds to the answer to each row.

    A word that is away is left out of the text; the other columns stay. Shapley values share the difference
    between the text and no text at all: exactly for up to ten words, by kernel SHAP over ``coalitions`` more than
    twice the words for longer texts. Leaving out one word at a time is quicker and misses words that say the same.

    Args:
        asked: The model.
        rows: The rows to explain.
        column: The column of text; a missing text has no words.
        method: ``"shapley"`` or ``"leave_one_out"``.
        coalitions: How many combinations of words are asked about, besides two for each word.
        seed: Of the draw.

    Raises:
        InputError: If the column holds no text, or there is no such method.
    """
    columns = asked.columns(rows)
    if column not in columns or columns[column].dtype != object:
        raise InputError(f"{column!r} is no column of text", expected="one of " + ", ".join(asked.names))
    if method not in ("shapley", "leave_one_out"):
        raise InputError(f"there is no method {method!r} for texts", expected="shapley or leave_one_out")
    return [
        _one(asked, taken(columns, [place]), column, method, coalitions, seed) for place in range(rows.num_rows)
    ]


def _one(asked: Asked, row: Columns, column: str, method: TextMethod, coalitions: int, seed: int) -> Highlights:
    before = asked.spent
    text = "" if row[column][0] is None else str(row[column][0])
    spans = spans_of(text)
    game = _game(asked, row, column, text, spans)
    base, answer = game(np.array([[False] * len(spans), [True] * len(spans)]))
    generator = generator_of({name: values[0] for name, values in row.items()}, seed)
    weights = _weights(game, len(spans), method, coalitions, generator, float(answer))
    return Highlights(
        text=text,
        spans=tuple(spans),
        weights=tuple(weights.tolist()),
        base=float(base),
        answer=float(answer),
        output=asked.output,
        scale=asked.scale,
        method=method,
        spent=asked.spent.since(before),
    )


def _game(asked: Asked, row: Columns, column: str, text: str, spans: list[Span]) -> Game:
    """A combination of words is worth the model's answer to the text with those words only."""

    def worth(combinations: Coalitions) -> Floats:
        made = np.empty(len(combinations), dtype=object)
        made[:] = [without(text, spans, line) for line in combinations]
        columns = {name: np.repeat(values, len(combinations)) for name, values in row.items()}
        return asked({**columns, column: made})

    return worth


def _weights(
    game: Game, words: int, method: TextMethod, coalitions: int, generator: np.random.Generator, answer: float
) -> Floats:
    if not words:
        return np.empty(0)
    if method == "leave_one_out":
        return answer - game(~np.eye(words, dtype=np.bool_))
    if words <= EXACT_UP_TO:
        return exact_shapley(game, words)
    chosen, weights = chosen_coalitions(words, 2 * words + coalitions, generator)
    return kernel_shap(game, words, coalitions=chosen, weights=weights)
