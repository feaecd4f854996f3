"""Comparing runs: what differs, figures, curves, code, data."""

from __future__ import annotations

from mainspring.app.api.subject import Subject

SUBJECT = Subject(name="comparing")

__all__ = ["SUBJECT"]
