"""Of each unit, such as a caller, how many rewards it has for an arm, and what they come to."""

from __future__ import annotations

from collections.abc import Iterator

from mainspring.serving.rollout.state.entries import Unit


class Units:
    """How many rewards units have, and their sums, by arm."""

    def __init__(self) -> None:
        self._arms: dict[str, dict[str, tuple[int, float]]] = {}

    def get(self, arm: str, unit: str) -> tuple[int, float]:
        """How many rewards a unit has for an arm, and their sum."""
        return self._arms.get(arm, {}).get(unit, (0, 0.0))

    def put(self, arm: str, unit: str, value: tuple[int, float], *, most: int | None = None) -> None:
        """Keep them; of more units of an arm than ``most``, the one that was put longest ago is forgotten."""
        units = self._arms.setdefault(arm, {})
        units.pop(unit, None)
        if value[0]:
            units[unit] = value
            if most is not None and len(units) > most:
                del units[next(iter(units))]

    def rename(self, old: str, new: str) -> None:
        """An arm is called otherwise."""
        if old in self._arms:
            self._arms[new] = self._arms.pop(old)

    def clear(self, arm: str = "") -> None:
        """Forget an arm, or all."""
        if arm:
            self._arms.pop(arm, None)
        else:
            self._arms.clear()

    def __iter__(self) -> Iterator[Unit]:
        return (Unit(arm, unit, *value) for arm, units in self._arms.items() for unit, value in units.items())
