"""The prediction log under its former name."""

from mainspring.serving.payloads import BLOCKED, LogRecord, PredictionLog, read, request_id, table

__all__ = ["BLOCKED", "LogRecord", "PredictionLog", "read", "request_id", "table"]
