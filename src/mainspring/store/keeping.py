"""Keeping a value: its bytes with the blobs, and an artifact of it for the record."""

from __future__ import annotations

import tempfile
from pathlib import Path

from mainspring.core.artifacts import Storable, properties_of
from mainspring.core.records import Artifact, Kind, NodeType, PropertyType
from mainspring.store.ports import BlobStore, MetadataStore

_KINDS = {
    bool: PropertyType.BOOLEAN,
    int: PropertyType.INT,
    float: PropertyType.DOUBLE,
    str: PropertyType.STRING,
}


def kept(record: MetadataStore, blobs: BlobStore, value: Storable) -> Artifact:
    """An artifact of a value, to be published: its type is declared, and its bytes are kept already.

    Args:
        record: The record.
        blobs: Where the bytes go.
        value: Of a noun whose properties are plain (numbers, texts, truth values) and always of the same types.

    Raises:
        ConflictError: If the record knows a property of this noun with another type.
    """
    told = {name: one for name, one in properties_of(value).items() if one is not None}
    types = {name: _KINDS[type(one)] for name, one in told.items()}
    record.put_type(NodeType(kind=Kind.ARTIFACT, name=value.ARTIFACT_TYPE, properties=types))
    with tempfile.TemporaryDirectory(prefix="mainspring-") as folder:
        target = Path(folder) / "value"
        target.mkdir()
        value.save(target)
        digest = blobs.put(target)
    return Artifact(type=value.ARTIFACT_TYPE, uri=f"blob:{digest}", digest=digest, properties=told)
