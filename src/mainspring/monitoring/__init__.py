"""The watch: reads the log of predictions in windows, says what is wrong, tells people, asks for a new model.

Monitoring reads what serving wrote and never touches a model. Checks give a :class:`~mainspring.core.Verdict` of
every window; one that is not ok becomes an alert and, if the policy says so, a row in the queue,
from which a trigger starts a run.

================== ================================================================================================
part               what is in it
================== ================================================================================================
``declaration``    the monitoring file: what is watched, how, who is told, when a model is trained again
``monitor``        the loop: windows, checks, record, history, alerts, retraining
``ports``          what detectors and checks promise
``seen``           what checks look at, and what they give
``windows``        stretches of the log, beside what became known of the answers; as they become complete
``profiles``       what is kept of windows for years: statistics that merge, and figures over time
``checks``         checks of a window, one file each
``drift``          :func:`check_drift`, the plainest of them, for a notebook
``detectors``      detectors on streams and on batches, one file each, under the names of their papers
``correction``     how many alarms may be false, over features and over windows
``skew``           what tells rows that are asked from rows that were learned from
``quality``        how good answers are: measured where the truth is known, estimated where it is not
``novelty``        classes that nobody taught
``reviewing``      people look at a sample of rows, and what they say counts as the truth
``alerts``         what is wrong over time: grouped, silenced, told
``retraining``     policies, the window to train on, champion against challenger
``simulation``     a log replayed under a policy
``ledger``         what the watch writes into the record
``viewing``        pages of what was seen
================== ================================================================================================

Everything is imported on first use: windows and checks need the query engine, detectors only numpy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.core.lazy import lazily

if TYPE_CHECKING:
    from mainspring.monitoring.alerts.book import AlertBook
    from mainspring.monitoring.alerts.options import AlertOptions
    from mainspring.monitoring.declaration import Declared, Watched, read_declarations, usual
    from mainspring.monitoring.detectors.adwin import ADWIN
    from mainspring.monitoring.detectors.cusum import CUSUM
    from mainspring.monitoring.detectors.ddm import DDM
    from mainspring.monitoring.detectors.ecdd import ECDD
    from mainspring.monitoring.detectors.eddm import EDDM
    from mainspring.monitoring.detectors.fhddm import FHDDM
    from mainspring.monitoring.detectors.hddm_a import HDDMA
    from mainspring.monitoring.detectors.hddm_w import HDDMW
    from mainspring.monitoring.detectors.kswin import KSWIN
    from mainspring.monitoring.detectors.linear_four_rates import LinearFourRates
    from mainspring.monitoring.detectors.page_hinkley import PageHinkley
    from mainspring.monitoring.detectors.rddm import RDDM
    from mainspring.monitoring.detectors.stepd import STEPD
    from mainspring.monitoring.drift import check_drift
    from mainspring.monitoring.ledger import WatchLedger
    from mainspring.monitoring.monitor.known import Known
    from mainspring.monitoring.monitor.monitor import Look, Monitor
    from mainspring.monitoring.ports import BatchDetector, Check, Detector, DetectorState, Finding
    from mainspring.monitoring.profiles.archive import ProfileArchive
    from mainspring.monitoring.profiles.history import FigureHistory
    from mainspring.monitoring.profiles.profile import WindowProfile
    from mainspring.monitoring.retraining.policy import RetrainingPolicy
    from mainspring.monitoring.retraining.requesting import request_retraining
    from mainspring.monitoring.reviewing.queue import ReviewQueue
    from mainspring.monitoring.seen import Figure, Judged, Seen
    from mainspring.monitoring.simulation.recording import Recording
    from mainspring.monitoring.simulation.simulating import simulate
    from mainspring.monitoring.windows.logged import by_count, by_time
    from mainspring.monitoring.windows.reader import WindowReader
    from mainspring.monitoring.windows.window import Window

_EXPORTS = {
    "ADWIN": "detectors.adwin",
    "AlertBook": "alerts.book",
    "AlertOptions": "alerts.options",
    "BatchDetector": "ports",
    "CUSUM": "detectors.cusum",
    "Check": "ports",
    "DDM": "detectors.ddm",
    "Declared": "declaration",
    "Detector": "ports",
    "DetectorState": "ports",
    "ECDD": "detectors.ecdd",
    "EDDM": "detectors.eddm",
    "FHDDM": "detectors.fhddm",
    "Figure": "seen",
    "FigureHistory": "profiles.history",
    "Finding": "ports",
    "HDDMA": "detectors.hddm_a",
    "HDDMW": "detectors.hddm_w",
    "Judged": "seen",
    "KSWIN": "detectors.kswin",
    "Known": "monitor.known",
    "LinearFourRates": "detectors.linear_four_rates",
    "Look": "monitor.monitor",
    "Monitor": "monitor.monitor",
    "PageHinkley": "detectors.page_hinkley",
    "ProfileArchive": "profiles.archive",
    "RDDM": "detectors.rddm",
    "Recording": "simulation.recording",
    "RetrainingPolicy": "retraining.policy",
    "ReviewQueue": "reviewing.queue",
    "STEPD": "detectors.stepd",
    "Seen": "seen",
    "WatchLedger": "ledger",
    "Watched": "declaration",
    "Window": "windows.window",
    "WindowProfile": "profiles.profile",
    "WindowReader": "windows.reader",
    "by_count": "windows.logged",
    "by_time": "windows.logged",
    "check_drift": "drift",
    "read_declarations": "declaration",
    "request_retraining": "retraining.requesting",
    "simulate": "simulation.simulating",
    "usual": "declaration",
}

__all__ = [
    "ADWIN",
    "AlertBook",
    "AlertOptions",
    "BatchDetector",
    "CUSUM",
    "Check",
    "DDM",
    "Declared",
    "Detector",
    "DetectorState",
    "ECDD",
    "EDDM",
    "FHDDM",
    "Figure",
    "FigureHistory",
    "Finding",
    "HDDMA",
    "HDDMW",
    "Judged",
    "KSWIN",
    "Known",
    "LinearFourRates",
    "Look",
    "Monitor",
    "PageHinkley",
    "ProfileArchive",
    "RDDM",
    "Recording",
    "RetrainingPolicy",
    "ReviewQueue",
    "STEPD",
    "Seen",
    "WatchLedger",
    "Watched",
    "Window",
    "WindowProfile",
    "WindowReader",
    "by_count",
    "by_time",
    "check_drift",
    "read_declarations",
    "request_retraining",
    "simulate",
    "usual",
]

__getattr__, __dir__ = lazily(__name__, _EXPORTS)
