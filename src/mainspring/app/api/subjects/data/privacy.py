"""What must not be seen of a version: columns that a schema marks as private, and people who were erased."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mainspring.app.api.subjects.data.files import schemas_here
from mainspring.app.api.subjects.data.nouns import Version
from mainspring.app.api.subjects.data.reading import is_kept, read_schema
from mainspring.app.shielding import MASK, is_private, shielded, shown_anomaly
from mainspring.evaluation.reference import private
from mainspring.serving.payloads.erasing import AUDIT

if TYPE_CHECKING:
    from mainspring.app.api.shared import Shared


def private_columns(shared: Shared, version: Version) -> frozenset[str]:
    """The columns that a schema marks as private: the one the version was held against, or one that is here now.

    A tag of :data:`mainspring.evaluation.reference.PRIVATE` marks a column.
    """
    found: set[str] = set()
    schemas = [check.schema for check in version.checks if check.schema is not None][:1]
    for artifact in schemas:
        if is_kept(shared, artifact):
            found |= private(read_schema(shared, artifact))
    return private_here(shared) | found


def private_here(shared: Shared) -> frozenset[str]:
    """The columns that a schema of the project's folder marks as private."""
    found = [private(one.schema) for one in schemas_here(shared) if one.schema is not None]
    return frozenset().union(*found)


def erased_subjects(shared: Shared) -> frozenset[str]:
    """Hashes of the names of people who were erased from the log of predictions."""
    settings = shared.platform.settings
    file = settings.path(settings.serving.log) / AUDIT
    if not file.is_file():
        return frozenset()
    lines = file.read_bytes().splitlines()
    return frozenset(str(msgspec.json.decode(line)["subject"]) for line in lines if line.strip())


__all__ = ["MASK", "erased_subjects", "is_private", "private_columns", "private_here", "shielded", "shown_anomaly"]
