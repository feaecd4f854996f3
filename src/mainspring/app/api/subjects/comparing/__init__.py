"""Comparing runs: what differs, figures, curves, code, data."""

from __future__ import annotations

from mainspring.app.api.operation import operations_in
from mainspring.app.api.subject import Subject
from mainspring.app.api.subjects.comparing.comparing import compare
from mainspring.app.api.subjects.comparing.curving import curves, stamp
from mainspring.app.api.subjects.comparing.diffing import diff

SUBJECT = Subject(
    name="comparing",
    operations=operations_in(compare, curves, diff),
    topics={"curves": stamp},
)

__all__ = ["SUBJECT", "compare", "curves", "diff"]
