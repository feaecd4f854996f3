"""The schema: what data should look like, as a noun and as text that people edit."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Final, Self

from mainspring.core.records import Value
from mainspring.data.schema.declaration import Declaration

_FILE: Final = "schema.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema(Declaration):
    """What a data set should look like.

    Attributes:
        features: Column name to what it should look like, in the order of the columns.
        label: The column to be predicted.
        environments: The places where the data is used.
        min_examples: The least number of rows in a split.
        max_examples: The largest number of rows in a split.
        num_examples_drift: How many rows there may be, as fractions of those of the span before.
        num_examples_version: How many rows there may be, as fractions of those of the version before.
        drift: Limits between the data before and the data now, for features that have none of their own.
        skew: Limits between training and serving data, for features that have none of their own.
        sparse: Sparse vectors that are kept in several columns.
        weighted: Columns whose values another column weights.
        checks: Checks in SQL.
        severities: Anomaly type to ``ERROR``, ``WARNING`` or ``IGNORE``, instead of the usual, for all features.
        version: Counts the updates.
        strict: Whether a schema that contradicts itself is refused; if not, validation reports what it says.

    Raises:
        InputError: If the schema contradicts itself, listing everything that does.

    Example:
        >>> schema = Schema.from_text("{label: y, features: {x: {type: INT}, y: {type: BOOL}}}")
        >>> schema.features["x"].type
        <ColumnType.INT: 'INT'>
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Schema"

    def _repr_html_(self) -> str:
        """The page of it, for notebooks."""
        from mainspring import data

        return data.view(self)._repr_html_()

    def to_text(self) -> str:
        """The schema as YAML for people."""
        from mainspring.data.schema import text as yaml_text

        return yaml_text.write(self)

    @classmethod
    def from_text(cls, text: str, *, where: str = "schema") -> Self:
        """Read what :meth:`to_text` wrote, or people edited.

        Args:
            where: What to call the text in errors, such as the name of its file.

        Raises:
            InputError: If the text is not a schema: every problem, with its line and feature.
        """
        from mainspring.data.schema import text as yaml_text

        return cls(**yaml_text.read(text, where=where))

    def to_pbtxt(self) -> str:
        """The schema as the text of a ``tensorflow.metadata.v0.Schema``.

        What that has no field for is kept in tags, so that :meth:`from_pbtxt` gives the same schema back.
        """
        from mainspring.data.schema import pbtxt_writing

        return pbtxt_writing.write(self)

    @classmethod
    def from_pbtxt(
        cls,
        text: str,
        *,
        label: str | None = None,
        left_out: list[str] | None = None,
        where: str = "schema.pbtxt",
    ) -> Self:
        """Read the text of a ``tensorflow.metadata.v0.Schema``.

        A schema that contradicts itself is read too, and is not ``strict``: validation reports what it says.

        Args:
            label: The column to be predicted, which the text does not know.
            left_out: Takes a sentence for each thing that has no meaning here.
            where: What to call the text in errors, such as the name of its file.

        Raises:
            InputError: If the text is not in the text format of protocol buffers.
        """
        from mainspring.data.schema import pbtxt_reading

        arguments, left = pbtxt_reading.read(text, where=where)
        if left_out is not None:
            left_out += left
        return cls._lenient({**arguments, **({} if label is None else {"label": label})})

    def to_json_schema(self) -> dict[str, Any]:
        """The schema as JSON Schema (draft 2020-12) of one row, as plain values.

        What that cannot say stands under ``x-mainspring``, so that :meth:`from_json_schema` gives the same schema.

        Example:
            >>> schema = Schema.from_text("features: {age: {type: INT, presence: 1, min: 0}}")
            >>> schema.to_json_schema()["properties"]
            {'age': {'type': 'integer', 'minimum': 0}}
        """
        from mainspring.data.schema import json_schema_writing

        return json_schema_writing.write(self)

    @classmethod
    def from_json_schema(
        cls, document: Mapping[str, Any], *, label: str | None = None, left_out: list[str] | None = None
    ) -> Self:
        """Read a JSON Schema that describes one row, or a list of rows, as plain values.

        Args:
            label: The column to be predicted.
            left_out: Takes a sentence for each thing that has no meaning here.

        Raises:
            InputError: If it does not describe an object with properties.
        """
        from mainspring.data.schema import json_schema_reading

        arguments, left = json_schema_reading.read(document)
        if left_out is not None:
            left_out += left
        return cls._lenient({**arguments, **({} if label is None else {"label": label})})

    @classmethod
    def _lenient(cls, arguments: Mapping[str, Any]) -> Self:
        schema = cls(**{**arguments, "strict": False})
        return schema if schema.problems() else replace(schema, strict=True)

    def digest(self) -> str:
        """What tells schemas apart; the order of the columns and the version do not count.

        Returns:
            64 hexadecimal digits, of SHA-256.
        """
        from mainspring.data.schema import text as yaml_text

        features = dict(sorted(self.features.items()))
        plain = yaml_text.body(replace(self, features=features, version=None))
        return hashlib.sha256(plain.encode()).hexdigest()

    def save(self, folder: Path) -> None:
        """Write ``schema.yaml`` into the folder."""
        (folder / _FILE).write_text(self.to_text(), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what :meth:`save` wrote."""
        return cls.from_text((folder / _FILE).read_text(encoding="utf-8"), where=_FILE)

    def properties(self) -> Mapping[str, Value]:
        """The label and how many features there are."""
        return {"features": len(self.features), **({"label": self.label} if self.label else {})}
