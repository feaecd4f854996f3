"""What the pages say, as plain values for the templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mainspring.evaluation.viewing.material import Grid, Picture, Told
from mainspring.monitoring.viewing.alerting import PastAlert, ShownAlert
from mainspring.monitoring.viewing.cards import Card
from mainspring.monitoring.viewing.quality import MetricCards, SliceTable
from mainspring.monitoring.viewing.shares import Distribution
from mainspring.monitoring.viewing.timeline import Timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The figures of a check: the worst as cards, all in a table."""

    key: str
    title: str
    lead: str
    cards: Sequence[Card]
    table: Grid | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDecision:
    """What the retraining policy said, from when on."""

    at: str
    ago: str
    outcome: str
    word: str
    calls: Sequence[str]
    obstacles: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownWindow:
    """A window, and what was said of it."""

    since: str
    rows: str
    version: str
    ok: bool
    again: int
    failures: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What every page has.

    Attributes:
        kind: What page it is.
        title: Its title.
        sentence: How things stand, in one sentence.
        facts: The same in figures.
        home: The address of the overview; empty without one.
        version: Of Mainspring.
        payload: What the script needs.
    """

    kind: str
    title: str
    sentence: str
    facts: Sequence[Told]
    home: str = ""
    version: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)
    verdict: None = None
    judgement: None = None
    sections: tuple[()] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPage(Frame):
    """The page of a model."""

    ranges: Sequence[tuple[str, str]]
    timeline: Timeline
    alerts: Sequence[ShownAlert]
    over: Sequence[PastAlert]
    slices: SliceTable | None
    metrics: Sequence[MetricCards]
    quality_table: Grid | None
    estimated: Sequence[Card]
    estimated_table: Grid | None
    calibration: Picture | None
    calibration_cards: Sequence[Card]
    groups: Sequence[Group]
    distributions: Sequence[Distribution]
    latest: str
    decisions: Sequence[ShownDecision]
    windows: Sequence[ShownWindow]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLine:
    """A model on the overview."""

    name: str
    link: str
    state: str
    tone: str
    last: str
    rows: str
    alerts: Sequence[tuple[str, int]]
    first_alert: str
    windows: str
    told: str
    cards: Sequence[Card]


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewPage(Frame):
    """The page of all models."""

    models: Sequence[ModelLine]
