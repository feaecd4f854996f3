"""The rollouts of all models of one process."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from mainspring.core.clock import Clock, now
from mainspring.core.errors import MainspringError
from mainspring.serving.rollout.arms import Loaded, declared, version_of
from mainspring.serving.rollout.figures import figures_of
from mainspring.serving.rollout.options import Rollout
from mainspring.serving.rollout.ports import Counting, Policy
from mainspring.serving.rollout.rolling import Rolling
from mainspring.serving.rollout.standing import Standing, StateFolder, plan_of
from mainspring.serving.rollout.tally import Tally

_LOG = logging.getLogger(__name__)

MakePolicy: TypeAlias = Callable[[str, Rollout, Path], Policy | None]
"""Gives the bandit of a model, by its name and declaration, with the folder where it keeps what it has learned."""

Relabel: TypeAlias = Callable[[str, Mapping[str, str]], None]
"""Has labels of a model stand for other loaded versions."""


class Rollouts(dict[str, Rolling]):
    """The rollouts of a process, by model; a dictionary, so that a look costs nothing.

    For the thread of the event loop.

    Args:
        state: Where is kept how they stand.
        make_policy: Makes bandits.
        relabel: Moves labels.
        counting: Counts what they do.
    """

    def __init__(
        self,
        state: StateFolder,
        *,
        make_policy: MakePolicy,
        relabel: Relabel,
        counting: Counting | None = None,
        clock: Clock = now,
    ) -> None:
        super().__init__()
        self.state = state
        self._make_policy, self._relabel = make_policy, relabel
        self._counting, self._clock = counting, clock
        self._tallies: dict[str, tuple[str, Tally]] = {}
        self._policies: dict[str, tuple[str, Policy | None]] = {}

    def refresh(
        self, model: str, rollout: Rollout | None, loaded: Loaded | None, labels: Mapping[str, str]
    ) -> None:
        """A model was loaded, relabelled or unloaded, or its rollout declared anew, or it has taken a step.

        Args:
            model: The model.
            rollout: What is declared; ``None`` for nothing.
            loaded: Its versions; ``None`` if there are none.
            labels: Its labels as they are declared.
        """
        if rollout is None or loaded is None:
            self.pop(model, None)
            self._forget(model)
            return
        standing = self._standing(model, rollout, loaded, labels)
        moved = {label: version for label, version in standing.labels.items() if version in loaded.versions}
        if moved:
            self._relabel(model, {**loaded.labels, **moved})
        self[model] = Rolling(
            model,
            rollout,
            loaded,
            standing=standing,
            policy=self._policy(model, rollout, standing),
            tally=self._tally(model, rollout, standing),
            counting=self._counting,
        )

    def folder(self, model: str, plan: str) -> Path:
        """Where is kept what was counted and learned under one declaration."""
        return self.state.of(model) / plan

    def close(self) -> None:
        """Let go of files."""
        for model in list(self._tallies):
            self._forget(model)

    def _standing(self, model: str, rollout: Rollout, loaded: Loaded, labels: Mapping[str, str]) -> Standing:
        primary = version_of(rollout.primary, labels) if rollout.primary else loaded.newest.version
        candidate = "" if rollout.canary is None else version_of(rollout.canary.to, labels)
        plan = plan_of(rollout, primary, candidate)
        try:
            known = self.state.read(model)
        except MainspringError as error:
            _LOG.error("the rollout of model %r begins anew: %s", model, error)
            known = None
        if known is not None and known.plan == plan:
            return known
        moment = self._clock()
        held = rollout.canary is not None and rollout.canary.hold
        return Standing(
            plan=plan,
            number=0 if known is None else known.number,
            phase="held" if held else "running",
            since=moment,
            began=moment,
        )

    def _policy(self, model: str, rollout: Rollout, standing: Standing) -> Policy | None:
        if rollout.bandit is None:
            self._policies.pop(model, None)
            return None
        known = self._policies.get(model)
        if known is None or known[0] != standing.plan:
            made = self._make_policy(model, rollout, self.folder(model, standing.plan))
            known = self._policies[model] = (standing.plan, made)
        return known[1]

    def _tally(self, model: str, rollout: Rollout, standing: Standing) -> Tally:
        known = self._tallies.get(model)
        if known is not None and known[0] == standing.plan:
            return known[1]
        self._forget(model)
        tally = Tally(self.folder(model, standing.plan), len(declared(rollout)), len(figures_of(rollout)))
        self._tallies[model] = (standing.plan, tally)
        return tally

    def _forget(self, model: str) -> None:
        self._policies.pop(model, None)
        known = self._tallies.pop(model, None)
        if known is not None:
            known[1].close()
