"""Data: versions, spans, statistics, schemas, anomalies, drift, rows."""

from __future__ import annotations

from mainspring.app.api.subject import Subject

SUBJECT = Subject(name="data")

__all__ = ["SUBJECT"]
