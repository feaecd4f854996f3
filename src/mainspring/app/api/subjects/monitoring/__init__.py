"""Monitoring: windows, features, detectors, retraining, simulation."""

from __future__ import annotations

from mainspring.app.api.subject import Subject

SUBJECT = Subject(name="monitoring")

__all__ = ["SUBJECT"]
