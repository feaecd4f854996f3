"""Home: what runs, what waits, how the models in production are."""

from __future__ import annotations

from mainspring.app.api.subject import Subject

SUBJECT = Subject(name="home")

__all__ = ["SUBJECT"]
