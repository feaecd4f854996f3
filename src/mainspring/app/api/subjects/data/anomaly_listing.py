"""Anomalies: what validations found, version after version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.data.gathering import catalogue
from mainspring.app.api.subjects.data.nouns import Checked, DataSet, Version
from mainspring.app.api.subjects.data.privacy import private_columns, shown_anomaly
from mainspring.app.api.subjects.data.reading import is_kept, read_validation
from mainspring.core.errors import IntegrityError
from mainspring.data.validation import ExampleRow

if TYPE_CHECKING:
    from mainspring.app.api.shared import Shared
    from mainspring.data.validation import Anomaly

UNREADABLE: Final = "UNREADABLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An anomaly, and where it was found.

    Attributes:
        data: The data set.
        version: The number of the version.
        title: What the version is called.
        check: Id of the validation.
        run: The run.
        at: When it was found.
        column: The column; empty for the whole data set.
        kind: Its kind, in the names of TensorFlow Data Validation; ``UNREADABLE`` where what was found is damaged.
        short: The kind in a few words.
        severity: ``ERROR`` or ``WARNING``.
        split: The split it was found in.
        part: The slice it was found in; empty for all rows.
        found: What was found.
        expected: What the schema asks for.
        edit: The smallest change of the schema that accepts it; empty where it would show private values.
        examples: Rows that show it, private values masked.
    """

    data: str
    version: int
    title: str
    check: int
    run: str
    at: float
    column: str
    kind: str
    short: str
    severity: str
    split: str
    part: str
    found: str
    expected: str
    edit: str
    examples: Sequence[ExampleRow]


@operation("data.anomalies", "GET", "/data/anomalies", command="mainspring data validate DATA --schema SCHEMA")
def anomalies(
    desk: Desk,
    *,
    name: str = "",
    version: str = "",
    severity: Literal["", "ERROR", "WARNING"] = "",
    column: str = "",
    last: int = 20,
) -> Sequence[Found]:
    """What validations found, the newest version first, errors before warnings.

    Args:
        name: Only of this data set.
        version: Only of this version of it.
        severity: Only these.
        column: Only in this column.
        last: In at most so many of the newest versions of each data set.
    """
    known = catalogue(desk.shared)
    if name and version:
        found = anomalies_of(desk.shared, known.version(name, version), most=last)
    else:
        sets = [known.data(name)] if name else list(known.sets.values())
        found = [each for one in sets for each in anomalies_of(desk.shared, one, most=last)]
    return [
        one for one in found if (not severity or one.severity == severity) and (not column or one.column == column)
    ]


def anomalies_of(shared: Shared, what: DataSet | Version, *, most: int) -> list[Found]:
    """What the latest validation of each version found; what was collected is passed over."""
    versions = [what] if isinstance(what, Version) else what.versions[:most]
    found: list[Found] = []
    for one in versions:
        check = one.check
        if check is None or not (check.errors or check.warnings) or not is_kept(shared, check.artifact):
            continue
        try:
            hidden = private_columns(shared, one)
            told = read_validation(shared, check.artifact).anomalies
        except IntegrityError as error:
            found.append(_unreadable(one, check, error))
        else:
            found += [_found(one, check, shown_anomaly(each, hidden)) for each in told]
    return found


def _unreadable(version: Version, check: Checked, error: IntegrityError) -> Found:
    """What stands in for the anomalies of a version of which the report or the schema is damaged."""
    return Found(
        data=version.data,
        version=version.number,
        title=version.title,
        check=check.artifact,
        run=check.run,
        at=check.at,
        column="",
        kind=UNREADABLE,
        short="cannot be read",
        severity="ERROR" if check.errors else "WARNING",
        split="",
        part="",
        found=error.found,
        expected=f"what was stored: {error.fix}",
        edit="",
        examples=(),
    )


def _found(version: Version, check: Checked, one: Anomaly) -> Found:
    return Found(
        data=version.data,
        version=version.number,
        title=version.title,
        check=check.artifact,
        run=check.run,
        at=check.at,
        column=one.path,
        kind=one.type.value,
        short=one.short_description,
        severity=one.severity.value,
        split=one.split,
        part=one.slice,
        found=one.found,
        expected=one.expected,
        edit=one.edit,
        examples=one.examples,
    )
