"""What a table holds, and what the splits of a data set hold."""

from __future__ import annotations

import os
import zlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Final

from mainspring.core.errors import InputError, NotFoundError
from mainspring.core.records import Value
from mainspring.data.statistics.composites import CompositeStatistics
from mainspring.data.statistics.crosses import Crosses
from mainspring.data.statistics.features import FeatureStatistics
from mainspring.data.statistics.merging import merge_all, merge_present

FORMAT: Final = 2
"""The version of the file. Version 1, without a number in it, is that of plain columns only."""
_FILE: Final = "statistics.json"
_MAGIC: Final = b"mainspring.Statistics "
_MANY: Final = 64
"""From so many parts on, features are merged on several threads."""


@dataclass(frozen=True, slots=True)
class Sample:
    """How the rows were drawn, when statistics are those of a sample.

    Attributes:
        rate: The share of the rows that was to be drawn.
        seed: What the drawing depends on, beside the rows.
        rows_of: How many rows they were drawn from.
    """

    rate: float
    seed: int
    rows_of: int


@dataclass(frozen=True, slots=True)
class TableStatistics:
    """What one table holds.

    Attributes:
        num_examples: Rows.
        features: Name to what the feature holds, in the order of the columns.
        weight: The column by whose values rows are weighted, if any.
        num_examples_weighted: The sum of the weights.
        label: The column that is to be predicted, if it was named.
        slices: The same for some of the rows, by the name of the slice.
        crosses: What pairs of features hold together.
        composites: Features made of several columns, by name.
        sample: How the rows were drawn; ``None`` if these are all.
    """

    num_examples: int
    features: Mapping[str, FeatureStatistics]
    weight: str | None = None
    num_examples_weighted: float | None = None
    label: str | None = None
    slices: Mapping[str, TableStatistics] = field(default_factory=dict)
    crosses: Crosses | None = None
    composites: Mapping[str, CompositeStatistics] = field(default_factory=dict)
    sample: Sample | None = None

    def _repr_html_(self) -> str:
        """The page of it, for notebooks."""
        from mainspring import data

        return data.view(self)._repr_html_()

    def feature(self, name: str) -> FeatureStatistics:
        """What a feature holds.

        Raises:
            NotFoundError: If there is no such feature.
        """
        if name not in self.features:
            raise NotFoundError(
                f"there are no statistics of {name!r}", expected="one of " + ", ".join(self.features)
            )
        return self.features[name]

    @classmethod
    def merged(cls, parts: Sequence[TableStatistics]) -> TableStatistics:
        """The statistics of the rows of all parts; a slice that only some have stays as it is.

        Raises:
            InputError: If the columns differ.
        """
        for part in parts[1:]:
            check_mergeable(parts[0], part)
        names = list(parts[0].features)
        slices = dict.fromkeys(name for part in parts for name in part.slices)
        composites = dict.fromkeys(name for part in parts for name in part.composites)
        weights = [part.num_examples_weighted for part in parts if part.num_examples_weighted is not None]
        return TableStatistics(
            num_examples=sum(part.num_examples for part in parts),
            features=_merged_features(parts, names),
            weight=parts[0].weight,
            num_examples_weighted=sum(weights) if weights else None,
            label=parts[0].label,
            slices={name: merge_all([p.slices[name] for p in parts if name in p.slices]) for name in slices},
            crosses=merge_present([part.crosses for part in parts]),
            composites={
                name: merge_all([p.composites[name] for p in parts if name in p.composites]) for name in composites
            },
            sample=_merged_sample([part.sample for part in parts]),
        )

    def merge(self, other: TableStatistics) -> TableStatistics:
        """The statistics of the rows of both.

        Raises:
            InputError: If the columns differ.
        """
        return self.merged([self, other])


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a data set holds, split by split.

    Attributes:
        splits: Split name to its statistics.
    """

    ARTIFACT_TYPE: ClassVar[str] = "mainspring.Statistics"

    splits: Mapping[str, TableStatistics]

    def _repr_html_(self) -> str:
        """The page of it, for notebooks."""
        from mainspring import data

        return data.view(self)._repr_html_()

    def split(self, name: str) -> TableStatistics:
        """The statistics of a split.

        Raises:
            NotFoundError: If there is no such split.
        """
        if name not in self.splits:
            raise NotFoundError(
                f"there are no statistics of split {name!r}", expected="one of " + ", ".join(self.splits)
            )
        return self.splits[name]

    @classmethod
    def merged(cls, parts: Sequence[Statistics]) -> Statistics:
        """Split by split, the statistics of the rows of all parts; a split that only one has stays as it is."""
        names = dict.fromkeys(name for part in parts for name in part.splits)
        return Statistics(
            {name: merge_all([part.splits[name] for part in parts if name in part.splits]) for name in names}
        )

    def merge(self, other: Statistics) -> Statistics:
        """Split by split, the statistics of the rows of both; a split that only one has stays as it is."""
        return self.merged([self, other])

    def save(self, folder: Path) -> None:
        """Write ``statistics.json`` into the folder."""
        import msgspec

        text = msgspec.json.format(msgspec.json.encode(_File(self.splits, version=FORMAT)), indent=1)
        (folder / _FILE).write_bytes(text)

    @classmethod
    def load(cls, folder: Path) -> Statistics:
        """Read what :meth:`save` wrote, by this version or an older one.

        Raises:
            InputError: If it is damaged, or a newer version wrote it.
        """
        import msgspec

        text, where = (folder / _FILE).read_bytes(), str(folder / _FILE)
        try:
            _check(msgspec.json.decode(text, type=_Version).version, where)
            return cls(msgspec.json.decode(text, type=_File).splits)
        except msgspec.MsgspecError as error:
            raise InputError(f"damaged statistics: {error}", expected="what save wrote", where=where) from None

    def to_bytes(self) -> bytes:
        """The same in less room, to be sent and merged elsewhere: 20 mixed columns take less than 100 KB."""
        import msgspec

        return _MAGIC + b"%d\n" % FORMAT + zlib.compress(msgspec.msgpack.encode(self.splits), 9)

    @classmethod
    def from_bytes(cls, data: bytes) -> Statistics:
        """Read what :meth:`to_bytes` wrote, by this version or an older one.

        Raises:
            InputError: If the bytes are something else, or a newer version wrote them.
        """
        import msgspec

        head, _, packed = data.partition(b"\n")
        version = head.removeprefix(_MAGIC)
        if not head.startswith(_MAGIC) or not version.isdigit():
            raise InputError(f"bytes that start with {data[:20]!r}", expected="statistics, as to_bytes gives them")
        _check(int(version), "the bytes")
        try:
            return cls(msgspec.msgpack.decode(zlib.decompress(packed), type=dict[str, TableStatistics]))
        except (zlib.error, msgspec.MsgspecError) as error:
            raise InputError(f"damaged statistics: {error}", expected="all bytes that to_bytes gave") from None

    def properties(self) -> Mapping[str, Value]:
        """Rows per split and how many features."""
        found: dict[str, Value] = {f"rows_{name}": split.num_examples for name, split in self.splits.items()}
        found["features"] = max((len(split.features) for split in self.splits.values()), default=0)
        return found


def _check(version: int, where: str) -> None:
    if version > FORMAT:
        raise InputError(
            f"statistics in format {version}",
            expected=f"format {FORMAT} or older",
            where=where,
            fix="read them with the version of mainspring that wrote them, or a newer one",
        )


@dataclass(frozen=True, slots=True)
class _Version:
    version: int = 1


@dataclass(frozen=True, slots=True)
class _File:
    splits: Mapping[str, TableStatistics]
    version: int = 1


def check_mergeable(one: TableStatistics, other: TableStatistics) -> None:
    """See that two statistics may be merged.

    Raises:
        InputError: If one has columns that the other has not, or a column has another type or nests differently.
    """
    apart = sorted(set(one.features) ^ set(other.features))
    if apart:
        raise InputError(
            f"only one of the parts has the columns {', '.join(apart)}", expected="the same columns in all parts"
        )
    for name, feature in one.features.items():
        feature.check_mergeable(other.features[name])


def _merged_features(parts: Sequence[TableStatistics], names: Sequence[str]) -> dict[str, FeatureStatistics]:
    def merged(name: str) -> FeatureStatistics:
        return merge_all([part.features[name] for part in parts])

    if len(parts) < _MANY:
        return {name: merged(name) for name in names}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(names, pool.map(merged, names), strict=True))


def _merged_sample(samples: Sequence[Sample | None]) -> Sample | None:
    found = [sample for sample in samples if sample is not None]
    if not found:
        return None
    return Sample(found[0].rate, found[0].seed, sum(sample.rows_of for sample in found))
