"""Lineage: what something came from, what used it, and the way between two things."""

from __future__ import annotations

from mainspring.app.api.operation import operations_in
from mainspring.app.api.subject import Subject
from mainspring.app.api.subjects.lineage import finding
from mainspring.app.api.subjects.lineage.asking import models, origins, used_by
from mainspring.app.api.subjects.lineage.exporting import exported
from mainspring.app.api.subjects.lineage.looking import artifact, execution, listed
from mainspring.app.api.subjects.lineage.showing import shown
from mainspring.app.api.subjects.lineage.walking import newest
from mainspring.app.api.subjects.lineage.ways import between

SUBJECT = Subject(
    name="lineage",
    operations=operations_in(shown, between, used_by, origins, models, exported, listed, artifact, execution),
    topics={"lineage": newest},
    find=finding.find,
)

__all__ = ["SUBJECT"]
