"""Examples: the rows of one span of data, in named splits."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, Self

from mainspring.core.errors import InputError, NotFoundError
from mainspring.core.records import Value
from mainspring.core.spans import as_ranges, spans_text
from mainspring.data.splits.row_numbers import COLUMN as ROW
from mainspring.data.splits.row_numbers import RowNumbers
from mainspring.data.tables import Table

if TYPE_CHECKING:
    import numpy as np

TRAIN: Final = "train"
EVAL: Final = "eval"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Examples:
    """Rows that belong together, split by use.

    Attributes:
        splits: Split name to rows; the usual names are ``train`` and ``eval``.
        span: Which stretch of time (or delivery) this is, the newest if there are several; spans count up.
        version: Which edition of the span, if it was delivered again.
        source: Where the rows came from, for people.
        origins: Split name to the number of each row in the source, the first row being 1; may be empty.
        spans: All spans that are in it, in order; by default the one.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Examples"

    splits: Mapping[str, Table]
    span: int = 0
    version: int | None = None
    source: str = ""
    origins: Mapping[str, np.ndarray] = field(default_factory=dict)
    spans: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        spans = tuple(sorted(set(self.spans))) or (self.span,)
        if spans[-1] != self.span:
            raise InputError(
                f"span {self.span} of spans {spans_text(as_ranges(spans))}", expected=f"the newest, {spans[-1]}"
            )
        object.__setattr__(self, "spans", spans)
        wrong = [name for name in self.splits if not _NAME.fullmatch(name)]
        if wrong or not self.splits:
            raise InputError(
                f"not names of splits: {wrong}" if wrong else "examples without a split",
                expected="names of letters, digits, - and _",
            )

    @property
    def first_span(self) -> int:
        """The oldest span that is in it."""
        return self.spans[0]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the splits, in order."""
        return tuple(self.splits)

    def split(self, name: str) -> Table:
        """The rows of a split.

        Raises:
            NotFoundError: If there is no such split.
        """
        if name not in self.splits:
            raise NotFoundError(f"there is no split {name!r}", expected="one of " + ", ".join(self.splits))
        return self.splits[name]

    def save(self, folder: Path) -> None:
        """Write ``examples.json``, one Parquet file per split, and one with the row numbers in the source."""
        about = {
            "splits": {name: table.num_rows for name, table in self.splits.items()},
            "span": self.span,
            "spans": self.spans,
            "version": self.version,
            "source": self.source,
            "origins": sorted(self.origins),
        }
        text = json.dumps(about, indent=1, ensure_ascii=False)
        (folder / "examples.json").write_text(text, encoding="utf-8")
        for name, table in self.splits.items():
            table.write_parquet(folder / f"{name}.parquet")
        for name in self.origins:
            file = folder / f"{name}.origin.parquet"
            if isinstance(self.origins, RowNumbers):
                self.origins.write_parquet(name, file)
            else:
                Table.from_columns({ROW: self.origins[name]}).write_parquet(file)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what :meth:`save` wrote; rows are read from the files when they are asked for."""
        about = json.loads((folder / "examples.json").read_text(encoding="utf-8"))
        return cls(
            splits={name: Table.read_parquet(folder / f"{name}.parquet") for name in about["splits"]},
            span=about["span"],
            spans=tuple(about.get("spans", ())),
            version=about["version"],
            source=about["source"],
            origins=RowNumbers.read_parquet(
                {name: folder / f"{name}.origin.parquet" for name in about["origins"]}
            ),
        )

    def properties(self) -> Mapping[str, Value]:
        """Rows per split, and which spans and version this is."""
        found: dict[str, Value] = {f"rows_{name}": table.num_rows for name, table in self.splits.items()}
        found["span"] = self.span
        found["first_span"] = self.first_span
        found["spans"] = spans_text(as_ranges(self.spans))
        if self.version is not None:
            found["version"] = self.version
        return found
