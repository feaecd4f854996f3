"""The payload log: every request, what came in, what went out, how long it took, or why it failed.

:class:`PredictionLog` takes records without ever waiting, and loses none of them when its process is killed;
:func:`read` and :func:`table` read them.
"""

from mainspring.serving.payloads.log import PredictionLog
from mainspring.serving.payloads.reading import read
from mainspring.serving.payloads.record import BLOCKED, LogRecord, request_id
from mainspring.serving.payloads.tables import table

__all__ = ["BLOCKED", "LogRecord", "PredictionLog", "read", "request_id", "table"]
