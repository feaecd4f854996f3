"""All items of a queue as they stand, from its events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from mainspring.monitoring.reviewing.items import Answer, Chosen, ReviewItem


class Board:
    """Items by id, in the order in which they were chosen.

    Attributes:
        items: Them.
        classes: The classes of the model, as far as its answers told; nothing for a model of numbers.
    """

    def __init__(self) -> None:
        self.items: dict[str, ReviewItem] = {}
        self.classes: tuple[str, ...] = ()

    def take(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Learn what happened; events of kinds that are not known are left aside."""
        for event in events:
            if event["what"] == "filled":
                self._filled(event)
                continue
            item = self.items.get(str(event.get("item")))
            if item is not None:
                self.items[item.id] = _after(item, event)

    def _filled(self, event: Mapping[str, Any]) -> None:
        self.classes = tuple(event.get("classes", ())) or self.classes
        for one in event["items"]:
            chosen = Chosen.from_dict(one)
            before = self.items.get(chosen.id)
            if before is None:
                self.items[chosen.id] = ReviewItem(chosen=chosen)
            else:
                self.items[chosen.id] = replace(before, chosen=more_probable(before.chosen, chosen))


def more_probable(before: Chosen, now: Chosen) -> Chosen:
    """A row that was chosen again: with the larger probability, for as many people as either asked."""
    first = max(before, now, key=lambda one: one.probability)
    return replace(first, wanted=max(before.wanted, now.wanted), known=before.known or now.known)


def _after(item: ReviewItem, event: Mapping[str, Any]) -> ReviewItem:
    what = event["what"]
    if what == "leased":
        return replace(item, leases={**item.leases, event["reviewer"]: event["until"]})
    if what == "answered":
        answer = Answer.from_dict(event)
        leases = {who: until for who, until in item.leases.items() if who != answer.reviewer}
        return replace(item, answers={**item.answers, answer.reviewer: answer}, leases=leases)
    if what == "decided":
        return replace(item, decision=Answer.from_dict(event), leases={})
    if what == "told":
        return replace(item, told=event["label"])
    return item
