"""What answers about lineage are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

View = Literal["things", "all", "steps", "runs", "types", "pipeline"]
"""``things``: artifacts, with the steps as arrows; ``all``: both; ``steps``: executions, with artifacts as arrows;
``runs``, ``types``, ``pipeline``: one box for each run, type, or step of a pipeline."""

Way = Literal["up", "down", "both"]

Family = Literal["data", "checks", "model", "product", "step", "group", "other"]
"""What a box is about, for its colour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """An artifact, an execution, or many of them in one.

    Attributes:
        id: ``artifact:12``, ``execution:7``, or the name of a group.
        label: What it is, in a word or two.
        detail: What tells it from others of its kind.
        type: Of the record.
        state: Of the record, in lower case.
        family: What it is about.
        run: The run that made it.
        step: The step that made it, or that it is.
        at: When it was made, in seconds since the epoch.
        erased: Whether only a tombstone is left of it.
        good: What a verdict says; ``None`` for anything else.
        members: How many artifacts and executions stand behind it.
    """

    id: str
    label: str
    detail: str = ""
    type: str = ""
    state: str = ""
    family: Family = "other"
    run: str = ""
    step: str = ""
    at: float = 0.0
    erased: bool = False
    good: bool | None = None
    members: int = 1


@dataclass(frozen=True, slots=True)
class Arrow:
    """What flowed from one box to another.

    Attributes:
        source: The id of a box.
        target: The id of a box.
        label: As what, or through what.
        through: Whether things lie between that are not shown.
    """

    source: str
    target: str
    label: str = ""
    through: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A part of the lineage, as it is to be shown.

    Attributes:
        subject: The id of the box that was asked about.
        boxes: They, in the order in which a walk meets them.
        arrows: They.
        total: How many artifacts and executions the walk met.
        hidden: How many of them are not shown, by why: ``code``, ``constants``, ``cached``, ``filtered``.
        types: How many there are of each type, hidden or not.
        runs: How many there are of each run.
        states: How many there are in each state.
    """

    subject: str
    boxes: Sequence[Box]
    arrows: Sequence[Arrow]
    total: int
    hidden: Mapping[str, int] = field(default_factory=dict)
    types: Mapping[str, int] = field(default_factory=dict)
    runs: Mapping[str, int] = field(default_factory=dict)
    states: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """An execution beside an artifact, with what lies on its far side.

    Attributes:
        step: The execution.
        name: As what it used or made the artifact.
        things: What it made, or what it was made from.
        page: The page of the execution; empty if it has none of its own.
    """

    step: Box
    name: str
    things: Sequence[Box]
    page: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """Who made an artifact.

    Attributes:
        step: The execution.
        seconds: How long it took.
        parameters: With which parameters.
        page: Its page.
    """

    step: Box
    seconds: float | None
    parameters: Mapping[str, Any]
    page: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactFacts:
    """An artifact, and what is known of it.

    Attributes:
        box: In short.
        id: In the record.
        type: Of the record.
        name: If it has one.
        uri: Where its bytes are.
        digest: Of its bytes.
        size: In bytes, where the bytes are kept here.
        state: In the record.
        created_at: In seconds since the epoch.
        properties: Values of the properties that its type declares.
        custom: Free properties.
        maker: Who made it; nothing for what came from outside.
        runs: The runs that have it as an output, also where the step was not run again.
        used: By how many executions.
        same: The ids of other artifacts with the same bytes.
        page: Its own page.
        command: The command that tells where it came from.
    """

    box: Box
    id: int
    type: str
    name: str
    uri: str
    digest: str
    size: int | None
    state: str
    created_at: float
    properties: Mapping[str, Any]
    custom: Mapping[str, Any]
    maker: Maker | None
    runs: Sequence[str]
    used: int
    same: Sequence[int]
    page: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionFacts:
    """An execution, and what is known of it.

    Attributes:
        box: In short.
        id: In the record.
        type: Of the record.
        state: In the record.
        created_at: In seconds since the epoch.
        updated_at: In seconds since the epoch.
        seconds: How long it took.
        why: Why it was not taken from the cache.
        error: Why it failed.
        parameters: With which parameters.
        properties: Values of the properties that its type declares.
        inputs: What it used, by name.
        outputs: What it made, by name.
        page: Its own page; empty if it has none.
    """

    box: Box
    id: int
    type: str
    state: str
    created_at: float
    updated_at: float
    seconds: float | None
    why: str
    error: str
    parameters: Mapping[str, Any]
    properties: Mapping[str, Any]
    inputs: Sequence[tuple[str, Box]]
    outputs: Sequence[tuple[str, Box]]
    page: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How two artifacts hang together.

    Attributes:
        source: The one.
        target: The other.
        relation: ``down`` if the target came of the source, ``up`` if it is the other way round, ``same`` if they
            are one, ``related`` if both came of something else, ``none`` if nothing links them.
        count: How many shortest ways there are; of two that are only related, none.
        ways: The shortest ways, the first few dozen of them: boxes from the earlier to the later.
        words: The first few of them in sentences.
        shared: What both came from: the last such artifacts, after which they part.
        shared_all: How many artifacts both came from.
    """

    source: Box
    target: Box
    relation: Literal["down", "up", "same", "related", "none"]
    count: int
    ways: Sequence[Sequence[Box]]
    words: Sequence[str]
    shared: Sequence[Box]
    shared_all: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelWith:
    """A model version that something went into.

    Attributes:
        model: Its name; empty for a model that was never registered.
        version: Its version.
        artifact: Its artifact.
        aliases: The aliases that point to it now, such as ``production``.
        at: When it was made, in seconds since the epoch.
        run: The run that made it.
        distance: How many artifacts lie between, plus one.
        page: Its page.
    """

    model: str
    version: str
    artifact: Box
    aliases: Sequence[str]
    at: float
    run: str
    distance: int
    page: str
