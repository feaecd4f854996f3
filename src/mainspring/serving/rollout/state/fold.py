"""What a journal comes to."""

from __future__ import annotations

from collections.abc import Iterator

from mainspring.core.errors import IntegrityError
from mainspring.serving.rollout.policies.knowledge import Knowledge
from mainspring.serving.rollout.state.entries import Entry, Kept, Renamed, Reset, Sums, Told, Unit
from mainspring.serving.rollout.state.journal import Journal
from mainspring.serving.rollout.state.units import Units


class Fold:
    """The entries of one journal, folded one after the other. Who folds the same gets the same, to the bit.

    Args:
        journal: The journal.
        known: What it comes to up to a position, if that is known: rewards before it are remembered, not added.
        upto: That position.
        units: How many units of an arm are told apart: one that has not been heard of for so many others is new.

    Attributes:
        known: The sums.
        position: The end of what was folded.
        lines: How many entries that is.
    """

    def __init__(
        self, journal: Journal, known: Knowledge | None = None, upto: int = 0, *, units: int = 100_000
    ) -> None:
        self.journal = journal
        self.known = Knowledge(()) if known is None else known
        self.position = self.lines = 0
        self._upto = upto if known is not None else 0
        self._rewards: dict[bytes, int] = {}
        self._most, self._units = units, Units()
        self._void: dict[str, int] = {}
        self._renamed: list[tuple[int, str, str]] = []
        self._places = {name: place for place, name in enumerate(self.known.arms)}

    def catch_up(self) -> bool:
        """Fold what was added since; false if there was nothing."""
        size = self.journal.size
        if size == self.position:
            return False
        self.journal.mend(self.position)
        for position, entry in self.journal.read(self.position):
            self.take(position, entry)
        self.position = self.journal.size
        return True

    def before(self, told: Told) -> tuple[int, Told, bool] | None:
        """The reward that was told of the same row before: its position, and whether it counts in the sums."""
        position = self._rewards.get(told.digest)
        if position is None:
            return None
        entry = self.journal.at(position)
        match entry:
            case Told():
                return position, entry, self._counts(position, entry.arm)
            case Kept():
                return position, entry.told, entry.counted and self._counts(position, entry.told.arm)
        raise IntegrityError(f"there is no reward at byte {position}", where=str(self.journal.path))

    def take(self, position: int, entry: Entry) -> None:
        """Fold the entry that lies at a position."""
        self.lines += 1
        add = position >= self._upto
        match entry:
            case Told():
                if add or entry.unit:
                    self._replace(entry, add)
                self._remember(entry, position)
            case Kept():
                self._remember(entry.told, position)
            case Unit():
                self.lines -= 1  # they are no rewards
                self._units.put(entry.arm, entry.unit, (entry.count, entry.total))
            case Reset():
                self._reset(position, entry.arm, add)
            case Renamed():
                self._renamed.append((position, entry.old, entry.new))
                self._units.rename(entry.old, entry.new)
                if entry.old in self._void:
                    self._void[entry.new] = self._void.pop(entry.old)
                if add:
                    self._rename(entry.old, entry.new)
            case Sums():
                self._void[""] = position
                self._units.clear()
                if add:
                    self._sums(Knowledge.from_dict(entry.known))

    def kept(self, most: int) -> Iterator[Kept]:
        """The latest rewards, the oldest first, as they are now."""
        for position in list(self._rewards.values())[-most:]:
            entry = self.journal.at(position)
            told = entry.told if isinstance(entry, Kept) else entry
            if isinstance(told, Told):
                counted = (not isinstance(entry, Kept) or entry.counted) and self._counts(position, told.arm)
                yield Kept(_with_arm(told, self._now(position, told.arm)), counted)

    def units(self) -> Iterator[Unit]:
        """The units, the oldest of each arm first."""
        return iter(self._units)

    def _remember(self, told: Told, position: int) -> None:
        digest = told.digest
        self._rewards.pop(digest, None)  # the latest ones are the last
        self._rewards[digest] = position

    def _replace(self, told: Told, add: bool) -> None:
        found = self.before(told)
        if found is not None and found[2]:
            position, old, _ = found
            arm = self._now(position, old.arm)
            if (arm, old.reward, old.context, old.unit) == (told.arm, told.reward, told.context, told.unit):
                return
            if old.unit:
                self._unit(arm, old.unit, -1, -old.reward, add)
            elif add and self.known.count[place := self._place(arm)]:
                self.known.take(place, old.reward, old.context)
        if told.unit:
            self._unit(told.arm, told.unit, 1, told.reward, add)
        elif add:
            self.known.add(self._place(told.arm), told.reward, told.context)

    def _unit(self, arm: str, unit: str, more: int, reward: float, add: bool) -> None:
        """The mean of a unit changes."""
        before = self._units.get(arm, unit)
        if more < 0 and not before[0]:
            return  # forgotten: what it came to stays
        count, total = before[0] + more, before[1] + reward
        self._units.put(arm, unit, (count, total), most=self._most)
        if not add:
            return
        place = self._place(arm)
        if before[0] and self.known.count[place]:
            self.known.take(place, before[1] / before[0])
        if count:
            self.known.add(place, total / count)

    def _place(self, arm: str) -> int:
        place = self._places.get(arm)
        if place is None:
            self.known.grow(arms=(arm,))
            place = self._places[arm] = len(self.known.arms) - 1
        return place

    def _reset(self, position: int, arm: str, add: bool) -> None:
        self._void[arm] = position
        self._units.clear(arm)
        if not add:
            return
        if not arm:
            self._sums(Knowledge(()))
        elif arm in self._places:
            self.known.forget(self._places[arm])

    def _rename(self, old: str, new: str) -> None:
        known = self.known
        known.arms = tuple(new if name == old else name for name in known.arms)
        known.generation += 1
        self._places = {name: place for place, name in enumerate(known.arms)}

    def _sums(self, known: Knowledge) -> None:
        known.generation = self.known.generation + 1
        self.known = known
        self._places = {name: place for place, name in enumerate(known.arms)}

    def _now(self, position: int, arm: str) -> str:
        """The name by which an arm is known that was called so at a position."""
        for when, old, new in self._renamed:
            if when > position and arm == old:
                arm = new
        return arm

    def _counts(self, position: int, arm: str) -> bool:
        if not self._void:
            return True
        # Kept rewards come after the sums that they lie in.
        return position > max(self._void.get("", -1), self._void.get(self._now(position, arm), -1))


def _with_arm(told: Told, arm: str) -> Told:
    if told.arm == arm:
        return told
    return Told(
        id=told.id,
        arm=arm,
        reward=told.reward,
        key=told.key,
        row=told.row,
        context=told.context,
        time=told.time,
        received=told.received,
        unit=told.unit,
    )
