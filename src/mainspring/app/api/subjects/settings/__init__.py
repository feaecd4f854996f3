"""The settings of a project, read."""

from __future__ import annotations

from mainspring.app.api.subject import Subject

SUBJECT = Subject(name="settings")

__all__ = ["SUBJECT"]
