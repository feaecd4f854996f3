"""Logging every finished call."""

from __future__ import annotations

import zlib
from functools import partial
from pathlib import Path

from mainspring.serving.call import Call
from mainspring.serving.payloads.encoding import CallEncoder
from mainspring.serving.payloads.log import PredictionLog
from mainspring.serving.payloads.options import PayloadOptions
from mainspring.serving.payloads.packing import ROWS
from mainspring.serving.payloads.redaction import Redaction

_HASHES = 1 << 32
_SKIP = b"seldon-skip-logging"


class PayloadObserver:
    """Writes calls to a log; an observer of :class:`mainspring.serving.dispatch.Dispatcher`.

    When it comes back the record of the call is safe: a server that is killed in the next moment has lost nothing
    that it answered; unless the options say that the log need not be durable.

    Args:
        log: Where they are written.
        options: What is written of them.
        redaction: What is changed before; by default what the options say.

    Raises:
        InputError: If values are to be hashed, and there is no key.
    """

    def __init__(
        self, log: PredictionLog, options: PayloadOptions | None = None, redaction: Redaction | None = None
    ) -> None:
        options = options or PayloadOptions()
        self._log = log
        self._encoder = CallEncoder(options, redaction or Redaction(options.redact), log.blobs)
        self._share, self._below = options.share, int(options.share * _HASHES)
        self._skips, self._durable = options.skip_header, options.durable
        self._chooses = self._skips or self._share < 1.0
        self._largest = log.capacity // 4

    def __call__(self, call: Call) -> None:
        """Log a call."""
        share = 1.0
        if self._chooses and call.error is None:
            # By the id, so that all servers choose the same requests, and feedback finds them.
            if self._share < 1.0:
                if zlib.crc32(call.id.encode()) >= self._below:
                    return
                share = self._share
            if self._skips and call.headers.get(_SKIP, b"").lower() == b"true":
                return
        if not self._durable and call.rows < ROWS:
            self._log.defer(partial(self._encoder.line, call, share), len(call.body) + call.sent)
            return
        try:
            line = self._encoder.line(call, share)
            if len(line) > self._largest:
                line = self._encoder.line(call, share, apart=True)
        except Exception as error:  # noqa: BLE001  whatever cannot be logged, the answer goes out
            self._log.fail(error)
        else:
            self._log.append(line)


def open_log(options: PayloadOptions) -> PredictionLog | None:
    """The log that options describe; ``None`` if they describe none. Close it at the end."""
    if not options.folder:
        return None
    return PredictionLog(
        Path(options.folder),
        max_requests=options.queue_requests,
        queue_bytes=options.queue_bytes,
        flush_seconds=options.flush_seconds,
        segment_bytes=options.segment_bytes,
        segment_seconds=options.segment_seconds,
    )
