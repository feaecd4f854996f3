"""A project with a model that was watched for two days, written through the rooms' own API."""

from __future__ import annotations

from pathlib import Path

from mainspring.app import platform
from mainspring.app.alerting import alert_ledger
from mainspring.app.watching import alert_book
from mainspring.core.verdicts import Reason, Verdict
from mainspring.data import Table
from mainspring.monitoring.alerts import AlertBook, AlertOptions
from mainspring.monitoring.ledger import WatchLedger
from mainspring.monitoring.monitor import DecisionLog
from mainspring.monitoring.profiles import FigureHistory, ProfileArchive, WindowProfile
from mainspring.monitoring.retraining import Decision
from mainspring.monitoring.seen import Figure, Judged
from mainspring.monitoring.windows import Window
from mainspring.serving.payloads import LogRecord, PredictionLog

MODEL = "cen/sus"
HOUR = 3600.0
START = 1_795_000_000.0 // HOUR * HOUR
WINDOWS = 48
BROKEN = 40
"""From this window on, age has drifted."""

FILE = f"""\
{MODEL}:
  window: 1h
  wait: 1m
  slices: [sex]
  checks: {{multivariate: {{}}, streams: {{}}}}
  alerts: {{private: [ssn], to: ["https://hooks.example.org/secret"]}}
  retraining: {{when: [drift], cool_down: 12h, budget: 3 per 7d}}
"""


def made(root: Path) -> Path:
    """Write it."""
    (root / "mainspring.toml").write_text('[project]\nname = "census"\n', encoding="utf-8")
    (root / "monitoring.yaml").write_text(FILE, encoding="utf-8")
    home = root / ".mainspring" / "monitoring"
    with platform.open(root) as opened, FigureHistory(home / MODEL / "history") as history:
        time = [START]
        book = AlertBook(alert_book(opened).folder, clock=lambda: time[0])
        ledger, archive = WatchLedger(opened.store.record, opened.store.blobs), ProfileArchive(home / "profiles")
        with PredictionLog(opened.settings.path(opened.settings.serving.log)) as log:
            for place in range(WINDOWS):
                since = START + place * HOUR
                time[0] = since + HOUR + 60
                bad = place >= BROKEN
                log.write(_record(place, since))
                window, judged, verdict, figures = _window(place, since, bad)
                history.append(since, figures)
                archive.put(WindowProfile.of(window, model=MODEL))
                told = {"model": MODEL, "version": "1", "since": since, "until": since + HOUR, "rows": 3}
                ledger.write(told, verdict)
                book.take(MODEL, "1", window, judged, AlertOptions(), history=history)
            book.record(alert_ledger(opened))
        blocked = Decision(retrain=False, wanted=_verdict(0.4), allowed=_verdict(0.4))
        DecisionLog(home / MODEL).note(blocked, asked=False, at=time[0], window=since + HOUR)
    return root


def _record(place: int, since: float) -> LogRecord:
    return LogRecord(
        id=f"r{place}",
        time=since + 60,
        model=MODEL,
        version="1",
        columns={"age": [30, 40, 50], "sex": ["f", "m", "f"], "ssn": ["1", "2", "3"]},
        outputs={
            "label": ["no", "yes", "no"],
            "probability.no": [0.9, 0.2, 0.8],
            "probability.yes": [0.1, 0.8, 0.2],
        },
    )


def _verdict(value: float) -> Verdict:
    reason = Reason(
        ok=value < 0.2,
        code="DRIFT",
        message=f"column 'age' is {value:g} away from training",
        subject="age",
        observed=value,
        expected=0.2,
    )
    return Verdict.of("drift", [reason])


def _window(place: int, since: float, bad: bool) -> tuple[Window, dict[str, Judged], Verdict, dict[str, Figure]]:
    table = Table.from_columns({"age": [60, 70, 80] if bad else [30, 40, 50], "ssn": ["1", "2", "3"]})
    window = Window(
        since=since, until=since + HOUR, table=table, requests=1, errors=0, complete=True, versions={"1": 3}
    )
    drift = 0.4 if bad else 0.05
    figures = {
        "drift/age": Figure(value=drift, most=0.2),
        "drift/hours": Figure(value=0.01, most=0.2),
        "quality/accuracy": Figure(value=0.9, low=0.88, high=0.92, least=0.8),
        "quality/accuracy|sex=f": Figure(value=0.85, least=0.8),
        "estimated_quality/accuracy": Figure(value=0.91, least=0.8),
        "calibration/mean|probability=0 to 1": Figure(value=0.5),
        "calibration/share|probability=0 to 1": Figure(value=0.5),
        "streams/adwin": Figure(value=0.1),
        "streams/adwin.alarms": Figure(value=float(place == BROKEN + 1)),
        "traffic/rate": Figure(value=0.1),
    }
    verdict = _verdict(drift)
    judged = {"drift": Judged(verdict=verdict, figures={"age": figures["drift/age"]}, rows=[0])}
    return window, judged, verdict, figures
