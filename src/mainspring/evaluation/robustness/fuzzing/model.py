"""Fuzzing a model: cells and tables that nobody expects."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring.core import InputError
from mainspring.evaluation.ports import Predictor
from mainspring.evaluation.predictions import Predictions
from mainspring.evaluation.robustness.fuzzing.cells import hostile_to
from mainspring.evaluation.robustness.fuzzing.report import Failure, Fuzzing

if TYPE_CHECKING:
    from mainspring.data import Table

ROWS = 8
_ALMOST = 1e-6

Case = tuple[str, "Callable[[], Table]", bool]
"""What is sent, in words; what makes it; and whether the second half of the rows is as it was."""


def fuzz_model(
    predictor: Predictor,
    table: Table,
    *,
    label: str | None = None,
    rows: int = ROWS,
    combinations: int = 50,
    seed: int = 0,
) -> Fuzzing:
    """Send a model what nobody expects, and see that it answers or refuses.

    Every column gets hostile cells by its type, one at a time, in the first half of the rows, where the answers to
    the second half must stay; then values of another type, no column at all, columns too many and in another
    order, no rows, and at last hostile cells drawn for all columns together.

    Args:
        predictor: The model.
        table: Rows that it answers; a few are taken.
        label: A column that is left out.
        rows: How many are taken.
        combinations: Tables with hostile cells in all columns.
        seed: Of the draw.

    Returns:
        What was answered and refused: a refusal is an ``InputError``. All else is a failure: other errors, answers
        that are not finite or no probabilities, another number of rows, answers to other rows that changed.

    Raises:
        InputError: If there are fewer than two rows, or the model does not answer them as they are.
    """
    given = table.rows(0, rows)
    given = given.drop([label]) if label in given.names and label is not None else given
    if given.num_rows < 2:
        raise InputError(f"{given.num_rows} rows to start from", expected="two at least")
    before = predictor.predict(given)
    counted: Counter[str] = Counter()
    failures = []
    for sent, make, half in (*_cells(given), *_tables(given), *_together(given, combinations, seed)):
        kind, said = _outcome(predictor, make, before, half)
        counted[kind] += 1
        if kind not in {"answered", "refused"}:
            failures.append(Failure(kind=kind, sent=sent, said=said))
    return Fuzzing(
        about="model", answered=counted["answered"], refused=counted["refused"], failures=tuple(failures)
    )


def _outcome(predictor: Predictor, make: Callable[[], Table], before: Predictions, half: bool) -> tuple[str, str]:
    try:
        with warnings.catch_warnings():
            # Overflow is no failure as long as the answer is a number.
            warnings.simplefilter("ignore")
            table = make()
            after = predictor.predict(table)
    except InputError as error:
        return "refused", error.found
    except Exception as error:  # noqa: BLE001 - anything else is what is looked for
        return "crashed", f"{type(error).__name__}: {error}"[:200]
    if len(after) != table.num_rows:
        return "silent", f"{len(after)} answers to {table.num_rows} rows"
    if not np.isfinite(after.scores).all():
        return "silent", "an answer that is not finite"
    if after.classes is not None and len(after):
        out = after.scores.min() < -_ALMOST or np.abs(after.scores.sum(axis=1) - 1).max() > _ALMOST
        if out:
            return "silent", "scores that are no probabilities"
    if half:
        start = len(before) // 2
        apart = np.abs(after.scores[start:] - before.scores[start:]).max(initial=0.0)
        if apart > _ALMOST:
            return "swayed", f"answers to other rows moved by {apart:.3g}"
    return "answered", ""


def _cells(table: Table) -> Iterator[Case]:
    """One hostile cell at a time."""
    columns, kinds = _plain(table)
    half = table.num_rows // 2
    for name, kind in kinds.items():
        for told, cell in hostile_to(kind).items():
            changed = [cell] * half + columns[name][half:]
            yield f"{name}: {told}", _maker({**columns, name: changed}, kinds), True


def _tables(table: Table) -> Iterator[Case]:
    """Tables that are not those of training."""
    columns, kinds = _plain(table)
    rows = table.num_rows
    for name, kind in kinds.items():
        others = {other: values for other, values in columns.items() if other != name}
        if others:
            yield f"{name}: no such column", _maker(others, kinds), False
        strange: list[Any] = ["words"] * rows if kind in {"INT", "FLOAT", "BOOL"} else [1.5] * rows
        told = "words for numbers" if kind in {"INT", "FLOAT", "BOOL"} else "numbers for words"
        without = {other: of for other, of in kinds.items() if other != name}
        yield f"{name}: {told}", _maker({**columns, name: strange}, without), False
        yield f"{name}: missing throughout", _maker({**columns, name: [None] * rows}, kinds), False
    yield "a column too many", _maker({**columns, "\N{PILE OF POO}": ["?"] * rows}, kinds), True
    yield "columns in another order", _maker(dict(reversed(columns.items())), kinds), True
    yield "none of the columns", _maker({"\N{PILE OF POO}": ["?"] * rows}, {}), False
    yield "no rows", lambda: table.rows(0, 0), False
    yield "one row", lambda: table.rows(0, 1), False


def _together(table: Table, combinations: int, seed: int) -> Iterator[Case]:
    """Hostile cells in all columns."""
    columns, kinds = _plain(table)
    half = table.num_rows // 2
    random = np.random.default_rng(seed)
    for number in range(combinations):
        changed = {}
        for name, values in columns.items():
            cells = list(hostile_to(kinds[name]).values())
            drawn = [cells[place] for place in random.integers(0, len(cells), half).tolist()]
            changed[name] = drawn + values[half:]
        yield f"combination {number} of seed {seed}", _maker(changed, kinds), True


def _plain(table: Table) -> tuple[dict[str, list[Any]], dict[str, str]]:
    return table.to_columns(), {column.name: str(column.type) for column in table.columns}


def _maker(columns: dict[str, Sequence[Any]] | dict[str, list[Any]], kinds: dict[str, str]) -> Callable[[], Table]:
    def make() -> Table:
        from mainspring.data import Table

        return Table.from_columns(columns, {name: kind for name, kind in kinds.items() if name in columns})

    return make
