"""What is served, as it is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mainspring.app.api.subjects.deployments.figures import Counts
from mainspring.app.api.subjects.deployments.rollouts import Options, Standing
from mainspring.app.api.subjects.deployments.watching import Load
from mainspring.serving.graphs.graph import Graph
from mainspring.serving.rollout.history import Event

_READY = "READY"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerState:
    """The prediction server.

    Attributes:
        url: Its address.
        reachable: Whether it answers.
        ready: Whether everything that it should serve answers.
        problem: What is wrong; empty for nothing.
        version: Of the software.
        load: What it had to do lately.
    """

    url: str
    reachable: bool
    ready: bool
    problem: str
    version: str
    load: Load


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedVersion:
    """A version that is served, or should be.

    Attributes:
        version: It.
        state: ``READY``, ``LOADING``, ``UNAVAILABLE``, ``UNLOADING``.
        reason: Why it is not ready.
        labels: What stands for it.
        load: What it had to do lately.
    """

    version: str
    state: str
    reason: str
    labels: Sequence[str]
    load: Load

    @property
    def ready(self) -> bool:
        """Whether it answers."""
        return self.state == _READY


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedModel:
    """A model that is served, or should be.

    Attributes:
        name: Its name.
        served: Whether the server knows it.
        graph: Whether it is made of others.
        versions: Its versions.
        labels: Versions by label.
        rollout: How its rollout stands; ``None`` if it has none.
        load: What it had to do lately.
        deployment: The declared deployment that it belongs to; empty if none does.
    """

    name: str
    served: bool
    graph: bool
    versions: Sequence[ServedVersion]
    labels: Mapping[str, str]
    rollout: Standing | None
    load: Load
    deployment: str

    @property
    def ready(self) -> bool:
        """Whether all its versions answer."""
        return self.served and bool(self.versions) and all(one.ready for one in self.versions)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogState:
    """The log of requests.

    Attributes:
        folder: Where it is.
        segments: How many files it has.
        size: In bytes.
        newest: When something was written last; ``None`` if nothing ever was.
    """

    folder: str
    segments: int
    size: int
    newest: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What is served.

    Attributes:
        server: By whom.
        models: What.
        number: The revision of deployment files that is wanted; 0 for none.
        follows: Whether a server follows them.
        log: What is kept of requests.
    """

    server: ServerState
    models: Sequence[ServedModel]
    number: int
    follows: bool
    log: LogState


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFigures:
    """How a node of a graph fares.

    Attributes:
        node: Its name; of a node of a graph in the graph ``outer/inner``.
        kind: What it is: ``model``, ``combiner``, ``router`` …
        model: The model that it is; empty for none.
        version: The version that answers.
        trouble: Why it cannot; empty if it can.
        requests: How many it was asked.
        errors: How many of them failed.
        mean_seconds: How long one took on average.
        p50: The time within which half of them was answered, in seconds.
        p99: Likewise, of 99 of 100.
    """

    node: str
    kind: str
    model: str
    version: str
    trouble: str
    requests: int
    errors: int
    mean_seconds: float | None
    p50: float | None
    p99: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """How an objective stands.

    Attributes:
        name: Its name.
        sentence: What is asked for.
        ok: Whether it holds.
        target: The share that has to be good.
        ratio: The share that was; ``None`` before anything was counted.
        total: Out of how many.
        budget_left: How much of what may be bad is left: 1 for all, below 0 if it is overspent.
        burn: How fast it is spent, by window: 1 would spend it just up.
        firing: The windows whose alert fires.
    """

    name: str
    sentence: str
    ok: bool
    target: float
    ratio: float | None
    total: float
    budget_left: float
    burn: Mapping[str, float]
    firing: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One model that is served, in full.

    Attributes:
        server: By whom.
        model: The model.
        options: How it is served; ``None`` if the server does not say.
        history: What was decided about its rollouts, the newest first.
        objectives: What is asked of it.
        nodes: Of a graph, its nodes.
        graph: Of a graph, what it is made of.
        counts: What was counted since the server was started.
        feedback: Rows of which something became known since then, by outcome.
        answered: Rows that were answered since then.
        outliers: Rows among them that are unlike those of training.
    """

    server: ServerState
    model: ServedModel
    options: Options | None
    history: Sequence[Event]
    objectives: Sequence[Objective]
    nodes: Sequence[NodeFigures]
    graph: Graph | None
    counts: Counts
    feedback: Mapping[str, int]
    answered: int
    outliers: int
