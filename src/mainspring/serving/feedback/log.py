"""The log of feedback, in the folder ``feedback`` of the payload log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from mainspring.serving.feedback.record import Feedback
from mainspring.serving.payloads.journal import Journal
from mainspring.serving.payloads.journal_reading import Form, Wanted, read_as
from mainspring.serving.payloads.segments import COMPACT, segments

FOLDER = "feedback"

_DECODER = msgspec.json.Decoder(Feedback)


class FeedbackLog(Journal):
    """A journal of :class:`mainspring.serving.feedback.Feedback`. Safe for threads; a context manager."""

    _called = "feedback log"
    _encode = staticmethod(msgspec.json.Encoder().encode)

    def write(self, feedback: Feedback) -> bool:
        """Hand over feedback, without ever waiting; false if there is no room for it, or the log is closed."""
        return self.append(self._encode(feedback) + b"\n")


def read(
    folder: Path, *, since: float | None = None, until: float | None = None, model: str | None = None
) -> Iterator[Feedback]:
    """The feedback that was given, in the order in which it came, while more may come.

    Args:
        folder: Of the payload log, or of the feedback itself. A payload log of which nothing was told yet, and a
            folder that is not there, have none.
        since: Only what became known from this time on, in seconds since the epoch.
        until: Only what became known before this time.
        model: Only about this model.

    Raises:
        IntegrityError: If a complete line is no feedback; the message names the file and the line.
    """
    inner = folder / FOLDER
    if not inner.is_dir():
        inner = folder
        if _holds_requests(folder):
            return iter(())
    return read_as(inner, FORM, Wanted(since, until, model))


def _holds_requests(folder: Path) -> bool:
    """Whether the first line of a journal is a request, and no feedback."""
    if any(path.name.endswith(COMPACT) for path in segments(folder)):
        return True  # feedback never becomes Parquet
    first = next(read_as(folder, Form(lambda line, _: _GLANCE.decode(line))), None)
    return first is not None and first.version is not msgspec.UNSET and first.key is msgspec.UNSET


class _Glance(msgspec.Struct, frozen=True):
    """What tells a request from feedback: every request names a version, and has no key."""

    time: float
    model: str = ""
    version: str | msgspec.UnsetType = msgspec.UNSET
    key: str | msgspec.UnsetType = msgspec.UNSET


_GLANCE = msgspec.json.Decoder(_Glance)

FORM: Form[Feedback] = Form(lambda line, _: _DECODER.decode(line))
"""The form of a log of feedback."""
