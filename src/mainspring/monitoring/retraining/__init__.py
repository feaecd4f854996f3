"""Retraining: when a model is trained again, on what, how, at what cost, and what becomes of the new one.

A :class:`RetrainingPolicy` is what a team declares; :func:`decide` holds it against a :class:`Situation` and gives
a :class:`Decision` with every reason; :func:`ask_for` puts it into the queue, from which a trigger starts the run.

================ =======================================================================
module           what is in it
================ =======================================================================
``policy``       the policy, as the monitoring file has it
``situation``    how things stand: windows that were judged, labels, age, past runs
``deciding``     the decision, a pure function
``requesting``   a row in the queue
================ =======================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.core.lazy import lazily

if TYPE_CHECKING:
    from mainspring.monitoring.retraining.deciding import Decision, decide
    from mainspring.monitoring.retraining.policy import Condition, NewData, RetrainingPolicy, TrainingWindow
    from mainspring.monitoring.retraining.requesting import TOPIC, ask_for, look_at_data, request_retraining
    from mainspring.monitoring.retraining.situation import JudgedWindow, PastRun, Situation

_EXPORTS = {
    "Condition": "policy",
    "Decision": "deciding",
    "JudgedWindow": "situation",
    "NewData": "policy",
    "PastRun": "situation",
    "RetrainingPolicy": "policy",
    "Situation": "situation",
    "TOPIC": "requesting",
    "TrainingWindow": "policy",
    "ask_for": "requesting",
    "decide": "deciding",
    "look_at_data": "requesting",
    "request_retraining": "requesting",
}

__all__ = [
    "TOPIC",
    "Condition",
    "Decision",
    "JudgedWindow",
    "NewData",
    "PastRun",
    "RetrainingPolicy",
    "Situation",
    "TrainingWindow",
    "ask_for",
    "decide",
    "look_at_data",
    "request_retraining",
]

__getattr__, __dir__ = lazily(__name__, _EXPORTS)
