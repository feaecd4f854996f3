"""Reading what lies in the record: statistics, schemas, validations, rows; each kept for the next page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from mainspring.app.api.subjects.data.gathering import EXAMPLES, GONE, catalogue
from mainspring.app.api.subjects.data.nouns import Version
from mainspring.core.errors import IntegrityError, NotFoundError
from mainspring.data.examples import Examples
from mainspring.data.schema import Schema
from mainspring.data.statistics import Statistics
from mainspring.data.tables import Table
from mainspring.data.validation import Validation

if TYPE_CHECKING:
    from mainspring.app.api.shared import Shared
    from mainspring.core.records import Artifact

Condition: TypeAlias = Literal["there", "gone", "damaged"]


def statistics_of(shared: Shared, version: Version) -> Statistics:
    """What describes a version.

    Raises:
        NotFoundError: If nobody described it, or its bytes were collected.
    """
    if not version.statistics:
        raise NotFoundError(
            f"nobody described {version.data} {version.title}",
            fix="let a step of the pipeline do it: statistics = steps.statistics(examples)",
        )
    return read_statistics(shared, version.statistics[0])


def read_statistics(shared: Shared, artifact: int) -> Statistics:
    """Statistics by their id."""
    found: Statistics = _read(shared, artifact, Statistics)
    return found


def read_schema(shared: Shared, artifact: int) -> Schema:
    """A schema by its id."""
    found: Schema = _read(shared, artifact, Schema)
    return found


def read_validation(shared: Shared, artifact: int) -> Validation:
    """A validation by its id."""
    found: Validation = _read(shared, artifact, Validation)
    return found


def rows_of(shared: Shared, version: Version) -> dict[str, Table]:
    """The rows of a version by split; they are read from its files when they are asked for.

    Raises:
        NotFoundError: If its bytes were collected.
    """
    artifact = catalogue(shared).artifacts[version.artifact]
    if artifact.type == EXAMPLES:
        found: Examples = _read(shared, version.artifact, Examples)
        return dict(found.splits)
    return {"rows": _read(shared, version.artifact, Table)}


def is_kept(shared: Shared, artifact: int) -> bool:
    """Whether the bytes are still there."""
    found = catalogue(shared).artifacts.get(artifact)
    if found is None or found.state in GONE or not found.digest:
        return False
    return shared.platform.store.blobs.exists(found.digest)


def condition(shared: Shared, artifact: int) -> Condition:
    """How bytes are. All of them are read for it, the first time: for what describes data, not for the rows."""
    if not is_kept(shared, artifact):
        return "gone"
    try:
        folder_of(shared, artifact)
    except IntegrityError:
        return "damaged"
    return "there"


def folder_of(shared: Shared, artifact: int) -> Path:
    """The files of an artifact, not to be changed.

    Raises:
        NotFoundError: If there is no such artifact, or its bytes were collected.
    """
    found = catalogue(shared).artifacts.get(artifact)
    if found is None:
        raise NotFoundError(f"there is no data with the number {artifact}", fix="see the list of data sets")
    return _local(shared, found)


def _read(shared: Shared, artifact: int, kind: Any) -> Any:
    found = catalogue(shared).artifacts.get(artifact)
    if found is None:
        raise NotFoundError(f"there is no data with the number {artifact}", fix="see the list of data sets")
    folder = _local(shared, found)  # asked for each time: what was collected must not be shown from memory
    key = ("data.read", kind.__name__, found.digest)
    return shared.remembered(key, "", lambda: kind.load(folder))


def _local(shared: Shared, artifact: Artifact) -> Path:
    blobs = shared.platform.store.blobs
    if artifact.state in GONE or not artifact.digest or not blobs.exists(artifact.digest):
        raise NotFoundError(
            "these bytes were collected to save room; the record still knows where they came from",
            where=f"{artifact.type.rpartition('.')[2]} {artifact.id}",
            fix="run the pipeline again with the same source: the same content comes back under the same digest",
        )
    return blobs.local(artifact.digest)
