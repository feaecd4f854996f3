"""Changing a schema's text where the schema changes, and nowhere else: comments and order stay.

Three texts are merged, key by key: what the schema said before and what it says now, as they would be written, and
the text that people keep. A key that says the same before and now stays as people wrote it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

from mainspring.core.errors import InputError
from mainspring.data.schema import Schema
from mainspring.data.schema import text as yaml_text

_QUOTED: Final = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:''|[^'])*'")


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A text that says what a schema says.

    Attributes:
        text: The text.
        lost: Comments of the old text that are not in it.
        whole: Whether all of it was written anew.
    """

    text: str
    lost: tuple[str, ...] = ()
    whole: bool = False


def rewritten(text: str, before: Schema, now: Schema) -> Rewritten:
    """The text of a schema that was changed, as near as can be to the text that people keep.

    Args:
        text: The text that says what ``before`` says.
        before: The schema as it was.
        now: The schema as it is to be.
    """
    if before == now:
        return Rewritten(text)
    made, whole = _merged(text, yaml_text.body(before), yaml_text.body(now)), False
    if made is None or not _says(made, now):
        made, whole = now.to_text(), True
    lost = Counter(_comments(text)) - Counter(_comments(made))
    return Rewritten(made, tuple(lost.elements()), whole)


def _says(text: str, wanted: Schema) -> bool:
    try:
        return Schema.from_text(text) == wanted
    except InputError:
        return False


def _comments(text: str) -> Iterator[str]:
    for line in text.splitlines():
        plain = _QUOTED.sub(lambda found: " " * len(found[0]), line)
        found = re.search(r"(?:^|\s)#", plain)
        if found is not None:
            yield line[found.start() :].strip()


@dataclass(frozen=True, slots=True)
class _Text:
    """A block of YAML with its values, and where each of its keys stands."""

    lines: Sequence[str]
    node: yaml.MappingNode
    values: Mapping[str, Any]

    @classmethod
    def of(cls, text: str) -> _Text | None:
        text = text if text.endswith("\n") else text + "\n"
        node, values = yaml.compose(text, yaml.SafeLoader), yaml.safe_load(text)
        if not isinstance(node, yaml.MappingNode) or node.flow_style or not isinstance(values, Mapping):
            return None
        return cls(text.splitlines(), node, values)

    def inside(self, key: str) -> _Text | None:
        for name, value in self.node.value:
            if name.value == key and isinstance(value, yaml.MappingNode) and not value.flow_style:
                return _Text(self.lines, value, self.values[key])
        return None

    def extents(self) -> dict[str, tuple[int, int]]:
        """For each key its first line and the line after its last one; comments behind it are the next key's."""
        starts = [(str(key.value), key.start_mark.line) for key, _ in self.node.value]
        ends = [start for _, start in starts[1:]] + [self.node.end_mark.line]
        return {name: (start, self._trimmed(start, end)) for (name, start), end in zip(starts, ends, strict=True)}

    def _trimmed(self, start: int, end: int) -> int:
        while end > start + 1 and (
            not self.lines[end - 1].strip() or self.lines[end - 1].lstrip().startswith("#")
        ):
            end -= 1
        return end


def _merged(kept: str, before: str, now: str) -> str | None:
    """The kept text with the changes; ``None`` where its form does not allow it."""
    mine, old, new = (_Text.of(one) for one in (kept, before, now))
    if mine is None or old is None or new is None or "\t" in kept:
        return None
    edits = _edits(mine, old, new)
    if edits is None:
        return None
    lines = list(mine.lines)
    # From the bottom up; what comes to stand at one place keeps its order.
    for (start, end, fresh), _ in sorted(
        ((edit, place) for place, edit in enumerate(edits)), key=lambda one: (*one[0][:2], one[1]), reverse=True
    ):
        lines[start:end] = fresh
    return "\n".join(lines) + "\n"


def _edits(mine: _Text, old: _Text, new: _Text) -> list[tuple[int, int, list[str]]] | None:
    """Ranges of lines of the kept text with what is to stand there."""
    places, fresh = mine.extents(), new.extents()
    column = mine.node.value[0][0].start_mark.column if mine.node.value else None
    if column is None:
        return None
    found: list[tuple[int, int, list[str]]] = []
    for key in dict.fromkeys([*old.values, *new.values]):
        was, now = old.values.get(key), new.values.get(key)
        if was == now and (key in old.values) == (key in new.values):
            continue
        if key not in new.values:
            found += [(*places[key], [])] if key in places else []
            continue
        inner, older, newer = (side.inside(key) for side in (mine, old, new))
        deeper = None if inner is None or older is None or newer is None else _edits(inner, older, newer)
        if deeper is not None:
            found += deeper
            continue
        written = _moved(new, fresh[key], column)
        place = places.get(key) or _gap(places, list(new.values), key)
        found.append((*place, written))
    return found


def _gap(places: Mapping[str, tuple[int, int]], order: Sequence[str], key: str) -> tuple[int, int]:
    """Where a new key comes to stand: behind the nearest one before it that is there."""
    before = [places[one][1] for one in order[: order.index(key)] if one in places]
    line = before[-1] if before else min(start for start, _ in places.values())
    return line, line


def _moved(new: _Text, place: tuple[int, int], column: int) -> list[str]:
    """Lines of another text, begun at a column."""
    first = new.node.value[0][0].start_mark.column
    return [" " * column + line[first:] if line.strip() else "" for line in new.lines[slice(*place)]]
