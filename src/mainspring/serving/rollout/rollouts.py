"""The rollouts of all models of one process."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from mainspring.core.clock import Clock, now
from mainspring.core.errors import MainspringError
from mainspring.serving.rollout.arms import Loaded, awake, declared, version_of
from mainspring.serving.rollout.bandit import SharedBandit
from mainspring.serving.rollout.figures import figures_of
from mainspring.serving.rollout.options import Rollout
from mainspring.serving.rollout.ports import Counting
from mainspring.serving.rollout.rolling import Rolling
from mainspring.serving.rollout.shadow.asking import Redact, Shadowing
from mainspring.serving.rollout.standing import Standing, StateFolder, plan_of
from mainspring.serving.rollout.state import SharedState
from mainspring.serving.rollout.tally import Tally

_LOG = logging.getLogger(__name__)
_LINGER_SECONDS = 60.0

Relabel: TypeAlias = Callable[[str, Mapping[str, str]], None]
"""Has labels of a model stand for other loaded versions."""


class Rollouts(dict[str, Rolling]):
    """The rollouts of a process, by model; a dictionary, so that a look costs nothing.

    For the thread of the event loop.

    Args:
        state: Where is kept how they stand.
        relabel: Moves labels.
        again: Has :meth:`refresh` called for a model.
        counting: Counts what they do.
        redact: Takes out of examples what must not be kept.
    """

    def __init__(
        self,
        state: StateFolder,
        *,
        relabel: Relabel,
        again: Callable[[str], None],
        counting: Counting | None = None,
        redact: Redact | None = None,
        clock: Clock = now,
    ) -> None:
        super().__init__()
        self.state = state
        self._relabel, self._again = relabel, again
        self._counting, self._redact, self._clock = counting, redact, clock
        self._shadows: dict[str, tuple[str, Shadowing]] = {}
        self._memories: dict[str, Memory] = {}
        self._left: list[Memory] = []

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
        rollout = awake(rollout, labels)
        standing = self._standing(model, rollout, loaded, labels)
        now_labels = {**labels, **standing.labels}
        there = {label: version for label, version in now_labels.items() if version in loaded.versions}
        if there != loaded.labels:
            self._relabel(model, there)
        memory = self._memory(model, rollout, standing)
        self[model] = Rolling(
            model,
            rollout,
            loaded,
            standing=standing,
            labels=labels,
            bandit=memory.bandit,
            quality=memory.quality,
            tally=memory.tally,
            shadow=self._shadow(model, rollout, loaded, standing, memory),
            counting=self._counting,
        )

    def catch_up(self, model: str) -> None:
        """Follow what another process decided about the rollout of a model, if that is news."""
        rolling = self.get(model)
        known = None if rolling is None else self.kept(model)
        if rolling is None or known is None or known.plan != rolling.standing.plan:
            return
        if known.number > rolling.standing.number:
            self._again(model)

    def kept(self, model: str) -> Standing | None:
        """How the rollout of a model stands by its file; ``None`` if there is none that could be read."""
        try:
            return self.state.read(model)
        except MainspringError as error:
            _LOG.error("the rollout of model %r begins anew: %s", model, error)
            return None

    def folder(self, model: str, plan: str) -> Path:
        """Where is kept what was counted and learned under one declaration."""
        return self.state.of(model) / plan

    def close(self) -> None:
        """Let go of files."""
        for model in list(self._memories):
            self._forget(model)
        for memory in list(self._left):
            self._let_go(memory)

    def _standing(self, model: str, rollout: Rollout, loaded: Loaded, labels: Mapping[str, str]) -> Standing:
        primary = version_of(rollout.primary, labels) if rollout.primary else loaded.newest.version
        candidate = "" if rollout.canary is None else version_of(rollout.canary.to, labels)
        shadow = "" if rollout.shadow is None else version_of(rollout.shadow.to, labels)
        arms = () if rollout.experiment is None else rollout.experiment.arms
        plan = plan_of(rollout, primary, candidate, shadow, *(version_of(arm, labels) for arm in arms))
        known = self.kept(model)
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

    def _memory(self, model: str, rollout: Rollout, standing: Standing) -> Memory:
        known = self._memories.get(model)
        if known is not None and known.plan == standing.plan:
            return known
        self._forget(model)
        folder = self.folder(model, standing.plan)
        asked = figures_of(rollout) if rollout.bandit is None else []
        bandit, quality = None, None
        try:
            if rollout.bandit is not None:
                # Whatever else changes in the declaration, what is known of an arm is known.
                bandit = SharedBandit(rollout.bandit, self.state.of(model) / "bandit")
            elif asked:
                quality = SharedState(folder / "feedback")
        except (MainspringError, OSError) as error:
            # Requests are answered all the same: by the primary version, where a bandit would choose.
            _LOG.error("the rollout of model %r learns nothing: %s", model, error)
        known = self._memories[model] = Memory(
            standing.plan, Tally(folder, len(declared(rollout))), bandit, quality
        )
        return known

    def _shadow(
        self, model: str, rollout: Rollout, loaded: Loaded, standing: Standing, memory: Memory
    ) -> Shadowing | None:
        served = None
        if rollout.shadow is not None:
            served = loaded.versions.get(version_of(rollout.shadow.to, loaded.labels))
        plan, known = self._shadows.get(model, ("", None))
        if known is not None and (known.served is not served or plan != standing.plan):
            known.close()
            known = None
            del self._shadows[model]
        if rollout.shadow is None or served is None:
            return None
        if known is None:
            known = Shadowing(
                model,
                rollout.shadow,
                served,
                folder=self.folder(model, standing.plan),
                slot=memory.tally.slot,
                counting=self._counting,
                redact=self._redact,
            )
            self._shadows[model] = (standing.plan, known)
        return known

    def _forget(self, model: str) -> None:
        _, shadow = self._shadows.pop(model, ("", None))
        if shadow is not None:
            shadow.close()
        known = self._memories.pop(model, None)
        if known is None:
            return
        self._left.append(known)
        with contextlib.suppress(RuntimeError):  # no loop: nothing is in flight
            # Requests that are under way, and feedback, may still want to know what it knows.
            asyncio.get_running_loop().call_later(_LINGER_SECONDS, self._let_go, known)
            return
        self._let_go(known)

    def _let_go(self, memory: Memory) -> None:
        if memory in self._left:
            self._left.remove(memory)
            memory.close()


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """What is counted and learned of the rollout of one model, as long as its declaration stays.

    Attributes:
        plan: Of the declaration.
        tally: Counts requests.
        bandit: The bandit, if there is one.
        quality: What feedback says, if somebody wants to know.
    """

    plan: str
    tally: Tally
    bandit: SharedBandit | None
    quality: SharedState | None

    def close(self) -> None:
        """Let go of files."""
        self.tally.close()
        if self.bandit is not None:
            self.bandit.close()
        if self.quality is not None:
            self.quality.close()
