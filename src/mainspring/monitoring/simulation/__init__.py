"""Simulation: a log replayed under a policy, before anybody trusts it.

:func:`simulate` judges the windows of a :class:`Recording` as the monitor would have, with what was known then,
and says what would have happened: alerts, messages, runs and why, what stood in their way, what it would have
cost, and, if it may train, how good the answers would have been.

================ ==========================================================================
module           what is in it
================ ==========================================================================
``recording``    a log in the order of time, with the moment at which each truth was known
``simulating``   several policies over one log
``measuring``    how good the answers would have been
``replaying``    one policy: windows, checks, alerts, decisions, runs
``training``     a run as a policy asks for it
``eras``         which model answers when
``outcome``      what would have happened
================ ==========================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.core.lazy import lazily

if TYPE_CHECKING:
    from mainspring.monitoring.simulation.outcome import Happening, Outcome, Period, Simulation
    from mainspring.monitoring.simulation.recording import Recording
    from mainspring.monitoring.simulation.simulating import DECLARED, NEVER, simulate

__all__ = [
    "DECLARED",
    "Happening",
    "NEVER",
    "Outcome",
    "Period",
    "Recording",
    "Simulation",
    "simulate",
]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "DECLARED": "simulating",
        "Happening": "outcome",
        "NEVER": "simulating",
        "Outcome": "outcome",
        "Period": "outcome",
        "Recording": "recording",
        "Simulation": "outcome",
        "simulate": "simulating",
    },
)
