"""Lineage: what something came from, what used it, and the way between two things."""

from __future__ import annotations

from mainspring.app.api.subject import Subject

SUBJECT = Subject(name="lineage")

__all__ = ["SUBJECT"]
