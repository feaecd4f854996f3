"""Runs: started, looked at, resumed, cancelled, signed."""

from __future__ import annotations

from mainspring.app.api.subject import Subject

SUBJECT = Subject(name="runs")

__all__ = ["SUBJECT"]
