"""What detectors of novelty have in common: rows are taken step by step, and the unknown ones wait."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError, StateError
from mainspring.core.records import Value
from mainspring.monitoring.detectors.blocks import from_plain, require
from mainspring.monitoring.novelty.ports import UNKNOWN, Label, NovelCluster, Recognised
from mainspring.monitoring.novelty.spheres import Floats, Ints, Spheres, distances


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows that are kept, and their numbers."""

    values: Floats
    numbers: Ints

    @classmethod
    def none(cls, features: int) -> Self:
        """No rows."""
        return cls(np.zeros((0, features)), np.zeros(0, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.numbers)

    def and_also(self, values: Floats, numbers: Ints) -> Rows:
        """These, and others behind them."""
        return Rows(np.concatenate([self.values, values]), np.concatenate([self.numbers, numbers]))

    def only(self, which: npt.NDArray[np.bool_]) -> Rows:
        """Some of them."""
        return Rows(self.values[which], self.numbers[which])

    def as_dict(self) -> dict[str, Value]:
        """Plain values."""
        return {
            "values": self.values.tolist(),
            "numbers": self.numbers.tolist(),
            "features": self.values.shape[1],
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        shape = len(value["numbers"]), value["features"]
        values = np.array(value["values"], dtype=np.float64).reshape(shape)
        return cls(values, np.array(value["numbers"], dtype=np.int64))


@dataclass(slots=True)
class Settled:
    """What a look at the waiting rows gave: rows by number with their codes, and the clusters that were found."""

    numbers: list[int] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    found: list[NovelCluster] = field(default_factory=list)

    def settle(self, numbers: Ints, codes: npt.ArrayLike) -> None:
        """Say what some rows are: one code for all, or one for each."""
        self.numbers += numbers.tolist()
        self.codes += np.broadcast_to(np.asarray(codes), numbers.shape).tolist()


@dataclass(slots=True, kw_only=True)
class Stepwise(ABC):
    """A detector of novelty that looks at the waiting rows after every ``step`` rows."""

    _RESTORED: ClassVar[Mapping[str, Callable[[Any], Any]]] = {"waiting": Rows.from_dict}
    # The fields that are no settings.
    _LEARNED: ClassVar[tuple[str, ...]] = ("features", "classes", "items", "novelties", "waiting")

    step: int = 100
    least: int = 20
    memory: int = 2_000
    seed: int = 0

    features: int = 0
    classes: list[Label] = field(default_factory=list)
    items: int = 0
    novelties: int = 0
    waiting: Rows = field(default_factory=lambda: Rows.none(0))

    def __post_init__(self) -> None:
        """Check the settings."""
        require(self.step >= 1, "step", self.step, "at least 1")
        require(self.least >= 2, "least", self.least, "at least 2")
        require(self.memory >= self.least, "memory", self.memory, f"at least least ({self.least})")
        require(self.seed >= 0, "seed", self.seed, "0 or more")

    @classmethod
    def settings(cls) -> tuple[str, ...]:
        """The names of its settings."""
        return tuple(one.name for one in fields(cls) if one.name not in cls._LEARNED)

    def fit(self, rows: npt.ArrayLike, labels: npt.ArrayLike) -> Self:
        """Learn what is known; see :class:`~mainspring.monitoring.novelty.ports.NoveltyDetector`.

        Raises:
            InputError: If there are no rows, they are no finite numbers, or there are not as many labels.
        """
        known, said = read_rows(rows), read_labels(labels)
        check_labelled(known, said)
        self.classes = sorted(set(said), key=str)
        self.features, self.items, self.novelties = known.shape[1], 0, 0
        self.waiting = Rows.none(self.features)
        self._learn(known, self._codes(said))
        return self

    def update(self, rows: npt.ArrayLike) -> Recognised:
        """Take rows one after the other; see :class:`~mainspring.monitoring.novelty.ports.NoveltyDetector`.

        Raises:
            StateError: If it is not fitted.
            InputError: If the rows are no finite numbers, or have another number of features.
        """
        given = self._read(rows)
        first, codes = self.items, np.full(len(given), UNKNOWN, dtype=np.int64)
        settled, begin = Settled(), 0
        while begin < len(given):
            end = min(len(given), begin + self.step - self.items % self.step)
            numbers = self.items + np.arange(end - begin)
            codes[begin:end] = self._sort(given[begin:end], numbers)
            strange = codes[begin:end] == UNKNOWN
            self.waiting = self.waiting.and_also(given[begin:end][strange], numbers[strange])
            self.items += end - begin
            begin = end
            if self.items % self.step == 0:
                self._look(settled)
        return self._answer(first, codes, settled)

    def as_dict(self) -> Mapping[str, Value]:
        """Settings and memory as plain values."""
        return {one.name: _plain(getattr(self, one.name)) for one in fields(self)}

    @classmethod
    def from_dict(cls, value: Mapping[str, Value]) -> Self:
        """The inverse of :meth:`as_dict`.

        Raises:
            InputError: If a field is missing, or one is there that the detector does not have.
        """
        made = {name: cls._RESTORED[name](one) if name in cls._RESTORED else one for name, one in value.items()}
        return from_plain(cls, made)

    @abstractmethod
    def _learn(self, rows: Floats, codes: Ints) -> None:
        """Learn from rows and the codes of their classes."""

    @abstractmethod
    def _sort(self, rows: Floats, numbers: Ints) -> Ints:
        """Codes of rows, as they are known before the next look."""

    @abstractmethod
    def _look(self, settled: Settled) -> None:
        """Look at the rows that wait."""

    def _codes(self, said: list[Label]) -> Ints:
        place = {one: code for code, one in enumerate(self.classes)}
        return np.array([place[one] for one in said], dtype=np.int64)

    def _read(self, rows: npt.ArrayLike) -> Floats:
        if not self.classes:
            raise StateError("the detector is not fitted", fix="fit(rows, labels) it first")
        given = read_rows(rows, features=self.features)
        if given.shape[1] != self.features:
            raise InputError(
                f"rows of {given.shape[1]} features",
                expected=f"{self.features} features, as those it was fitted on",
            )
        return given

    def _answer(self, first: int, codes: Ints, settled: Settled) -> Recognised:
        numbers, meant = np.array(settled.numbers, dtype=np.int64), np.array(settled.codes, dtype=np.int64)
        ours = numbers >= first
        codes[numbers[ours] - first] = meant[ours]
        return Recognised(
            classes=tuple(self.classes),
            codes=codes,
            first=first,
            earlier=numbers[~ours],
            earlier_codes=meant[~ours],
            found=tuple(settled.found),
        )

    def _take_in(
        self,
        found: Spheres,
        places: Ints,
        valid: npt.NDArray[np.bool_],
        know: Callable[[Spheres], Spheres],
        settled: Settled,
    ) -> None:
        """Know the valid ones of the spheres that waiting rows were gathered into, and wait for the others' rows.

        Args:
            found: The spheres.
            places: Of each waiting row, the place of its sphere.
            valid: Which spheres are taken in.
            know: Takes in a sphere, and gives it with its code: that of a class, or of a novelty.
            settled: Where it is told which rows are settled, and which novelties were found.
        """
        waiting = self.waiting
        for place in np.flatnonzero(valid).tolist():
            inside = waiting.only(places == place)
            sphere = know(found.pick(np.array([place])))
            code = int(sphere.codes[0])
            settled.settle(inside.numbers, code)
            if code < UNKNOWN:
                settled.found.append(self._found(inside, sphere))
        self._forget(~valid[places])

    def _found(self, rows: Rows, sphere: Spheres) -> NovelCluster:
        """The cluster of a sphere that is a novelty, and its rows."""
        away = distances(rows.values, sphere.centres)[:, 0]
        return NovelCluster(
            number=-1 - int(sphere.codes[0]),
            size=len(rows),
            centre=tuple(sphere.centres[0].tolist()),
            spread=float(sphere.spreads[0]),
            rows=tuple(rows.numbers[np.argsort(away, kind="stable")].tolist()),
        )

    def _new_code(self) -> int:
        self.novelties += 1
        return -1 - self.novelties

    def _forget(self, left: npt.NDArray[np.bool_]) -> None:
        """Go on with some of the waiting rows, and with no more than the memory holds."""
        self.waiting = self.waiting.only(left)
        over = len(self.waiting) - self.memory
        if over > 0:
            self.waiting = self.waiting.only(np.arange(len(self.waiting)) >= over)


def read_rows(rows: npt.ArrayLike, *, features: int | None = None) -> Floats:
    """Rows as an array of two dimensions.

    Args:
        rows: ``[rows, features]``, or one row if the number of features is known.
        features: How many there should be.

    Raises:
        InputError: If they are no finite numbers, or not of that shape; the place of the first bad one is told.
    """
    try:
        given = np.asarray(rows, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"the rows are no numbers: {error}", expected="[rows, features]") from error
    if given.ndim == 1 and features is not None:
        given = given.reshape(1, -1) if given.size else given.reshape(0, features)
    if given.ndim != 2:
        raise InputError(f"the rows have the shape {given.shape}", expected="[rows, features]")
    bad = np.argwhere(~np.isfinite(given))
    if len(bad):
        row, column = bad[0].tolist()
        raise InputError(
            f"row {row}, feature {column} is {given[row, column]}",
            expected="a finite number",
            fix="leave such rows out, or fill in what is missing",
        )
    return given


def read_labels(labels: npt.ArrayLike) -> list[Label]:
    """Labels as plain values.

    Raises:
        InputError: If one is neither a text nor a number nor a bool.
    """
    given = np.asarray(labels)
    if given.ndim != 1:
        raise InputError(f"the labels have the shape {given.shape}", expected="one label for each row")
    said: list[Any] = given.tolist()
    # What is not equal to itself is not a number.
    good = [isinstance(one, str | int | float) and one == one for one in said]
    bad = None if all(good) else good.index(False)
    if bad is not None:
        raise InputError(f"label {bad} is {said[bad]}", expected="a text, a number or a bool")
    return said


def check_labelled(rows: Floats, said: list[Label]) -> None:
    """Check that there are rows, and a label for each.

    Raises:
        InputError: If not.
    """
    if len(rows) != len(said):
        raise InputError(f"{len(rows)} rows with {len(said)} labels", expected="one label for each row")
    if not rows.size:
        raise InputError("no rows to learn from", expected="at least one row and one feature")


def _plain(value: Any) -> Value:
    if isinstance(value, Spheres | Rows):
        return value.as_dict()
    plain: Value = [_plain(one) for one in value] if isinstance(value, list) else value
    return plain
