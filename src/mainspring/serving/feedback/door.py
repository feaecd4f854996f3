"""Taking feedback, whatever transport brings it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mainspring.core.clock import Clock, now
from mainspring.serving.feedback import forms
from mainspring.serving.feedback.answers import Answered, LatestAnswers
from mainspring.serving.feedback.classes import ClassTeller
from mainspring.serving.feedback.log import FeedbackLog
from mainspring.serving.feedback.ports import Counting, Learner
from mainspring.serving.feedback.record import REWARD, TRUTH, Feedback
from mainspring.serving.feedback.waiting import Waiting
from mainspring.serving.payloads import searching
from mainspring.serving.payloads.record import LogRecord
from mainspring.serving.problems import OverloadedError, UnsupportedError

_REMEMBERED = 100_000
_PUID = b"seldon-puid"


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of feedback.

    Attributes:
        accepted: How many values were taken.
        duplicates: How many were known already, to the letter.
        pending: How many are about requests that this process does not remember; they are joined later.
    """

    accepted: int
    duplicates: int
    pending: int

    def as_dict(self) -> dict[str, int]:
        """Plain values, for JSON."""
        return {"accepted": self.accepted, "duplicates": self.duplicates, "pending": self.pending}


class FeedbackDoor:
    """Takes feedback, writes it down, and counts what it says. Safe for threads.

    What is taken is safe when :meth:`answer` comes back, also from a kill. Telling the same again does no harm;
    what is told later about the same row takes the place of what was told before.

    Args:
        log: Where it is written; ``None`` if the server keeps no log, and refuses feedback.
        answers: The latest answers, to judge them by the truth.
        counting: Counts it.
        learners: Routers that learn from it, by name; they may change.
        classes: Tells it to the classes that requests were at.
        find: Gives an answer that is not among the latest, such as another process gave; by default the log is
            searched, which takes milliseconds: call from a thread.
    """

    def __init__(
        self,
        log: FeedbackLog | None,
        *,
        answers: LatestAnswers | None = None,
        counting: Counting | None = None,
        learners: Mapping[str, Learner] | None = None,
        classes: ClassTeller | None = None,
        find: Callable[[str], Answered | None] | None = None,
        clock: Clock = now,
    ) -> None:
        self._classes = classes
        self._log, self._answers, self._counting, self._clock = log, answers, counting, clock
        self._learners: Mapping[str, Learner] = {} if learners is None else learners
        self._find = self._search if find is None else find
        self._waiting = Waiting(None if log is None else log.folder.parent)
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, str, int | None], tuple[Any, float]] = {}

    def answer(
        self,
        path: Mapping[str, str],
        body: bytes,
        *,
        headers: Mapping[bytes, bytes] | None = None,
        caller: str = "",
    ) -> dict[str, int]:
        """Take feedback; gives what is answered, as an object for JSON.

        Args:
            path: ``model``, and ``version`` if one is named.
            body: See :func:`mainspring.serving.feedback.forms.read`.
            headers: By name in lower case.
            caller: Who tells.

        Raises:
            MalformedError: If the body is not of a known form; with everything that is wrong.
            OverloadedError: If there is no room for it; ask again later.
            UnsupportedError: If the server keeps no log.
        """
        if self._log is None:
            raise UnsupportedError(
                "this server keeps no log, and takes no feedback", fix="start it with --log FOLDER"
            )
        puid = (headers or {}).get(_PUID, b"").decode("latin-1")
        told = forms.read(body, model=path.get("model", ""), now=self._clock(), caller=caller, puid=puid)
        return self.take(told).as_dict()

    def take(self, told: Sequence[Feedback]) -> Taken:
        """Take feedback that was read already.

        Raises:
            OverloadedError: If there is no room for all of it; what there was room for is kept.
        """
        with self._lock:
            fresh = [one for one in told if self._is_new(one)]
            self._write(fresh)
        by_request: dict[str, list[Feedback]] = {}
        for one in fresh:
            by_request.setdefault(one.id, []).append(one)
        pending = 0
        for request, mine in by_request.items():
            answered = self._answered(request)
            if answered is None:
                pending += len(mine)
                if self._learners or (self._classes is not None and self._classes.wanted):
                    self._waiting.add(request, mine)
            if self._counting is not None:
                _count(self._counting, mine, answered)
            if answered is not None:
                self._teach(mine, answered)
        return Taken(len(fresh), len(told) - len(fresh), pending)

    @property
    def waits(self) -> bool:
        """Whether there is somebody to be told of requests that are not in the log yet."""
        return bool(self._learners) or len(self._waiting) > 0

    def look_again(self) -> None:
        """Pass on what was told of requests before they were logged, such as those of other processes."""
        if not self.waits:
            return
        for mine, record in self._waiting.found():
            answered = _answered(record)
            if answered is not None:
                self._teach(mine, answered)

    def _teach(self, mine: Sequence[Feedback], answered: Answered) -> None:
        for decision in answered.decisions:
            learner = self._learners.get(decision.router)
            if learner is not None:
                learner.learn(decision, mine, answered)
        if self._classes is not None and self._classes.wants(answered):
            if answered.columns is None:  # they were too large to be remembered
                answered = self._find(mine[0].id) or answered
            self._classes.tell(mine, answered)

    def _is_new(self, one: Feedback) -> bool:
        # Without a time of its own, what is told again is known at another moment, and is the same all the same.
        said = self._seen.get((one.id, one.key, one.row))
        if said is None:
            return True
        same = said[0] == one.value and type(said[0]) is type(one.value)
        return not same or (one.time > said[1] and one.time != one.received)

    def _write(self, mine: Sequence[Feedback]) -> None:
        for one in mine:
            if self._log is None or not self._log.write(one):
                raise OverloadedError("there is more feedback than can be written")
            self._seen[one.id, one.key, one.row] = (one.value, one.time)
        while len(self._seen) > _REMEMBERED:
            del self._seen[next(iter(self._seen))]

    def _answered(self, request: str) -> Answered | None:
        found = self._answers.of(request) if self._answers is not None else None
        return self._find(request) if found is None else found

    def _search(self, request: str) -> Answered | None:
        found = None if self._log is None else searching.find(self._log.folder.parent, request)
        return None if found is None else _answered(found)


def _answered(record: LogRecord) -> Answered | None:
    """What was answered to a logged request; ``None`` if nothing was."""
    labels = record.outputs.get("label", record.outputs.get("prediction"))
    if record.error is not None:
        return None
    return Answered(record.model, record.version, labels or (), record.decisions, record.columns, record.path)


def _count(counting: Counting, mine: Sequence[Feedback], answered: Answered | None) -> None:
    model, version = ("", "") if answered is None else (answered.model, answered.version)
    rewards = [float(one.value) for one in mine if one.key == REWARD]
    if rewards:
        counting.rewarded(model, version, rewards)
    if answered is None:
        return
    right = wrong = 0
    errors: list[float] = []
    for one in mine:
        if one.key != TRUTH:
            continue
        rows = range(len(answered.labels)) if one.row is None else [one.row] * (one.row < len(answered.labels))
        for row in rows:
            said = answered.labels[row]
            if isinstance(said, str):
                right, wrong = right + (said == str(one.value)), wrong + (said != str(one.value))
            elif isinstance(one.value, int | float):
                errors.append(abs(float(said) - float(one.value)))
    if right or wrong:
        counting.known(model, version, right=right, wrong=wrong)
    if errors:
        counting.differed(model, version, errors)
