"""Reviews: rows that people look at."""

from __future__ import annotations

from mainspring.app.api.subject import Subject

SUBJECT = Subject(name="reviews")

__all__ = ["SUBJECT"]
