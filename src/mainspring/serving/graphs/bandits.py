"""Bandits within graphs: they learn as those of rollouts do, and share what they learn between processes."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import msgspec

from mainspring.core.errors import MainspringError
from mainspring.serving.decision import Decision
from mainspring.serving.feedback.answers import Answered
from mainspring.serving.feedback.ports import Learner
from mainspring.serving.feedback.record import Feedback
from mainspring.serving.graphs.graph import Graph
from mainspring.serving.graphs.model import GraphModel
from mainspring.serving.rollout.bandit import SharedBandit
from mainspring.serving.rollout.options import Bandit
from mainspring.serving.served import Served

_LOG = logging.getLogger(__name__)


class Placing(Protocol):
    """Says where is kept what the routers of a model have learned."""

    def of(self, model: str) -> Path:
        """The folder of one model."""
        ...


class GraphBandits:
    """The bandits in the graphs of one process. For the thread of its event loop.

    Args:
        models: Everything that is served.
        state: Where they keep what they have learned.
        learners: Who learns from feedback, by the name of the router; they put themselves in.
    """

    def __init__(self, models: Iterable[Served], state: Placing, learners: dict[str, Learner]) -> None:
        self._models, self._state, self._learners = models, state, learners
        self._open: dict[str, NodeBandit] = {}

    def follow(self, model: str, versions: Mapping[str, Served] | None) -> None:
        """A model changed: those of its versions that are graphs get their bandits, with what these know already.

        Graphs that ask the model are told.

        Args:
            model: The model.
            versions: Its versions; ``None`` if there are none any more.
        """
        for served in self._models:
            if isinstance(served.model, GraphModel):
                served.model.heed(model)
        wanted: dict[str, Bandit] = {}
        graphs = [one.model for one in (versions or {}).values() if isinstance(one.model, GraphModel)]
        for graph in graphs:
            wanted |= {f"{model}/{path}": bandit for path, bandit in bandits_of(graph.graph)}
        for router in [one for one in self._open if one.startswith(f"{model}/")]:
            if wanted.get(router) != self._open[router].options:
                self._learners.pop(router, None)
                self._open.pop(router).close()
        for router, options in wanted.items():
            if router not in self._open:
                self._open[router] = NodeBandit(options, self._folder(model, router, options))
                self._learners[router] = self._open[router]
        for graph in graphs:
            graph.choosers.update({router: self._open[router] for router in wanted})

    def close(self) -> None:
        """Let go of the files."""
        for bandit in self._open.values():
            bandit.close()
        self._open.clear()

    def _folder(self, model: str, router: str, options: Bandit) -> Path:
        """Where one is kept; another one if what it may choose from, or how it learns, is another thing."""
        told = blake2b(msgspec.json.encode(options), digest_size=8).hexdigest()
        return self._state.of(model) / "nodes" / quote(router.partition("/")[2], safe="") / told


class NodeBandit:
    """A bandit in a graph: a :class:`mainspring.serving.graphs.routing.Chooser` that learns. Safe for threads.

    Args:
        options: What kind of bandit.
        folder: Where is kept what it has learned.
    """

    def __init__(self, options: Bandit, folder: Path) -> None:
        self.options = options
        self.shared = SharedBandit(options, folder)

    def choose(self, row: Mapping[str, Any]) -> tuple[int, float]:
        """The number of the branch for a request, and how likely that one was."""
        return self.shared.choose(row)

    def learn(self, decision: Decision, feedback: Sequence[Feedback], answered: Answered) -> None:
        """Learn from feedback; a :class:`mainspring.serving.feedback.ports.Learner`."""
        if decision.arm not in self.options.arms:
            return
        try:
            self.shared.learn(self.shared.rewards(decision, feedback, answered))
        except MainspringError as error:
            _LOG.warning("node %r cannot learn from feedback about %r: %s", decision.router, feedback[0].id, error)

    def close(self) -> None:
        """Let go of the files."""
        self.shared.close()


def bandits_of(graph: Graph, prefix: str = "") -> list[tuple[str, Bandit]]:
    """The bandits of a graph, and of those in it, by path."""
    found = [(f"{prefix}{name}", node.bandit) for name, node in graph.nodes.items() if node.bandit is not None]
    for name, node in graph.nodes.items():
        if node.graph is not None:
            found += bandits_of(node.graph, f"{prefix}{name}/")
    return found
