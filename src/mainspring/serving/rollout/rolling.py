"""Which version of one model answers a request that asks for none."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from mainspring.core.errors import InputError, MainspringError
from mainspring.serving.call import Call
from mainspring.serving.decision import Decision
from mainspring.serving.feedback.answers import Answered
from mainspring.serving.feedback.record import Feedback
from mainspring.serving.prediction import Inputs
from mainspring.serving.problems import LoadingError
from mainspring.serving.rollout import steps
from mainspring.serving.rollout.arms import Arm, Loaded, arms_of, declared
from mainspring.serving.rollout.bandit import SharedBandit
from mainspring.serving.rollout.figures import figures_of, named
from mainspring.serving.rollout.options import Rollout
from mainspring.serving.rollout.ports import Counting
from mainspring.serving.rollout.shadow import Shadowing
from mainspring.serving.rollout.splitting import Split
from mainspring.serving.rollout.standing import Standing
from mainspring.serving.rollout.state import SharedState, Told
from mainspring.serving.rollout.sticky import COLUMN, column_key, name_of, salted
from mainspring.serving.rollout.tally import Tally
from mainspring.serving.rollout.valuing import values_of
from mainspring.serving.served import Served
from mainspring.serving.undecided import Undecided

PRIMARY, CANARY, EXPERIMENT = "primary", "canary", "experiment"
FORCED = "forced"
"""The policy of a decision that the caller made: it teaches nobody anything."""
FALLBACK = "fallback"
"""The policy of a decision that was made because the arm that was chosen could not answer."""

_SERVER_FAULT = 500
_LOG = logging.getLogger(__name__)


class Rolling:
    """Sends the requests for one model on their ways. For the thread of the event loop, but for what it hands out.

    It does not change: when labels move, versions come or the rollout takes a step, another one takes its place.

    Args:
        model: The model.
        rollout: What was declared.
        loaded: Its versions.
        standing: How the rollout stands.
        labels: The labels of the model as they are declared; by default as they are.
        bandit: Chooses, if one does.
        quality: Where is added up what feedback says of the arms, if somebody wants to know.
        tally: Where requests are counted, if they are.
        shadow: What is asked besides, if anything is.
        counting: Counts for metrics, if somebody looks at them.
        chance: Decides where chance does.

    Attributes:
        arms: The arms among which requests are divided, or the primary one alone.
        primary: What answers if an arm cannot.
        policy: How it is chosen, in a word.
        bandit: The bandit, if the rollout has one.
        quality: What feedback says, if somebody wants to know.
        shadow: What is asked besides.
        declared_labels: The labels of the model as they are declared.
    """

    def __init__(
        self,
        model: str,
        rollout: Rollout,
        loaded: Loaded,
        *,
        standing: Standing,
        labels: Mapping[str, str] | None = None,
        bandit: SharedBandit | None = None,
        quality: SharedState | None = None,
        tally: Tally | None = None,
        shadow: Shadowing | None = None,
        counting: Counting | None = None,
        chance: random.Random | None = None,
    ) -> None:
        self.model, self.rollout, self.standing = model, rollout, standing
        self._loaded, self._tally, self._counting = loaded, tally, counting
        self.shadow = shadow
        self.declared_labels = loaded.labels if labels is None else labels
        moved = rollout.primary if rollout.primary in loaded.labels else standing.primary
        self.primary = arms_of([moved or rollout.primary], loaded)[0]
        names = declared(rollout)
        names = [name or self.primary.name for name in names]
        self.arms = arms_of(names, loaded)
        self._header = rollout.header.lower().encode("latin-1")
        self._places = {arm.name: arm.place for arm in self.arms}
        self.bandit, self.quality, self._figures = bandit, quality, figures_of(rollout)
        self._key_header, self._key_column, self._salt = b"", "", b""
        self.policy, self._split = self._divided(chance)
        self._bandit = None if standing.over else bandit
        if self._bandit is not None:
            self.policy = self._bandit.name
        self._late = bool(self._key_column) or (self._bandit is not None and self._bandit.contextual)
        answering = [arm.served or loaded.newest for arm in self._answering()]
        self._all = tuple({id(served): served for served in answering}.values())
        self._fixed = self._decisions()

    @property
    def at_once(self) -> bool:
        """Whether every version that may answer is there, and so quick that it is asked where the request is."""
        return all(one.model.quick and one.plain and not one.model.trouble for one in self._all)

    @property
    def shares(self) -> list[float | None]:
        """The share of requests that each arm gets now; ``None`` where that depends on the request."""
        if self._split is not None:
            return list(self._split.propensities)
        if self._bandit is not None:
            return [None] * len(self.arms) if self._bandit.contextual else list(self._bandit.shares())
        return [float(arm.name == self.primary.name) for arm in self.arms]

    def find(self, call: Call) -> Served:
        """What answers a request; with a contextual policy only what reads it, and the rest is up to the question.

        Raises:
            InputError: If the caller names an arm that is none.
            LoadingError: If nothing can answer at the moment.
        """
        if self._header and (forced := call.headers.get(self._header)):
            return self._forced(call, forced.decode("latin-1").strip())
        if self._late:
            call.undecided = Undecided(self._all, partial(self._choose_late, call))
            return self._sound(self.primary)
        split = self._split
        if split is not None:
            key = (call.headers.get(self._key_header) or None) if self._key_header else None
            place = split(key)
            return self._send(call, place, self._dealt(place, key))
        if self._bandit is not None:
            place, propensity = self._bandit.choose()
            return self._send(call, place, self._decision(place, propensity))
        call.decisions += (self._fixed[0],)
        return self._sound(self.primary)

    def tell(self, call: Call) -> None:
        """Count a finished request that was sent somewhere."""
        decision = next((one for one in call.decisions if one.router == self.model), None)
        if decision is None:
            return
        if self._counting is not None:
            self._counting.routed(self.model, decision.arm, decision.policy)
        if self.shadow is not None and call.served is not self.shadow.served:
            self.shadow.offer(call)
        if self._tally is None or decision.policy in (FORCED, FALLBACK):
            return
        place = self._places.get(decision.arm)
        if place is None:
            return
        if decision.policy != PRIMARY:
            self._tally.ended(place)
        if self.standing.over or not call.began or call.made_up:
            return
        if self.arms[place].version == call.version:
            self._tally.request(place, call.ended - call.began, failed=call.status >= _SERVER_FAULT)

    def learn(self, decision: Decision, feedback: Sequence[Feedback], answered: Answered) -> None:
        """Learn from feedback; a :class:`mainspring.serving.feedback.ports.Learner`. Any thread may call it.

        Nobody learns from requests whose callers chose the arm: they are seldom like the others.
        """
        place = self._places.get(decision.arm)
        if place is None or decision.policy in (FALLBACK, PRIMARY):
            return
        if decision.policy == FORCED and not self.rollout.learn_forced:
            return
        try:
            if self.bandit is not None:
                self.bandit.learn(self.bandit.rewards(decision, feedback, answered))
            elif self.quality is not None and self.arms[place].version == answered.version:
                self.quality.learn(self._values(decision, feedback, answered))
        except MainspringError as error:
            _LOG.warning("model %r cannot learn from feedback about %r: %s", self.model, feedback[0].id, error)

    def _values(self, decision: Decision, feedback: Sequence[Feedback], answered: Answered) -> Iterator[Told]:
        for figure in self._figures:
            for one in values_of(figure, feedback, answered):
                yield Told(
                    id=feedback[0].id,
                    arm=named(figure, decision.arm),
                    reward=one.value,
                    key=figure,
                    row=one.row,
                    time=one.time,
                    received=one.received,
                    unit=decision.key,
                )

    def _divided(self, chance: random.Random | None) -> tuple[str, Split | None]:
        """How requests are divided by shares, if they are."""
        rollout, standing = self.rollout, self.standing
        if standing.over:
            return PRIMARY, None
        if rollout.canary is not None:
            self._stick(rollout.canary.sticky)
            percent = steps.share_of(standing, rollout.canary)
            return CANARY, Split([100.0 - percent, percent], salt=salted(self.model, CANARY), chance=chance)
        if rollout.experiment is not None:
            self._stick(rollout.experiment.sticky)
            weights = list(rollout.experiment.arms.values())
            self._salt = salted(self.model, EXPERIMENT, rollout.experiment.salt)
            return EXPERIMENT, Split(weights, salt=self._salt, chance=chance)
        return PRIMARY, None

    def _stick(self, sticky: str) -> None:
        if sticky.startswith(COLUMN):
            self._key_column = sticky.removeprefix(COLUMN)
        else:
            self._key_header = sticky.lower().encode("latin-1")

    def _answering(self) -> list[Arm]:
        divided = self._split is not None or self._bandit is not None
        return [self.primary, *self.arms] if divided else [self.primary]

    def _decisions(self) -> list[Decision]:
        """The decisions that are always the same."""
        if self._split is None:
            return [Decision(self.model, self.primary.name, 1.0, PRIMARY)]
        return [
            Decision(self.model, arm.name, propensity, self.policy, arm.place)
            for arm, propensity in zip(self.arms, self._split.propensities, strict=True)
        ]

    def _decision(self, place: int, propensity: float) -> Decision:
        return Decision(self.model, self.arms[place].name, propensity, self.policy, place)

    def _dealt(self, place: int, key: bytes | None) -> Decision:
        """The decision of a split: of an experiment with the caller, who is what it counts."""
        if key is None or self.policy != EXPERIMENT:
            return self._fixed[place]
        name = name_of(key, self._salt)
        return Decision(self.model, self.arms[place].name, self._fixed[place].propensity, EXPERIMENT, place, name)

    def _choose_late(self, call: Call, inputs: Inputs) -> Served:
        """Choose by the question."""
        if self._split is not None:
            key = column_key(inputs, self._key_column)
            place = self._split(key)
            return self._send(call, place, self._dealt(place, key))
        if self._bandit is None or not inputs.rows:
            call.decisions += (Decision(self.model, self.primary.name, 1.0, PRIMARY),)
            return self._sound(self.primary)
        columns, asked = inputs.columns, self._bandit.options.context
        row = {name: columns[name].item(0) for name in asked if name in columns}
        place, propensity = self._bandit.choose(row)
        return self._send(call, place, self._decision(place, propensity))

    def _send(self, call: Call, place: int, decision: Decision) -> Served:
        """Send a request to an arm, or to the primary one if that cannot answer."""
        served = self.arms[place].served
        if served is None or served.model.trouble:
            if self._counting is not None:
                self._counting.fell_back(self.model, decision.arm)
            call.decisions += (Decision(self.model, self.primary.name, 1.0, FALLBACK),)
            return self._sound(self.primary)
        call.decisions += (decision,)
        if self._tally is not None:
            self._tally.began(place)
        return served

    def _sound(self, arm: Arm) -> Served:
        served = arm.served or self._loaded.newest
        if served.model.trouble:
            raise LoadingError(
                f"model {self.model!r} version {served.version!r} cannot answer at the moment: "
                f"{served.model.trouble}",
                fix="ask again in a moment",
            )
        return served

    def _forced(self, call: Call, name: str) -> Served:
        arms = self.named
        arm = arms.get(name)
        if arm is None:
            raise InputError(
                f"header {self.rollout.header!r} names {name!r}, which is no arm of the rollout of {self.model!r}",
                expected="one of: " + ", ".join(arms),
            )
        served = self._sound(arm) if arm.served is not None else None
        if served is None:
            raise LoadingError(f"arm {name!r} of model {self.model!r} is not loaded", fix="ask again in a moment")
        call.decisions += (Decision(self.model, arm.name, 1.0, FORCED, arm.place),)
        return served

    @property
    def named(self) -> Mapping[str, Arm]:
        """All arms that a caller may name: those that requests are divided among, the primary one, the shadow."""
        found = {arm.name: arm for arm in (self.primary, *self.arms)}
        if self.rollout.shadow is not None:
            shadow = arms_of([self.rollout.shadow.to], self._loaded)[0]
            found.setdefault(shadow.name, shadow)
        return found
