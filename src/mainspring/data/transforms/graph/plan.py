"""The graph that a preprocessing function makes: drafts in the order in which they were written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mainspring.data.celltypes import ColumnType
from mainspring.data.transforms.graph.drafts import Draft, Places
from mainspring.data.transforms.ops import Kind, Op

MOMENTS = (ColumnType.TIMESTAMP, ColumnType.DATE)


@dataclass(slots=True)
class Plan:
    """What is to be computed from which raw columns.

    Attributes:
        types: The raw columns that there are.
        label: The column to be predicted, which no op may read.
        drafts: Ops by what they make, each behind those that it reads.
        kinds: The kinds of all values.
    """

    types: Mapping[str, ColumnType]
    label: str | None = None
    drafts: dict[str, Draft] = field(default_factory=dict)
    kinds: dict[str, Kind] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, type_ in self.types.items():
            number = type_.is_numeric or type_ is ColumnType.BOOL
            self.kinds[name] = Kind.NUMBER if number else Kind.WORD

    def add(self, op: type[Op], inputs: tuple[str, ...], suffix: str, **constants: Any) -> str:
        """Add an op; gives the name of what it makes. An op that is there already is not added again."""
        fixed = tuple(constants.items())
        for draft in self.drafts.values():
            if (draft.op, draft.inputs, draft.constants) == (op, inputs, fixed):
                return draft.output
        wanted = suffix if not suffix.startswith(".") else inputs[0] + suffix
        name, number = wanted, 2
        while name in self.kinds:
            name, number = f"{wanted}_{number}", number + 1
        return self._keep(Draft(op, inputs, name, fixed))

    def rename(self, value: str, name: str) -> str:
        """A copy of the op that makes a value, with another name; the old one goes if nobody reads it."""
        draft = self.drafts[value]
        constants = tuple(
            (key, Places(held.of, name) if isinstance(held, Places) else held) for key, held in draft.constants
        )
        return self._keep(Draft(draft.op, draft.inputs, name, constants))

    def needed(self, results: Iterable[str]) -> tuple[Draft, ...]:
        """The drafts that some values need, in order."""
        wanted = set(results)
        for draft in reversed(self.drafts.values()):
            if draft.output in wanted:
                wanted |= {*draft.inputs, *(name for request in draft.requests for name in request.of)}
        return tuple(draft for draft in self.drafts.values() if draft.output in wanted)

    def _keep(self, draft: Draft) -> str:
        self.drafts[draft.output] = draft
        self.kinds[draft.output] = draft.op.GIVES
        return draft.output
