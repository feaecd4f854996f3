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
``choosing``     which part of the old data is still right, by testing it
``changes``      where losses changed last
``ranking``      models held against each other: fine-tuned and started over
``challenging``  champion against challenger
``aging``        how models grow stale
================ =======================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.core.lazy import lazily

if TYPE_CHECKING:
    from mainspring.monitoring.retraining.aging import StaleCurve, StalePoint, stale_curve
    from mainspring.monitoring.retraining.challenging import challenge
    from mainspring.monitoring.retraining.changes import Change, last_change
    from mainspring.monitoring.retraining.choosing import WindowChoice, choose_window
    from mainspring.monitoring.retraining.deciding import Decision, decide
    from mainspring.monitoring.retraining.policy import Condition, NewData, RetrainingPolicy, TrainingWindow
    from mainspring.monitoring.retraining.ranking import Contender, FineTune, Fit, Judge, Ranking, rank
    from mainspring.monitoring.retraining.requesting import TOPIC, ask_for, look_at_data, request_retraining
    from mainspring.monitoring.retraining.situation import JudgedWindow, PastRun, Situation

_EXPORTS = {
    "Change": "changes",
    "Condition": "policy",
    "Contender": "ranking",
    "Decision": "deciding",
    "FineTune": "ranking",
    "Fit": "ranking",
    "Judge": "ranking",
    "JudgedWindow": "situation",
    "NewData": "policy",
    "PastRun": "situation",
    "Ranking": "ranking",
    "RetrainingPolicy": "policy",
    "Situation": "situation",
    "StaleCurve": "aging",
    "StalePoint": "aging",
    "TOPIC": "requesting",
    "TrainingWindow": "policy",
    "WindowChoice": "choosing",
    "ask_for": "requesting",
    "challenge": "challenging",
    "choose_window": "choosing",
    "decide": "deciding",
    "last_change": "changes",
    "look_at_data": "requesting",
    "rank": "ranking",
    "request_retraining": "requesting",
    "stale_curve": "aging",
}

__all__ = [
    "Change",
    "Condition",
    "Contender",
    "Decision",
    "FineTune",
    "Fit",
    "Judge",
    "JudgedWindow",
    "NewData",
    "PastRun",
    "Ranking",
    "RetrainingPolicy",
    "Situation",
    "StaleCurve",
    "StalePoint",
    "TOPIC",
    "TrainingWindow",
    "WindowChoice",
    "ask_for",
    "challenge",
    "choose_window",
    "decide",
    "last_change",
    "look_at_data",
    "rank",
    "request_retraining",
    "stale_curve",
]

__getattr__, __dir__ = lazily(__name__, _EXPORTS)
