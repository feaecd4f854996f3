"""What the first page shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mainspring.app.api.subject import Waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class StepMark:
    """A step of a run that goes on.

    Attributes:
        step: Its name.
        state: Its state in capitals; ``PENDING`` before it began.
    """

    step: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningRun:
    """A run that goes on.

    Attributes:
        run: Its name.
        pipeline: Of which pipeline.
        state: ``RUNNING``, ``NEW`` or ``WAITING``.
        started: When, in seconds since the epoch.
        steps: Its steps in the order of the pipeline.
        done: How many of them have ended.
        now: The steps that run.
        usual: How long runs of this pipeline took lately, in seconds; ``None`` if none ended.
    """

    run: str
    pipeline: str
    state: str
    started: float
    steps: Sequence[StepMark]
    done: int
    now: Sequence[str]
    usual: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something that waits for a person.

    Attributes:
        waiting: What.
        mine: Whether the caller's role may do something about it.
        role: The role that it takes.
    """

    waiting: Waiting
    mine: bool
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelGlance:
    """A registered model: where it is in use, and how it fares.

    Attributes:
        name: Its name.
        latest: Its newest version.
        in_use: Environment or alias to the version that holds it.
        served: Versions that the server answers with.
        health: ``healthy``, ``warning``, ``failing``, ``silent`` or ``waiting``; empty if nobody watches it.
        why: The health in one sentence.
        alerts: Open alerts.
        rate: Requests per second; ``None`` if nothing is known.
        quality: Its quality in the last windows; ``None`` where nothing is known.
        drift: The worst drift in the last windows, in units of its limit.
        names: What these are of: ``quality`` and ``drift`` to names of figures.
    """

    name: str
    latest: str
    in_use: Mapping[str, str]
    served: Sequence[str]
    health: str
    why: str
    alerts: int
    rate: float | None
    quality: Sequence[float | None]
    drift: Sequence[float | None]
    names: Mapping[str, str]

    @property
    def production(self) -> bool:
        """Whether it is in use anywhere."""
        return bool(self.in_use or self.served)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunGlance:
    """A run, in a line.

    Attributes:
        run: Its name.
        pipeline: Of which pipeline.
        state: Its state.
        started: When, in seconds since the epoch.
        seconds: How long it took; ``None`` while it goes on.
        model: The version that it registered; empty for none.
        because: What started it, if not a person.
    """

    run: str
    pipeline: str
    state: str
    started: float
    seconds: float | None
    model: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataGlance:
    """A version of a data set, in a line.

    Attributes:
        name: The data set.
        version: Its newest version.
        made: When, in seconds since the epoch.
        rows: How many; ``None`` if nobody knows.
        ok: What the last validation said; ``None`` if there was none.
        source: Where it came from.
    """

    name: str
    version: int
    made: float
    rows: int | None
    ok: bool | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerGlance:
    """The prediction server.

    Attributes:
        url: Its address.
        reachable: Whether it answers.
        ready: Whether everything that it should serve answers.
        rate: Requests per second; ``None`` if it was not looked at twice.
        p99: The time within which 99 of 100 requests are answered, in seconds.
        rates: Requests per second from look to look.
    """

    url: str
    reachable: bool
    ready: bool
    rate: float | None
    p99: float | None
    rates: Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstStep:
    """Something on the way from a folder to a model that is watched.

    Attributes:
        title: What.
        text: What it does.
        command: What does it.
        done: Whether it was done.
        path: The page where it shows.
    """

    title: str
    text: str
    command: str
    done: bool
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A part of the page that could not be read.

    Attributes:
        part: Which.
        why: Why not.
        slow: Whether it only takes longer.
    """

    part: str
    why: str
    slow: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The first page.

    Attributes:
        running: Runs that go on, with their steps.
        tasks: What waits for a person, the most urgent first; what the caller may do before the rest.
        models: Registered models, those in use first.
        alerts: Open alerts by severity.
        server: The prediction server; ``None`` if it could not be asked.
        runs: The latest runs.
        outcomes: The states of more of them, the oldest first, for a strip.
        data: Data that came lately.
        first: The way from a folder to a model that is watched.
        problems: Parts that could not be read.
    """

    running: Sequence[RunningRun]
    tasks: Sequence[Task]
    models: Sequence[ModelGlance]
    alerts: Mapping[str, int]
    server: ServerGlance | None
    runs: Sequence[RunGlance]
    outcomes: Sequence[RunGlance]
    data: Sequence[DataGlance]
    first: Sequence[FirstStep]
    problems: Sequence[Problem]

    @property
    def fresh(self) -> bool:
        """Whether nothing was ever run here."""
        return not (self.runs or self.running)

    @property
    def open_alerts(self) -> int:
        """Open alerts of all severities."""
        return sum(self.alerts.values())
