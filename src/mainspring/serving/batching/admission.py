"""Whom the queue of a model lets in, and how long they may wait."""

from __future__ import annotations

import math

from mainspring.serving.batching.cost import Cost
from mainspring.serving.batching.counts import BatchCounts
from mainspring.serving.batching.options import BatchOptions
from mainspring.serving.batching.waiting import Line, Waiting
from mainspring.serving.prediction import Inputs
from mainspring.serving.problems import DeadlineError, OverloadedError, TooLargeError


class Admission:
    """Keeps the queue of one model within its limits.

    Args:
        options: The limits.
        line: The queue.
        cost: What the model takes.
        counts: Counts who was sent away.
        where: The model, for errors.
    """

    def __init__(self, options: BatchOptions, line: Line, cost: Cost, counts: BatchCounts, where: str) -> None:
        self._options, self._line, self._cost, self._counts = options, line, cost, counts
        self._where = where

    def parts(self, inputs: Inputs) -> list[Inputs]:
        """A request in parts that fit into a batch.

        Raises:
            TooLargeError: If it does not fit and may not be split.
        """
        rows, most = inputs.rows, self._options.max_batch_size
        if rows <= most:
            return [inputs]
        if not self._options.split_large:
            raise TooLargeError(
                f"{rows} rows are more than the model computes at a time",
                expected=f"at most {most} rows",
                where=self._where,
                fix="send fewer rows at a time, or let the server split requests (split_large)",
            )
        columns = inputs.columns.items()
        return [
            inputs.of({name: array[start : start + most] for name, array in columns}, min(most, rows - start))
            for start in range(0, rows, most)
        ]

    def until(self, rows: int, level: int, now: float, deadline: float | None) -> float:
        """When a request that comes now has waited too long, by ``time.perf_counter``.

        Raises:
            OverloadedError: If the queue is full.
            DeadlineError: If it is too late already.
        """
        policy = self._options.policy(level)
        waiting = self._line.rows_of(level)
        if policy.max_queue_size and waiting and waiting + rows > policy.max_queue_size:
            self._counts.refused += 1
            raise OverloadedError(
                f"{waiting} rows wait to be computed",
                expected=f"room for {rows} more among {policy.max_queue_size}",
                where=self._where,
                fix="ask again a little later",
            ).after(self._drain(waiting))
        until = now + policy.default_timeout if policy.default_timeout else math.inf
        if deadline is not None and policy.allow_override:
            until = min(until, deadline)
        if until <= now and policy.timeout_action == "REJECT":
            self._counts.expired += 1
            raise self._expired(0.0)
        return until

    def sweep(self, now: float) -> None:
        """Send away those that have waited too long, or let the others go before them."""
        for one in self._line.overdue(now):
            if self._options.policy(one.level).timeout_action == "DELAY":
                self._line.delay(one)
            elif self._line.leave(one):
                self._counts.expired += 1
                _refuse(one, self._expired(now - one.since))

    def _drain(self, rows: int) -> float:
        """Seconds until so many rows are computed; 1 while it is not known what they take."""
        most = self._options.max_batch_size
        return rows / most / self._options.max_concurrent_batches * self._cost.of(most) or 1.0

    def _expired(self, seconds: float) -> DeadlineError:
        return DeadlineError(
            f"the request waited {seconds:.3g} seconds and was not computed in the time that it had",
            where=self._where,
            fix="give it more time, or ask again when the server has less to do",
        )


def _refuse(one: Waiting, error: Exception) -> None:
    if not one.answer.done():
        one.answer.set_exception(error)
