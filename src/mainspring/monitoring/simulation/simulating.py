"""A log replayed under several policies: what would have happened, what it would have cost and brought."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from mainspring.core.errors import InputError
from mainspring.evaluation.reference import Reference
from mainspring.monitoring.alerts.options import AlertOptions
from mainspring.monitoring.hours import QuietHours
from mainspring.monitoring.ports import Check
from mainspring.monitoring.retraining import FineTune, Fit, Judge, RetrainingPolicy
from mainspring.monitoring.simulation.eras import Era
from mainspring.monitoring.simulation.measuring import measure_quality
from mainspring.monitoring.simulation.outcome import Outcome, Simulation
from mainspring.monitoring.simulation.recording import Recording
from mainspring.monitoring.simulation.replaying import Replay, Setting
from mainspring.monitoring.windows.window import TRUTH

NEVER: Final = "as recorded"
DECLARED: Final = "as declared"
_DAY: Final = 86_400.0


def simulate(
    recording: Recording,
    policies: Mapping[str, RetrainingPolicy],
    *,
    checks: Mapping[str, Check],
    alerts: AlertOptions | None = None,
    seconds: float | None = 3600.0,
    rows: int | None = None,
    wait: float = 60.0,
    labels: float = 7 * _DAY,
    quick: bool = False,
    slices: Sequence[str] = (),
    reference: Reference | None = None,
    trained: float | None = None,
    fit: Fit | None = None,
    fine_tune: FineTune | None = None,
    alternatives: bool = True,
    run_time: float = 3600.0,
    sign_off_time: float = _DAY,
    metric: str = "",
    positive: str | None = None,
    seed: int = 0,
    progress: Callable[[str, float], None] | None = None,
) -> Simulation:
    """Replay a log under several policies.

    Windows are judged when the monitor would have judged them, with what was known then: truth comes in with the
    delays that it had. Checks, alerts and decisions are made by the very functions that the monitor uses; nobody
    is told anything, and nothing is started. The same recording gives the same answer.

    With a trainer, runs train on the rows whose truth was known then, the challenger is held against the champion
    as the policy says, and if it wins, it answers all later rows: quality with and without the policy is measured
    on the truth that became known in the end. Without one, every run is taken to win, what it was trained on
    becomes the new reference, and answers stay as recorded.

    Args:
        recording: The log, with feedback.
        policies: By name, such as ``{"as declared": policy}``.
        checks: What looks at windows, by name.
        alerts: How alerts behave; without it there are none.
        seconds: The length of windows by time.
        rows: The rows of windows by count, instead.
        wait: How many seconds late requests are waited for before a window is judged.
        labels: How many seconds after that a window is judged again as truth comes in.
        quick: Whether a window is judged again only once, with all of its truth, instead of several times as it
            trickles in: several times as fast, and reasons of quality come a little later.
        slices: Columns by whose values figures are told apart.
        reference: What the recorded model was trained on; its first window otherwise.
        trained: When that was; the time of the first row otherwise.
        fit: Trains a model on rows whose label is ``feedback.truth``.
        fine_tune: Goes on training a model.
        alternatives: Whether it is also told what training every week and every day would have come to.
        run_time: How many seconds a run takes.
        sign_off_time: How many seconds a person takes to sign, where the policy asks for it.
        metric: What quality is measured by; that of the first policy that says one, or a usual one.
        positive: The class that a binary task is about.
        seed: Of what is drawn.
        progress: Is told which policy is replayed, and how much of it is done, from 0 to 1.

    Raises:
        InputError: If no policy is given, or the windows have two sizes or none.
    """
    if not policies:
        raise InputError("there is no policy to simulate", expected='such as {"as declared": RetrainingPolicy(…)}')
    if (seconds is None) == (rows is None):
        raise InputError("windows of no size, or of two", expected="either seconds or rows")
    metric = metric or next((one.metric for one in policies.values() if one.metric), "")
    cuts = list(recording.by_time(seconds) if seconds is not None else recording.by_count(int(rows or 1)))
    start = float(recording.times[0])
    setting = Setting(
        recording=recording,
        cuts=cuts,
        first=Era(since=-math.inf, trained=start if trained is None else trained, reference=reference),
        wait=wait,
        labels=labels,
        tick=seconds or 3600.0,
        filling=rows is not None,
        quick=quick,
        slices=slices,
        fit=fit,
        fine_tune=fine_tune,
        run_time=run_time,
        sign_off_time=sign_off_time,
        metric=metric,
        positive=positive,
        seed=seed,
        progress=progress,
    )
    wanted: dict[str, tuple[Mapping[str, Check], RetrainingPolicy | None]] = {NEVER: ({}, None)}
    wanted |= {name: (checks, policy) for name, policy in policies.items()}
    if alternatives:
        wanted |= {name: ({}, policy) for name, policy in _alternatives(next(iter(policies.values()))).items()}
    outcomes: dict[str, Outcome] = {}
    answering: dict[str, list[Era]] = {}
    for name, (looking, policy) in wanted.items():
        replay = Replay(name, setting, looking, alerts if looking else None, policy)
        outcomes[name] = replay.run()
        answering[name] = replay.eras
    shown = answering if fit is not None else {NEVER: answering[NEVER]}
    judge = Judge(label=TRUTH, metric=metric, positive=positive, seed=seed)
    quality = measure_quality(recording, cuts, shown, judge)
    return Simulation(
        model=recording.model,
        since=start,
        until=float(recording.times[-1]),
        rows=len(recording),
        labelled=int(np.isfinite(recording.known).sum()),
        windows=len(cuts),
        metric=quality.metric,
        outcomes=tuple(quality.told(one) for one in outcomes.values()),
        notes=tuple(_notes(fit, quality.problem)),
    )


def _alternatives(policy: RetrainingPolicy) -> dict[str, RetrainingPolicy]:
    """What a team might do without thinking, with the same runs."""
    idle = replace(
        policy,
        when=(),
        new_data=None,
        freshness=None,
        budget=None,
        cool_down=None,
        quiet=QuietHours(),
        least_labelled=0,
    )
    return {
        "every week": replace(idle, schedule="@weekly"),
        "every day": replace(idle, schedule="@daily"),
    }


def _notes(fit: Fit | None, problem: str) -> list[str]:
    notes = [problem] if problem else []
    if fit is None:
        notes.append(
            "no trainer was given: every run is taken to win, and answers stay as recorded, so that checks of "
            "quality go on failing after it"
        )
    return notes
