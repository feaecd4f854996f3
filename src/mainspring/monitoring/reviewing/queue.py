"""A queue of rows for people to look at: filled by chance, worked off by several, told to the feedback log."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mainspring.core.clock import Clock, now
from mainspring.core.errors import InputError, NotFoundError
from mainspring.evaluation.metrics.classes import natural
from mainspring.monitoring.quality.answers import PROBABILITY, read_answers
from mainspring.monitoring.quality.labels import CHOSEN_KEY
from mainspring.monitoring.reviewing.agreeing import ReviewAgreement, review_agreement
from mainspring.monitoring.reviewing.board import Board, more_probable
from mainspring.monitoring.reviewing.items import Answer, Chosen, ItemState, Kind, Label, ReviewItem
from mainspring.monitoring.reviewing.journal import FILE, ReviewJournal
from mainspring.monitoring.reviewing.sampling import Sampling, choose
from mainspring.monitoring.reviewing.standing import Filled, ReviewStatus, status_of
from mainspring.monitoring.reviewing.telling import feedback_of, row_values, tell
from mainspring.serving.feedback.record import TRUTH

if TYPE_CHECKING:
    from mainspring.data import Table

MINUTES: Final = 15.0
CALLER: Final = "review"
"""Who tells the feedback log that a row was chosen."""


class ReviewQueue:
    """The reviews of one model. Several processes may work on one folder; not safe for threads.

    Args:
        folder: Where reviews of all models lie; each has a folder of its own in it.
        model: The name under which the model is served.
        log: The prediction log: rows are shown from it, and what reviewers say is written to its feedback.
        clock: What time it is.

    Example:
        .. code-block:: python

            queue = ReviewQueue(Path(".mainspring/reviews"), model="census", log=Path(".mainspring/predictions"))
            queue.fill(table, Sampling(rows=200, by=("sex",)))
            item = queue.next("ann")
            print(queue.values(item))
            queue.answer(item.id, ">50K", reviewer="ann", guideline="2")
    """

    def __init__(self, folder: Path, *, model: str, log: Path, clock: Clock = now) -> None:
        if not model or model[0] in ".-" or "/" in model:  # it names a folder, and stands in commands
            raise InputError(f"there is no model {model!r}", expected="the name under which it is served")
        self.model, self.log, self._clock = model, log, clock
        self._journal, self._board = ReviewJournal(folder / model), Board()

    def fill(
        self,
        table: Table,
        sampling: Sampling | None = None,
        *,
        flagged: Collection[tuple[str, int]] = (),
        positive: str | None = None,
    ) -> Filled:
        """Choose rows to be reviewed.

        How probable it was to choose each is told to the feedback log (``feedback.review_probability``), so that
        figures of the reviewed rows can be weighed. Filling from the same rows again adds nothing; with more rows
        in the sampling it adds the others.

        Args:
            table: The rows to choose from, such as ``seen.window.table`` or the log joined with its feedback.
            sampling: How; about 100 rows without it.
            flagged: Request and row of those that an alert or a detector named.
            positive: The class that a binary task is about.

        Raises:
            InputError: If a column of strata does not exist, or the condition is not valid.
        """
        chosen = choose(table, sampling or Sampling(), flagged=flagged, positive=positive)
        with self._changing() as events:
            fresh = [one for one in chosen if self._adds(one)]
            before = [one for one in fresh if one.id in self._board.items]
            if fresh:
                filled = {"what": "filled", "at": self._clock(), "classes": _classes(table)}
                events.append({**filled, "items": [one.as_dict() for one in fresh]})
                self._tell([(one, CHOSEN_KEY, one.probability, CALLER) for one in fresh])
        new = [one for one in fresh if one not in before]
        return Filled(
            rows=table.num_rows,
            new=len(new),
            again=len(chosen) - len(new),
            known=sum(one.known for one in new),
        )

    def next(self, reviewer: str, *, minutes: float = MINUTES) -> ReviewItem | None:
        """The next item for somebody, who then has it alone for so long; ``None`` if there is nothing to do.

        Whoever asks again before having answered gets the same item, for as long again.

        Args:
            reviewer: Who.
            minutes: How long.

        Raises:
            InputError: If nobody is named.
        """
        _check_reviewer(reviewer)
        with self._changing() as events:
            moment = self._clock()
            item = self._open(reviewer, moment)
            if item is None:
                return None
            until = moment + 60 * minutes
            events.append({"what": "leased", "item": item.id, "reviewer": reviewer, "at": moment, "until": until})
        return self._board.items[item.id]

    def answer(
        self,
        item: str,
        label: Label | None = None,
        *,
        reviewer: str,
        kind: Kind | str = Kind.LABEL,
        guideline: str = "",
        comment: str = "",
    ) -> ReviewItem:
        """Say what the truth of an item is, or that one cannot say; a later answer replaces an earlier one.

        As soon as enough people have answered, and more than half of them agree, the feedback log is told.

        Args:
            item: Its id.
            label: The truth: a class of the model, or a number.
            reviewer: Who says so.
            kind: ``label``, ``unsure`` (looked, and cannot say) or ``skip`` (somebody else should look).
            guideline: The version of the guideline that it was given by.
            comment: Why.

        Raises:
            NotFoundError: If there is no such item.
            InputError: If the label is no class of the model or no number, or nobody is named.
        """
        _check_reviewer(reviewer)
        with self._changing() as events:
            found = self._found(item)
            answer = Answer(
                reviewer=reviewer,
                at=self._clock(),
                kind=Kind(kind),
                label=self._label(label) if Kind(kind) is Kind.LABEL else None,
                guideline=guideline,
                comment=comment,
            )
            events.append({"what": "answered", "item": found.id, **answer.as_dict()})
        return self._board.items[item]

    def last_of(self, reviewer: str) -> ReviewItem:
        """The item that somebody answered last, to be looked at again: another answer replaces theirs.

        Raises:
            NotFoundError: If they have answered none.
        """
        mine = [one for one in self.items() if reviewer in one.answers]
        if not mine:
            raise NotFoundError(
                f"{reviewer} has answered no row of {self.model}",
                fix=f"answer one: mainspring review {self.model}",
            )
        return max(mine, key=lambda one: one.answers[reviewer].at)

    def decide(
        self, item: str, label: Label, *, reviewer: str, guideline: str = "", comment: str = ""
    ) -> ReviewItem:
        """Decide what the truth of an item is, whatever reviewers said: the adjudication of a dispute.

        Raises:
            NotFoundError: If there is no such item.
            InputError: If the label is no class of the model or no number, or nobody is named.
        """
        _check_reviewer(reviewer)
        with self._changing() as events:
            found = self._found(item)
            answer = Answer(
                reviewer=reviewer,
                at=self._clock(),
                label=self._label(label),
                guideline=guideline,
                comment=comment,
            )
            events.append({"what": "decided", "item": found.id, **answer.as_dict()})
        return self._board.items[item]

    def items(self, state: ItemState | str | None = None) -> list[ReviewItem]:
        """All items, or those in a state, in the order in which they are to be looked at."""
        self._board.take(self._journal.new())
        wanted = None if state is None else ItemState(state)
        found = [item for item in self._board.items.values() if wanted is None or item.state is wanted]
        return sorted(found, key=lambda item: item.chosen.order)

    def item(self, item: str) -> ReviewItem:
        """One item.

        Raises:
            NotFoundError: If there is none of that id.
        """
        self._board.take(self._journal.new())
        return self._found(item)

    def values(self, item: ReviewItem) -> dict[str, Any]:
        """The inputs of an item's row, from the log.

        Raises:
            NotFoundError: If the log does not have it (any more), or its subject was erased.
        """
        return row_values(self.log, self.model, item.chosen)

    def status(self) -> ReviewStatus:
        """How the queue stands."""
        return status_of(self.items(), self._clock())

    def agreement(self) -> ReviewAgreement:
        """How far reviewers agree with each other, and with the model."""
        return review_agreement(self.items())

    @property
    def classes(self) -> tuple[str, ...]:
        """What a label may be; nothing for a model of numbers, or before anything was chosen."""
        self._board.take(self._journal.new())
        return self._board.classes

    @contextmanager
    def _changing(self) -> Iterator[list[dict[str, Any]]]:
        """Collect events that are written at the end, while nobody else writes; then tell what is settled."""
        with self._journal.alone():
            self._board.take(self._journal.new())
            events: list[dict[str, Any]] = []
            yield events
            self._write(events)
            self._settle()

    def _write(self, events: Sequence[Mapping[str, Any]]) -> None:
        if events:
            self._journal.append(events)
            self._board.take(self._journal.new())

    def _settle(self) -> None:
        """Tell the feedback log what is settled; after a crash, what it was not told yet."""
        due = [item for item in self._board.items.values() if item.label is not None and item.label != item.told]
        if due:
            self._tell([(item.chosen, TRUTH, item.label, item.by) for item in due])
            self._write([{"what": "told", "item": item.id, "label": item.label} for item in due])

    def _adds(self, one: Chosen) -> bool:
        before = self._board.items.get(one.id)
        return before is None or more_probable(before.chosen, one) != before.chosen

    def _open(self, reviewer: str, moment: float) -> ReviewItem | None:
        """What the reviewer has already, or else the first item that lacks somebody and is not theirs yet."""
        waiting = [item for item in self._board.items.values() if item.state is ItemState.WAITING]
        mine = [item for item in waiting if reviewer in item.leased(moment)]
        free = [
            item
            for item in waiting
            if reviewer not in item.answers and len(item.given) + len(item.leased(moment)) < item.chosen.wanted
        ]
        return min(mine or free, key=lambda item: item.chosen.order, default=None)

    def _found(self, item: str) -> ReviewItem:
        found = self._board.items.get(item)
        if found is None:
            raise NotFoundError(
                f"there is no item {item!r} in the reviews of {self.model}",
                fix=f"mainspring review list {self.model}",
            )
        return found

    def _label(self, label: Label | None) -> Label:
        classes = {natural(name): name for name in self._board.classes}
        if label is not None and classes:
            found = classes.get(natural(str(label)))
            if found is not None:
                return found
        elif label is not None:
            try:
                return float(label)
            except ValueError:
                pass
        raise InputError(
            "no label was given" if label is None else f"{label!r} is no label",
            expected="one of " + ", ".join(classes.values()) if classes else "a number",
        )

    def _tell(self, told: Sequence[tuple[Chosen, str, Label | None, str]]) -> None:
        moment = self._clock()
        tell(
            self.log,
            [
                feedback_of(self.model, one, key, value, caller=caller, time=moment)
                for one, key, value, caller in told
            ],
        )


def queues(folder: Path) -> list[str]:
    """The models that have reviews in a folder."""
    return sorted(path.parent.name for path in folder.glob(f"*/{FILE}"))


def _classes(table: Table) -> list[str]:
    scored = [name.removeprefix(PROBABILITY) for name in table.names if name.startswith(PROBABILITY)]
    if scored:
        return scored
    answers = read_answers(table)
    return [] if answers is None or answers.classes is None else list(answers.classes)


def _check_reviewer(reviewer: str) -> None:
    if not reviewer.strip():
        raise InputError("nobody is named as reviewer", fix="--reviewer NAME")
