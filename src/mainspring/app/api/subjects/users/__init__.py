"""Users, roles and tokens."""

from __future__ import annotations

from mainspring.app.api.subject import Subject

SUBJECT = Subject(name="users")

__all__ = ["SUBJECT"]
