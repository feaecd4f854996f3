"""How bad an anomaly is: as is usual for its kind, unless the schema says otherwise."""

from __future__ import annotations

from typing import Final

from mainspring.data.schema.declaration import Declaration
from mainspring.data.validation.anomalies import AnomalyType, Severity
from mainspring.data.validation.catalogue import CATALOGUE

IGNORE: Final = "IGNORE"


def severity_of(schema: Declaration, path: str, type_: AnomalyType, usual: Severity) -> Severity | None:
    """How bad it is; ``None`` if it is to be ignored. A feature's word counts before the schema's.

    Args:
        usual: How bad the check says it is. What is milder than usual for its kind is made no worse: a schema
            that calls unexpected words errors still lets a few of them pass.
    """
    own = schema.features[path].severities if path in schema.features else {}
    said = own.get(type_.value) or schema.severities.get(type_.value, usual.value)
    if said == IGNORE:
        return None
    milder = usual is Severity.WARNING and CATALOGUE[type_].severity is Severity.ERROR
    return usual if milder and said == Severity.ERROR else Severity(said)
