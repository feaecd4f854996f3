"""The audit trail, read."""

from __future__ import annotations

from mainspring.app.api.subject import Subject

SUBJECT = Subject(name="audit")

__all__ = ["SUBJECT"]
