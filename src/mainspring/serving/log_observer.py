"""Writes every finished call to the prediction log."""

from __future__ import annotations

from mainspring.serving.call import Call
from mainspring.serving.prediction_log import LogRecord, PredictionLog

LOGGED_BODY = 2_000
"""How much of a request that could not be answered is logged, in bytes."""

LONGEST_ID = 200


class LogObserver:
    """An observer that logs.

    Args:
        log: Where every request is written.
    """

    def __init__(self, log: PredictionLog) -> None:
        self._log = log

    def __call__(self, call: Call) -> None:
        """Queue the record of a call."""
        # What waits for the log is kept small: arrays, or the beginning of what could not be answered.
        call.body = call.body[:LOGGED_BODY] if call.error is not None else b""
        call.question = None
        self._log.write(lambda: _record(call), rows=max(1, call.rows))


def _record(call: Call) -> LogRecord:
    # Rows made up by an explainer would look like drift, and fill the disk.
    prediction = None if call.made_up else call.prediction
    return LogRecord(
        id=call.id[:LONGEST_ID],
        time=call.time,
        model=call.model,
        version=call.version,
        protocol=call.protocol,
        status=call.status,
        columns={} if prediction is None else prediction.plain_columns(),
        outputs={} if prediction is None else prediction.plain_outputs(),
        latency=call.latency,
        error=call.error,
        body=None if call.error is None else call.body.decode("utf-8", "replace"),
    )
