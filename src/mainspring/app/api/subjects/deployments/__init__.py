"""Deployments: what is served, how traffic is split, what was asked and answered."""

from __future__ import annotations

from mainspring.app.api.subject import Subject

SUBJECT = Subject(name="deployments")

__all__ = ["SUBJECT"]
