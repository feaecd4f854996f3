"""What the page says, as plain values: no file and no template in sight.

Pictures are SVG text that was escaped when it was drawn; every other text is escaped by the templates. A section
that there is nothing to say about is ``None`` or empty, and does not appear.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mainspring.core.verdicts import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A name and a value; ``more`` is a second line in a quieter voice, ``tone`` colours the value."""

    name: str
    value: str
    more: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A chart with its caption; ``key`` names it for a script that moves a mark in it."""

    svg: str
    caption: str
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricRow:
    """A metric over all rows; ``tone`` is ``better``, ``worse`` or nothing."""

    key: str
    name: str
    value: str
    sort: str
    interval: str = ""
    bar: str = ""
    baseline: str = ""
    change: str = ""
    tone: str = ""
    reason: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceRow:
    """A slice with its figures; ``cells`` are (text, sort key) of further metrics."""

    name: str
    rows: int
    value: str
    sort: str
    bar: str
    apart: str
    apart_sort: str
    tone: str
    baseline: str = ""
    change: str = ""
    change_sort: str = ""
    change_tone: str = ""
    cells: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Slices:
    """The slices, the worst first.

    Attributes:
        metric: The metric that they are sorted by; ``title`` is its name for people.
        level: That of the intervals.
        choices: All metrics that a person may choose, with their names.
        columns: Names of the further metrics.
        groups: The sets of columns that slices are made of, to filter by.
        left_out: Better slices that the page has no room for.
        payload: All figures, for the script.
    """

    metric: str
    title: str
    level: str
    choices: Sequence[tuple[str, str]]
    columns: Sequence[str]
    groups: Sequence[str]
    rows: Sequence[SliceRow]
    left_out: int
    has_baseline: bool
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell of a confusion matrix: its rows, and their share of the true class from 0 to 1."""

    count: float
    text: str
    share: float
    right: bool
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """Rows by true and predicted class: as cells while there are few, else as one picture."""

    classes: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    picture: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRow:
    """One class of many against the rest: ``cells`` are (text, sort key)."""

    name: str
    rows: str
    rows_sort: str
    cells: Sequence[tuple[str, str]]
    mistake: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The threshold as it is, and everything that moves with it.

    Attributes:
        positive: The class that is chosen at the threshold and above.
        other: The other class.
        threshold: The threshold that the model answers by, in words.
        place: Its place among the stops.
        stops: How many stops there are.
        confusion: Rows by true and predicted class at the threshold.
        figures: Precision, recall and so on at the threshold, with a key for the script.
        pictures: Charts with a mark at the threshold.
        payload: All stops, for the script.
    """

    positive: str
    other: str
    threshold: str
    place: int
    stops: int
    confusion: Confusion
    figures: Sequence[tuple[str, Told]]
    pictures: Sequence[Picture]
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """The head of a column; ``number`` puts it to the right, ``plain`` cannot be sorted by."""

    name: str
    number: bool = False
    plain: bool = False
    words: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A cell of a table: text, what it is sorted by, a picture in its place, a quiet second line."""

    text: str
    sort: str = ""
    tone: str = ""
    svg: str = ""
    more: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table; the first entry of each row names it.

    Attributes:
        caption: Its title.
        columns: The heads.
        rows: The cells, as many in each row as there are columns.
        find: The hint in a box that filters the rows; there is no box without one.
        folded: Whether only the title is seen until somebody asks for more.
        pictures: Charts that belong to it, shown below.
    """

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Entry]]
    find: str = ""
    folded: bool = False
    pictures: Sequence[Picture] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the page with a title; ``empty`` says what to do where there is nothing."""

    key: str
    title: str
    lead: str = ""
    facts: Sequence[Told] = ()
    findings: Sequence[str] = ()
    grids: Sequence[Grid] = ()
    pictures: Sequence[Picture] = ()
    matrices: Sequence[tuple[str, Confusion]] = ()
    remarks: Sequence[str] = ()
    empty: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """How good a model is on one split: the parts of the page that a report of a run shows too."""

    summary: str
    main: str
    metrics: Sequence[MetricRow]
    more_metrics: Sequence[MetricRow]
    counts: Sequence[Told]
    has_baseline: bool
    baseline: str
    level: str
    pictures: Sequence[Picture]
    class_pictures: Sequence[Picture]
    confusion: Confusion | None
    classes: Sequence[ClassRow]
    class_columns: Sequence[str]
    mistakes: Sequence[tuple[str, str, str]]
    slices: Slices | None
    notes: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """The whole page of an evaluation."""

    kind: str
    title: str
    sentence: str
    facts: Sequence[Told]
    verdict: Verdict | None
    judgement: Judgement | None
    thresholds: Thresholds | None
    sections: Sequence[Section]
    origin: Sequence[Told]
    version: str

    @property
    def payload(self) -> dict[str, Any]:
        """What the script needs."""
        slices = self.judgement.slices if self.judgement is not None else None
        return {
            "slices": slices.payload if slices is not None else None,
            "thresholds": self.thresholds.payload if self.thresholds is not None else None,
        }
