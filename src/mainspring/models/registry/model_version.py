"""A registered version of a model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self

from mainspring.core.records import Value
from mainspring.models.versions import Version


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion:
    """A package under a name and a number.

    Attributes:
        name: Name of the registered model.
        version: Its number.
        digest: Digest of the package, under which the blob store has it.
        metrics: How good it was when it was registered.
        why: Why it has this number, in words.
        author: Who registered it.
        reason: What for.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.ModelVersion"

    name: str
    version: Version
    digest: str
    metrics: Mapping[str, float] = field(default_factory=dict)
    why: str = ""
    author: str = ""
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.name}:{self.version}"

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "name": self.name,
            "version": str(self.version),
            "digest": self.digest,
            "metrics": dict(sorted(self.metrics.items())),
            "why": self.why,
            "author": self.author,
            "reason": self.reason,
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`."""
        return cls(**{**value, "version": Version.parse(value["version"]), "metrics": dict(value["metrics"])})

    def properties(self) -> dict[str, Value]:
        """What the record keeps beside the file; every name is always there."""
        return self.as_dict()

    def save(self, folder: Path) -> None:
        """Write ``model_version.json`` into the folder."""
        text = json.dumps(self.as_dict(), indent=1, ensure_ascii=False) + "\n"
        (folder / "model_version.json").write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what :meth:`save` wrote."""
        return cls.from_dict(json.loads((folder / "model_version.json").read_text(encoding="utf-8")))
