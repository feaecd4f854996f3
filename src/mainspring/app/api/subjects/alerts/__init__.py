"""Alerts: acknowledged, silenced, resolved."""

from __future__ import annotations

from mainspring.app.api.subject import Subject

SUBJECT = Subject(name="alerts")

__all__ = ["SUBJECT"]
