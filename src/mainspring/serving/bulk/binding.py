"""Which column of the data is which column of the model, and which are written beside the answers."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mainspring.core.errors import InputError
from mainspring.data import Table, engine
from mainspring.data.columns import Column
from mainspring.models.signature import Field, Signature
from mainspring.serving.bulk.cells import Cell, absent, cell_of, expected
from mainspring.serving.bulk.options import ALL

_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Binding:
    """How rows of the data become rows of the model.

    Attributes:
        cells: How each column of the model is read, in the order of its signature.
        kept: The columns of the data that are written before the answers.
    """

    cells: tuple[Cell, ...]
    kept: tuple[str, ...] = ()

    @property
    def read(self) -> tuple[str, ...]:
        """The columns of the data that are needed at all, each once."""
        bound = (cell.column for cell in self.cells if cell.column is not None)
        return tuple(dict.fromkeys([*bound, *self.kept]))

    @property
    def kept_sql(self) -> str:
        """SQL: the kept columns."""
        return engine.as_list(self.kept)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for another process."""
        cells = [
            {"field": one.field.as_dict(), **{key: getattr(one, key) for key in _PLAIN}} for one in self.cells
        ]
        return {"cells": cells, "kept": list(self.kept)}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Binding:
        """The inverse of :meth:`as_dict`."""
        cells = [Cell(**{**one, "field": Field.from_dict(one["field"])}) for one in value["cells"]]
        return cls(tuple(cells), tuple(value["kept"]))


_PLAIN: Final = ("column", "value", "wrong", "as_words")


def bind(
    table: Table, signature: Signature, *, columns: Mapping[str, str] | None = None, keep: Sequence[str] = ()
) -> Binding:
    """Find the columns that a model asks for. Columns that it does not know are ignored.

    Args:
        table: The data.
        signature: What the model asks for.
        columns: Column of the model to column of the data, where the names differ.
        keep: Columns of the data that are written too, ``*`` for all.

    Raises:
        InputError: With every column that is missing or holds something else, and the names that sound like it.
    """
    renamed = dict(columns or {})
    problems = _strange(renamed, signature)
    known = {column.name: column for column in table.columns}
    cells: list[Cell] = []
    for field in signature.inputs:
        wanted = renamed.get(field.name, field.name)
        column = known.get(wanted)
        if column is None:
            if field.required or not field.nullable or field.name in renamed:
                problems.append(_missing(wanted, field, known, signature))
            else:
                cells.append(absent(field))
            continue
        cell = cell_of(field, column)
        if cell is None:
            problems.append(f"column {wanted!r} holds {column.type}; expected {expected(field)}")
        else:
            cells.append(cell)
    kept, unknown = expand(keep, table.columns)
    problems += [f"there is no column {name!r} to keep{_near(name, known)}" for name in unknown]
    if problems:
        raise InputError(
            "the data does not fit the model: " + "; ".join(problems),
            expected="a column for " + _listed(signature.names),
            fix="name columns that are called otherwise: --map MODEL=DATA",
        )
    return Binding(tuple(cells), kept)


def expand(keep: Sequence[str], columns: Sequence[Column]) -> tuple[tuple[str, ...], list[str]]:
    """The columns meant by names, by lists of names with commas and by ``*``; and those that are not there.

    Example:
        >>> expand(["b,a"], Table.from_columns({"a": [1], "b": [2]}).columns)
        (('b', 'a'), [])
    """
    names = [column.name for column in columns]
    found: list[str] = []
    for text in keep:
        if text in names:
            found.append(text)
        elif text in (ALL, "all"):
            found += names
        else:
            found += [name.strip() for name in text.split(",") if name.strip()]
    wanted = list(dict.fromkeys(found))
    return tuple(name for name in wanted if name in names), [name for name in wanted if name not in names]


def _strange(renamed: Mapping[str, str], signature: Signature) -> list[str]:
    """Columns of the model that were given another name, and that it does not have."""
    return [
        f"the model has no column {name!r}{_near(name, dict.fromkeys(signature.names))}"
        for name in renamed
        if name not in signature.names
    ]


def _missing(wanted: str, field: Field, known: Mapping[str, object], signature: Signature) -> str:
    # A name that the model asks for too is not a misspelling of another one.
    free = {name: None for name in known if name not in signature.names}
    asked = "" if wanted == field.name else f", which {field.name!r} is to be read from,"
    return f"column {wanted!r}{asked} is not there{_near(wanted, free)}"


def _near(name: str, known: Mapping[str, object]) -> str:
    lower = {one.lower(): one for one in known}
    close = [lower[one] for one in difflib.get_close_matches(name.lower(), list(lower), n=3)]
    return f" (perhaps {' or '.join(repr(one) for one in close)})" if close else ""


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
