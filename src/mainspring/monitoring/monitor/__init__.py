"""The monitor: judges every window of a served model as it becomes complete, and lets what follows follow.

=================  =========================================================================
``monitor``        the loop: windows, checks, record, history, alerts, retraining
``anew``           the log judged again from its beginning, because windows are cut otherwise
``judging``        all checks of a window
``known``          the port to what is known of the versions that answer
``learned``        references of versions whose packages have none
``forgetting``     what was erased from the log is erased here, too
``memory``         what is remembered from one window to the next
``decisions``      what the policy said over time
=================  =========================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.core.lazy import lazily

if TYPE_CHECKING:
    from mainspring.monitoring.monitor.anew import begin_anew
    from mainspring.monitoring.monitor.decisions import DecisionLog, NotedDecision
    from mainspring.monitoring.monitor.judging import Judgement, judge
    from mainspring.monitoring.monitor.known import Known, Versions
    from mainspring.monitoring.monitor.monitor import Look, Monitor

__all__ = [
    "DecisionLog",
    "Judgement",
    "Known",
    "Look",
    "Monitor",
    "NotedDecision",
    "Versions",
    "begin_anew",
    "judge",
]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "DecisionLog": "decisions",
        "Judgement": "judging",
        "Known": "known",
        "Look": "monitor",
        "Monitor": "monitor",
        "NotedDecision": "decisions",
        "Versions": "known",
        "begin_anew": "anew",
        "judge": "judging",
    },
)
