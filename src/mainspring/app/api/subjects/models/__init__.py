"""Models: versions, aliases, promotion, evidence, cards, what-if."""

from __future__ import annotations

from mainspring.app.api.subject import Subject

SUBJECT = Subject(name="models")

__all__ = ["SUBJECT"]
