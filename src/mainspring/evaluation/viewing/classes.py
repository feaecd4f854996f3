"""The classes of a classification: who is taken for whom, and how good the model is at each."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mainspring.data.viewing.wording import counted, figure, percent, shortened
from mainspring.evaluation.drawing import confusion_matrix
from mainspring.evaluation.evaluation import Evaluation
from mainspring.evaluation.viewing.figures import sort_key, words
from mainspring.evaluation.viewing.material import Cell, ClassRow, Confusion
from mainspring.evaluation.viewing.metrics import is_many

MOST_CELLS = 12
"""A matrix of so many classes is a table with figures; one of more is a picture."""

MOST_CLASSES = 200
_MISTAKES = 10
_BY_CLASS = ("precision", "recall", "f1")


def confusion_of(classes: Sequence[str], counts: Sequence[Sequence[float]]) -> Confusion | None:
    """Rows by true and predicted class; nothing for no class or very many."""
    if not counts or not 0 < len(classes) <= MOST_CLASSES:
        return None
    if len(classes) > MOST_CELLS:
        drawn = confusion_matrix(classes, counts, title=f"Confusion matrix of {len(classes)} classes")
        return Confusion(classes=classes, rows=(), picture=drawn)
    return Confusion(classes=classes, rows=cells_of(classes, counts))


def cells_of(classes: Sequence[str], counts: Sequence[Sequence[float]]) -> list[list[Cell]]:
    """The cells of a matrix, row by row."""
    return [
        [
            _cell((name, told), count, sum(row), right=down == across)
            for across, (told, count) in enumerate(zip(classes, row, strict=True))
        ]
        for down, (name, row) in enumerate(zip(classes, counts, strict=True))
    ]


def mistakes(evaluation: Evaluation) -> list[tuple[str, str, str]]:
    """The most frequent confusions of a model with many classes: true class, predicted class, rows."""
    if not is_many(evaluation):
        return []
    classes = evaluation.classes or ()
    found = [
        (count, classes[down], classes[across])
        for down, counts in enumerate(evaluation.confusion)
        for across, count in enumerate(counts)
        if down != across and count
    ]
    found.sort(key=lambda one: (-one[0], one[1:]))
    return [(shortened(true, 60), shortened(told, 60), figure(count)) for count, true, told in found[:_MISTAKES]]


def class_rows(evaluation: Evaluation) -> tuple[list[str], list[ClassRow]]:
    """Heads and rows of the table of classes; a figure without a denominator is a dash."""
    classes, confusion = evaluation.classes or (), evaluation.confusion
    if not is_many(evaluation) or not confusion:
        return [], []
    chosen = [sum(row[place] for row in confusion) for place in range(len(classes))]
    areas = [evaluation.overall.get(f"auc[{name}]", math.nan) for name in classes]
    ranked = any(map(math.isfinite, areas))
    rows = []
    for place, name in enumerate(classes):
        hits, actual = confusion[place][place], sum(confusion[place])
        values = [
            _ratio(hits, chosen[place]),
            _ratio(hits, actual),
            _ratio(2 * hits, actual + chosen[place]),
            *([areas[place]] if ranked else []),
        ]
        rows.append(
            ClassRow(
                name=shortened(name, 80),
                rows=figure(actual),
                rows_sort=sort_key(actual),
                cells=[(figure(value), sort_key(value)) for value in values],
                mistake=_most_taken(classes, confusion[place], place, actual),
            )
        )
    return [words(name) for name in (*_BY_CLASS, *(["auc"] if ranked else []))], rows


def _most_taken(classes: Sequence[str], row: Sequence[float], place: int, actual: float) -> str:
    others = [(count, -across) for across, count in enumerate(row) if across != place and count]
    if not others:
        return ""
    count, across = max(others)
    return f"{shortened(classes[-across], 40)} ({percent(count / actual)})"


def _cell(names: tuple[str, str], count: float, total: float, *, right: bool) -> Cell:
    told = f"{counted(round(count), 'row')} of {names[0]} answered {names[1]}"
    share = count / total if total else 0.0
    return Cell(count=count, text=figure(count), share=share, right=right, words=told)


def _ratio(top: float, bottom: float) -> float:
    return top / bottom if bottom > 0 else math.nan
