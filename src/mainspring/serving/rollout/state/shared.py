"""What a bandit has learned: known to all processes of a server, and there after any of them was killed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import msgspec
import numpy as np

from mainspring.core.errors import ConflictError, InputError, NotFoundError
from mainspring.serving.payloads.exclusive import alone
from mainspring.serving.rollout.context import MOST_FEATURES, within
from mainspring.serving.rollout.policies.knowledge import Knowledge, check_number
from mainspring.serving.rollout.state.board import Board
from mainspring.serving.rollout.state.entries import Entry, Renamed, Reset, Sums, Told
from mainspring.serving.rollout.state.fold import Fold
from mainspring.serving.rollout.state.journal import Journal, newest, remove_before, write

_Result = TypeVar("_Result")

_ALL: Final = ("\0all",)

FORMAT: Final = 1
"""Of an export."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What became of rewards.

    Attributes:
        added: How many were new.
        replaced: How many took the place of one that was told before.
        ignored: How many were known already, or older than what is known.
    """

    added: int = 0
    replaced: int = 0
    ignored: int = 0


class SharedState:
    """The sums of a bandit, in a folder. Safe for threads and processes; a context manager.

    What is learned is first added to a journal, and then to sums on a board that all processes see. When
    :meth:`learn` comes back it outlives the process, however it ends. Against a failing machine the journal is
    written through to the disk when something is learned ``sync`` seconds after the last time, when it is
    rewritten, and when it is closed; what comes in between is as safe as the operating system makes it (usually
    within 30 seconds). The board never is written through: it is made from the journal again if it does not fit.

    A reward that is told again is not added again, and a later one takes the place of an earlier one, in whichever
    process, as long as it is among the last that were told: at least ``remember`` of them are remembered. The
    journal is rewritten, with the sums and these, when it has twice as many.

    Arms are known by name: whichever arms a router has, in whichever order, it finds what is known of them, and
    what is known of an arm that it does not have any more stays.

    Args:
        folder: Its own; made if it is not there.
        remember: How many rewards are remembered one by one, and how many units of each arm.
        sync: So many seconds pass between two times that the disk is waited for; 0 to wait every time.
        features: How many features are told apart; further texts are one.

    Raises:
        IntegrityError: If the journal was changed by something else.
    """

    def __init__(
        self,
        folder: Path,
        *,
        remember: int = 100_000,
        sync: float = 1.0,
        features: int = MOST_FEATURES,
    ) -> None:
        self.folder, self._remember, self._sync, self._features = folder, remember, sync, features
        self._lock = threading.RLock()
        self._synced = time.monotonic()
        self._fold: Fold | None = None
        self._views: dict[tuple[str, ...], tuple[Knowledge, float]] = {}
        folder.mkdir(parents=True, exist_ok=True)
        self._board = Board(folder / "board")
        self._mend()

    @property
    def generation(self) -> int:
        """Another number whenever something was learned, by any process; to read it takes some nanoseconds."""
        return self._board.generation

    def known(self, arms: Sequence[str] | None = None, *, rest: float = 0.0) -> Knowledge:
        """What is known of arms, in this order; by default of all. Do not change it.

        As long as nothing is learned it is the same object. It takes no lock, and waits for nobody.

        Args:
            arms: Their names.
            rest: What was known so many seconds ago is good enough: where rewards come as often as requests, not
                each of them has to be worked with.
        """
        key = _ALL if arms is None else tuple(arms)
        view = self._views.get(key)
        generation = self._board.generation
        if view is not None and (view[0].generation == generation or (rest and time.monotonic() < view[1] + rest)):
            return view[0]
        found = self._read()
        if found is None:
            self._mend()
            found = self._read() or (generation, Knowledge(()), 0, 0)
        known = found[1] if arms is None else found[1].of(arms)
        known.generation = found[0]
        self._views[key] = (known, time.monotonic())
        return known

    def learn(self, told: Iterable[Told]) -> Learned:
        """Learn from rewards, all or none of them: when this comes back, they are safe.

        It takes some tens of microseconds, and waits for others that learn; now and then, when the journal is
        rewritten, up to a second.

        Raises:
            InputError: If a reward or a feature is no finite number; nothing is learned then.
            UnavailableError: If they cannot be written down.
        """
        wanted = list(told)
        if not wanted:
            return Learned()
        for one in wanted:
            check_number(one.reward, f"the reward for request {one.id!r}")
            for name, value in one.context.items():
                check_number(value, f"feature {name!r} of request {one.id!r}")

        def chosen(fold: Fold) -> tuple[list[Entry], Learned]:
            latest: dict[bytes, Told] = {}
            features = set(fold.known.features)
            added = replaced = 0
            entries: list[Entry] = []
            for one in wanted:
                found = fold.before(one)
                old = latest.get(one.digest) or (None if found is None else found[1])
                if old is not None and not _counts_more(one, old):
                    continue
                added, replaced = added + (old is None), replaced + (old is not None)
                fresh = self._bounded(one, features)
                latest[one.digest] = fresh
                entries.append(fresh)
            return entries, Learned(added, replaced, len(wanted) - added - replaced)

        return self._change(chosen)

    def rename(self, old: str, new: str) -> None:
        """What is known of an arm is known of it by another name from now on.

        Raises:
            NotFoundError: If nothing is known of it.
            ConflictError: If something is known of an arm of the new name.
        """

        def chosen(fold: Fold) -> tuple[list[Entry], None]:
            if old not in fold.known.arms:
                raise NotFoundError(f"nothing is known of arm {old!r}", expected=_one_of(fold.known.arms))
            if new in fold.known.arms:
                raise ConflictError(f"arm {new!r} has rewards of its own", fix="reset it first")
            return [Renamed(old, new)], None

        self._change(chosen)

    def reset(self, arm: str | None = None) -> None:
        """Forget what is known of an arm, or of all. Rewards that were told before stay told.

        Raises:
            NotFoundError: If nothing is known of the arm.
        """

        def chosen(fold: Fold) -> tuple[list[Entry], None]:
            if arm is not None and (not arm or arm not in fold.known.arms):
                raise NotFoundError(f"nothing is known of arm {arm!r}", expected=_one_of(fold.known.arms))
            return [Reset(arm or "")], None

        self._change(chosen)

    def export(self) -> dict[str, Any]:
        """The sums as plain values, for JSON; exact."""
        return {"format": FORMAT, **self.known().as_dict()}

    def restore(self, value: Mapping[str, Any]) -> None:
        """Put sums that were exported in the place of all that is known.

        Raises:
            InputError: If it is no export, or of a form that is not known.
        """
        if value.get("format") != FORMAT:
            raise InputError(
                f"the form of the state is {value.get('format')!r}", expected=f"an export with format {FORMAT}"
            )
        known = Knowledge.from_dict(value)
        if len(known.features) > self._features:
            raise InputError(
                f"the state has {len(known.features)} features", expected=f"at most {self._features} of them"
            )
        self._change(lambda fold: ([Sums(known.as_dict())], None))

    def close(self) -> None:
        """Wait for the disk, and let go of the files."""
        with self._lock:
            if self._fold is not None:
                self._fold.journal.sync()
                self._fold.journal.close()
                self._fold = None
            self._board.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _change(self, choose: Callable[[Fold], tuple[list[Entry], _Result]]) -> _Result:
        with self._lock, alone(self.folder):
            fold = self._caught_up()
            entries, result = choose(fold)
            if not entries:
                return result
            journal = fold.journal
            position = fold.position
            end = journal.append(entries)
            now = time.monotonic()
            if now - self._synced >= self._sync:
                journal.sync()
                self._synced = now
            if len(entries) == 1:
                fold.take(position, entries[0])
                fold.position = end
            else:
                fold.catch_up()
            self._show(fold)
            if fold.lines > 2 * self._remember + 16:
                self._compact(fold)
            return result

    def _caught_up(self) -> Fold:
        """All that was learned by anybody. Only while the folder is locked."""
        fold = self._fold
        number = newest(self.folder, 0 if fold is None else fold.journal.number)
        if fold is None or fold.journal.number != number:
            if fold is not None:
                fold.journal.close()
            fold = self._fold = self._load(number)
        elif fold.journal.size < fold.position:
            fold = self._fold = self._load(number)
        if fold.catch_up() or self._behind(fold):
            self._show(fold)
        return fold

    def _load(self, number: int) -> Fold:
        journal = Journal(self.folder, number)
        shown = self._read()
        if shown is not None and shown[2] == number and shown[3] <= journal.size:
            fold = Fold(journal, shown[1], shown[3], units=self._remember)
        else:
            fold = Fold(journal, units=self._remember)
        fold.catch_up()
        return fold

    def _behind(self, fold: Fold) -> bool:
        shown = self._shown
        if shown is not None and shown == (self._board.generation, fold.journal.number, fold.position):
            return False
        found = self._read()
        return found is None or found[2:] != (fold.journal.number, fold.position)

    _shown: tuple[int, int, int] | None = None

    def _show(self, fold: Fold) -> None:
        known = fold.known
        sums = (known.count, known.mean, known.squares, known.moment, known.gram)
        record = _Shown(
            number=fold.journal.number,
            position=fold.position,
            arms=known.arms,
            features=known.features,
            sums=b"".join(each.tobytes() for each in sums),
        )
        generation = self._board.write(_ENCODE(record))
        self._shown = (generation, fold.journal.number, fold.position)

    def _read(self) -> tuple[int, Knowledge, int, int] | None:
        found = self._board.read()
        if found is None:
            return None
        record = _DECODE(found[1])
        known = Knowledge(record.arms, record.features)
        sums = np.frombuffer(record.sums, np.float64).copy()
        start = 0
        for name in ("count", "mean", "squares", "moment", "gram"):
            shape = getattr(known, name).shape
            size = int(np.prod(shape))
            setattr(known, name, sums[start : start + size].reshape(shape))
            start += size
        return found[0], known, record.number, record.position

    def _mend(self) -> None:
        """Make the board say what the journal does: after a kill, or a failure of the machine."""
        with self._lock, alone(self.folder):
            found = self._read()
            number = newest(self.folder, found[2] if found is not None else 0)
            if found is not None and found[2] == number:
                journal = Journal(self.folder, number)
                whole = journal.size == found[3]
                journal.close()
                if whole:
                    return
            if self._fold is not None:
                self._fold.journal.close()
            self._fold = self._load(number)
            self._show(self._fold)
            remove_before(self.folder, number)

    def _compact(self, fold: Fold) -> None:
        number = fold.journal.number + 1

        def entries() -> Iterable[Entry]:
            yield Sums(fold.known.as_dict())
            yield from fold.units()
            yield from fold.kept(self._remember)

        write(self.folder, number, entries())
        fold.journal.close()
        fresh = self._fold = Fold(Journal(self.folder, number), units=self._remember)
        fresh.catch_up()
        self._show(fresh)
        remove_before(self.folder, number)

    def _bounded(self, told: Told, known: set[str]) -> Told:
        if not told.context or told.context.keys() <= known:
            return told
        context = within(told.context, known.__contains__, self._features - len(known))
        known.update(context)
        return msgspec.structs.replace(told, context=context)


class _Shown(msgspec.Struct, frozen=True):
    number: int
    position: int
    arms: tuple[str, ...]
    features: tuple[str, ...]
    sums: bytes


def _counts_more(one: Told, old: Told) -> bool:
    if (one.time, one.received) < (old.time, old.received):
        return False
    same = (one.arm, one.reward) == (old.arm, old.reward)
    return not (same and (one.time, one.received) == (old.time, old.received))


def _one_of(arms: Sequence[str]) -> str:
    return f"one of {', '.join(arms)}" if arms else "rewards first"


_ENCODE = msgspec.msgpack.Encoder().encode
_DECODE = msgspec.msgpack.Decoder(_Shown).decode
