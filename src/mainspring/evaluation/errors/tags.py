"""Tags of examples: what a row shows, by a column or by a rule. A row may have several."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from mainspring.core import InputError
from mainspring.data.celltypes import ColumnType
from mainspring.evaluation.slicing import Slicer, parse_specs
from mainspring.evaluation.slicing.specs import SQL

if TYPE_CHECKING:
    from mainspring.core import Slice
    from mainspring.data import Table

Mask = npt.NDArray[np.bool_]

MOST_TAGS: Final = 200
_SEPARATORS: Final = re.compile(r"\s*[;,|]\s*")


@dataclass(frozen=True, slots=True, eq=False)
class Tags:
    """Which rows of a table have which tags.

    Attributes:
        masks: Tag to whether each row has it, shape ``[n]`` of the table.
        known: Which rows were looked at: all for columns and rules, those of a sample that was tagged by hand.
    """

    masks: Mapping[str, Mask]
    known: Mask

    def joined(self, other: Tags) -> Tags:
        """The tags of both, where both were looked at.

        Raises:
            InputError: If both have a tag of one name.
        """
        twice = sorted(self.masks.keys() & other.masks.keys())
        if twice:
            raise InputError(f"two tags are called {', '.join(map(repr, twice))}", expected="names of their own")
        return Tags({**self.masks, **other.masks}, self.known & other.known)


def tags_of(table: Table, forms: Sequence[str] | Mapping[str, str]) -> Tags:
    """Tags by columns and rules.

    Args:
        table: The rows.
        forms: A boolean column (its name is the tag); a column of lists, or of texts such as ``"blurry; dog"``
            (each element is a tag); ``"sql NAME: CONDITION"``. Or a mapping of names to SQL conditions.

    Raises:
        InputError: If a column does not exist or holds something else, a condition cannot be read, two tags have
            one name, or there are too many.

    Example:
        >>> from mainspring.data import Table
        >>> table = Table.from_columns({"blurry": [True, False], "seen": ["dog; night", None]})
        >>> {name: mask.tolist() for name, mask in tags_of(table, ["blurry", "seen"]).masks.items()}
        {'blurry': [True, False], 'dog': [True, False], 'night': [True, False]}
    """
    given = [f"sql {name}: {sql}" for name, sql in forms.items()] if isinstance(forms, Mapping) else list(forms)
    found = Tags({}, np.ones(table.num_rows, dtype=bool))
    rules = [form for form in given if form not in table.names]
    for column in (form for form in given if form in table.names):
        found = found.joined(Tags(_of_column(table, column), found.known))
    if rules:
        found = found.joined(Tags(_of_rules(table, rules), found.known))
    if len(found.masks) > MOST_TAGS:
        raise InputError(f"{len(found.masks)} tags", expected=f"at most {MOST_TAGS}")
    return found


def split_tags(text: str | None) -> list[str]:
    """The tags in a text, divided by semicolons, commas or bars.

    Example:
        >>> split_tags("blurry; dog,night ")
        ['blurry', 'dog', 'night']
    """
    return [tag for tag in _SEPARATORS.split((text or "").strip()) if tag]


def masks_of(tags: Sequence[Sequence[str]]) -> dict[str, Mask]:
    """Tag to whether each row has it, from the tags of each row."""
    names = sorted({tag for one in tags for tag in one})
    if len(names) > MOST_TAGS:
        raise InputError(f"{len(names)} different tags", expected=f"at most {MOST_TAGS}")
    masks = {name: np.zeros(len(tags), dtype=bool) for name in names}
    for place, one in enumerate(tags):
        for tag in one:
            masks[tag][place] = True
    return masks


def _of_column(table: Table, column: str) -> dict[str, Mask]:
    match table.type_of(column):
        case ColumnType.BOOL:
            return {column: table.column(column) == 1.0}
        case ColumnType.STRING:
            texts: list[Any] = table.column(column).tolist()
            split = {text: split_tags(text) for text in set(texts)}
            return masks_of([split[text] for text in texts])
        case ColumnType.LIST:
            rows = table.select([column]).to_columns()[column]
            return masks_of([[str(tag) for tag in one or () if tag is not None] for one in rows])
        case other:
            raise InputError(
                f"{column!r} holds {other} values, which are no tags",
                expected="a column of true and false, of lists, or of texts; or sql NAME: CONDITION",
            )


def _of_rules(table: Table, rules: Sequence[str]) -> dict[str, Mask]:
    specs = parse_specs(rules, table.names)
    slicer = Slicer.of(table, specs, min_slice_size=0)
    # A condition that holds for no row is a tag all the same.
    masks = {spec.name: np.zeros(table.num_rows, dtype=bool) for spec in specs if spec.name}
    for key, rows in slicer.cut(table).items():
        mask = masks.setdefault(_name(key), np.zeros(table.num_rows, dtype=bool))
        mask[rows] = True
    return masks


def _name(key: Slice) -> str:
    """What the tag of a slice is called: the name of a condition, or column and value."""
    return dict(key.values).get(SQL, str(key))
