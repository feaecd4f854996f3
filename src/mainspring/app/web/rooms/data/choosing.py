"""What a page about a version lets choose: splits, and what to lay over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mainspring.app.api.subjects import data
from mainspring.app.api.subjects.data.listing import Facts
from mainspring.app.api.subjects.data.nouns import DataSet
from mainspring.app.web.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The version that a page is about, and what the address says of it.

    Attributes:
        facts: The version.
        data: Its data set.
        split: The split; empty for all rows.
        over: What lies over it, as the address has it.
        over_split: The split of that.
        overlays: What can be laid over: value and words.
    """

    facts: Facts
    data: DataSet
    split: str
    over: str
    over_split: str
    overlays: Sequence[tuple[str, str]]

    @property
    def asked(self) -> dict[str, Any]:
        """What operations are asked with."""
        return {
            "name": self.data.name,
            "version": str(self.facts.version.number),
            "split": self.split,
            "over": self.over,
            "over_split": self.over_split,
        }

    @property
    def kept(self) -> dict[str, str]:
        """What addresses of neighbouring pages take along."""
        given = {"split": self.split, "with": _joined(self.over, self.over_split)}
        return {name: value for name, value in given.items() if value}


def choose(visit: Visit) -> Chosen:
    """Read the address of a page about a version."""
    name, number = visit.path["name"], visit.path["version"]
    facts = visit.ask(data.version_facts, name=name, version=number)
    found = visit.ask(data.versions, name=name)
    over, _, over_split = visit.query.get("with", "").partition("/")
    return Chosen(
        facts=facts,
        data=found,
        split=visit.query.get("split", ""),
        over=over,
        over_split=over_split,
        overlays=_overlays(found, facts),
    )


def _overlays(found: DataSet, facts: Facts) -> list[tuple[str, str]]:
    """Other splits of the version, and other versions with their splits."""
    made = [(f"/{split}", f"this version, {split}") for split in facts.splits] if len(facts.splits) > 1 else []
    for one in found.versions[:30]:
        if one.number == facts.version.number or not one.statistics:
            continue
        made.append((str(one.number), one.title))
        made += [(f"{one.number}/{split}", f"{one.title}, {split}") for split in one.rows if len(one.rows) > 1]
    return made


def _joined(over: str, over_split: str) -> str:
    return f"{over}/{over_split}" if over_split else over
