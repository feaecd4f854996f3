"""The page of a model, and the page of all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from mainspring.data.viewing.page import Page
from mainspring.data.viewing.wording import counted, shortened
from mainspring.evaluation.viewing.material import Grid, Told
from mainspring.monitoring.monitor.decisions import moment_of
from mainspring.monitoring.viewing.alerting import past_alerts, shown_alerts
from mainspring.monitoring.viewing.cards import Canvas, ago, clock_time, table_of
from mainspring.monitoring.viewing.material import (
    Group,
    ModelLine,
    ModelPage,
    OverviewPage,
    ShownDecision,
    ShownWindow,
)
from mainspring.monitoring.viewing.page import made_by, render
from mainspring.monitoring.viewing.quality import (
    CALIBRATION,
    ESTIMATED,
    QUALITY,
    calibration_picture,
    estimated_cards,
    slice_cards,
    slice_table,
)
from mainspring.monitoring.viewing.shares import distributions, told_of
from mainspring.monitoring.viewing.spans import Span, span_of
from mainspring.monitoring.viewing.standings import Standing, most_unusual, standings
from mainspring.monitoring.viewing.timeline import MOST_COLUMNS, timeline_of, windows_picture
from mainspring.monitoring.viewing.watch import Watch

COLUMNS: Final = 120
"""Of a chart: more than this many windows share columns."""

_ALERT_CHARTS: Final = 16
_CARDS: Final = 6
_UNUSUAL: Final = 3
_DRIFT_CARDS: Final = 9
_WINDOWS: Final = 24
_DECISIONS: Final = 50
_SMALL_COLUMNS: Final = 60

GROUPS: Final[Mapping[str, tuple[str, str]]] = {
    "drift": ("Drift of features", "How far each input is from training; the furthest past its limit first."),
    "predictions": ("Drift of answers", "How far the answers are from those of training."),
    "concept": ("Concept", "Whether the same inputs still mean the same."),
    "multivariate": ("Inputs together", "Whether all inputs together are still like those of training."),
    "skew": ("Skew", "Whether requests are made like the rows of training: missing values, types, relations."),
    "outliers": ("Outliers", "Rows that are unlike any of training."),
    "streams": ("Streams", "Detectors that look at one row after the other."),
    "novelty": ("Novelty", "Groups of rows that training did not have."),
}
"""What groups of figures are called, by check, with a sentence."""

ORDER: Final = tuple(GROUPS)
"""In which groups of figures come."""
_WORDS: Final[Mapping[str, str]] = {
    "asked": "asked for",
    "waiting": "asked for already",
    "blocked": "blocked",
    "settled": "no longer called for",
}


def view(watch: Watch, *, home: str = "", ranges: Mapping[str, str] | None = None) -> Page:
    """One offline page of a model: how it stands, its alerts, and every figure over time with its limits.

    It shows itself in a notebook. However long the time, the page stays small: charts have a column per pixel or
    two, which keep the least and the largest value, and the figures furthest past their limits come first.

    Args:
        watch: What was seen.
        home: The address of the overview, if there is one.
        ranges: Addresses of the page over other times, by what they are called.

    Example:
        ``view(Watch(model="census", windows=windows, figures=history.all_series())).save("census.html")``
    """
    since, until = watch.bounds
    canvas = Canvas(span_of(since, until, window=watch.window, most=COLUMNS))
    found = standings(watch.figures)
    drifted = [one.subject for one in found if one.check == "drift"]
    page = ModelPage(
        kind="Watch",
        title=watch.model,
        sentence=sentence_of(watch),
        facts=_facts(watch),
        home=home,
        ranges=list((ranges or {}).items()),
        version=made_by(),
        timeline=timeline_of(watch, span_of(since, until, window=watch.window, most=MOST_COLUMNS)),
        alerts=shown_alerts(watch, canvas, charts=_ALERT_CHARTS),
        over=past_alerts(watch),
        slices=slice_table(found),
        metrics=slice_cards(found, canvas),
        quality_table=_table(
            [one for one in found if one.check == QUALITY], canvas.span, "All figures of quality"
        ),
        estimated=estimated_cards(found, watch.figures, canvas),
        estimated_table=_table(
            [one for one in found if one.check == ESTIMATED], canvas.span, "All figures of estimated quality"
        ),
        calibration=calibration_picture(watch.figures),
        calibration_cards=[canvas.card(one) for one in found if one.check == CALIBRATION and not one.slice],
        groups=_groups(found, canvas),
        distributions=distributions(watch.reference, watch.latest, drifted),
        latest="" if watch.latest is None else told_of(watch.latest),
        decisions=_decisions(watch),
        windows=_windows(watch),
        payload={"canvases": [canvas.payload]},
    )
    return render("watch.html.j2", page)


def view_overview(watches: Sequence[Watch], *, links: Mapping[str, str] | None = None) -> Page:
    """One offline page of all models: how each stands, its last windows, its figures furthest past their limits.

    Args:
        watches: What was seen of each.
        links: The address of a model's page, by the model's name.
    """
    ordered = sorted(watches, key=lambda one: (-_rank(one), one.model))
    canvases: list[Canvas] = []
    lines = [_line(one, (links or {}).get(one.model, ""), canvases) for one in ordered]
    bad = sum(_state(one)[1] == "no" for one in ordered)
    alerts = sum(len(one.open_alerts) for one in ordered)
    sentence = "No model is watched." if not ordered else "All models are in order."
    if bad:
        sentence = f"Not in order: {bad} of {counted(len(ordered), 'model')}; {counted(alerts, 'open alert')}."
    page = OverviewPage(
        kind="Watch",
        title="Models that are watched",
        sentence=sentence,
        facts=[],
        version=made_by(),
        models=lines,
        payload={"canvases": [one.payload for one in canvases]},
    )
    return render("overview.html.j2", page)


def sentence_of(watch: Watch) -> str:
    """How a model stands, in one sentence."""
    if not watch.windows:
        return "No window was judged yet."
    last = watch.windows[-1]
    alerts = watch.open_alerts
    if alerts:
        first = alerts[0]
        return f"{counted(len(alerts), 'open alert')}. The most pressing: {shortened(first.message, 240)}."
    if not last.ok:
        failed = last.verdict.failures if last.verdict is not None else ()
        return "The last window is not in order" + (f": {failed[0].message}." if failed else ".")
    return "The last window is in order, and no alert is open."


def _state(watch: Watch) -> tuple[str, str]:
    """How a model stands: a word, and its tone."""
    if not watch.windows:
        return "not judged yet", ""
    if watch.open_alerts:
        return str(watch.open_alerts[0].severity), "no"
    return ("in order", "yes") if watch.windows[-1].ok else ("not in order", "no")


def _rank(watch: Watch) -> float:
    """How much a model asks for attention."""
    alerts = watch.open_alerts
    if alerts:
        return 10.0 * (1 + alerts[0].severity.rank) + min(len(alerts), 9)
    return float(bool(watch.windows) and not watch.windows[-1].ok)


def _facts(watch: Watch) -> list[Told]:
    if not watch.windows:
        return []
    last, now = watch.windows[-1], watch.moment
    word, tone = _state(watch)
    failing = sum(not one.ok for one in watch.windows)
    facts = [
        Told(name="state", value=word, tone=tone, more=_severities(watch)),
        Told(
            name="last window",
            value=ago(last.until, now),
            more=f"{clock_time(last.since)} to {clock_time(last.until)}",
        ),
        Told(name="rows in it", value=f"{last.rows:,}", more=f"version {last.version}" if last.version else ""),
        Told(name="windows", value=f"{len(watch.windows):,}", more=f"{failing:,} not in order"),
    ]
    if watch.decisions:
        noted = watch.decisions[-1]
        told = clock_time(moment_of(noted))
        facts.append(Told(name="retraining", value=_WORDS[noted.outcome], more=told))
    return facts


def _severities(watch: Watch) -> str:
    counts: dict[str, int] = {}
    for one in watch.open_alerts:
        counts[str(one.severity)] = counts.get(str(one.severity), 0) + 1
    return ", ".join(f"{number} {name}" for name, number in counts.items())


def _groups(found: Sequence[Standing], canvas: Canvas) -> list[Group]:
    checks = dict.fromkeys(one.check for one in found)
    own = [one for one in checks if one not in (QUALITY, ESTIMATED, CALIBRATION)]
    own.sort(key=lambda one: ORDER.index(one) if one in ORDER else len(ORDER))
    made = []
    for check in own:
        title, lead = GROUPS.get(check, (check.replace("_", " ").capitalize(), ""))
        mine = [one for one in found if one.check == check]
        limited = [one for one in mine if one.limited]
        most = _DRIFT_CARDS if check == "drift" else _CARDS
        shown = limited[:most] or most_unusual(mine)[:_UNUSUAL]
        table = _table(mine, canvas.span, f"All figures of {check.replace('_', ' ')}")
        made.append(
            Group(
                key=f"check-{check}",
                title=title,
                lead=lead,
                cards=[canvas.card(one) for one in shown],
                table=table if len(shown) < len(mine) else None,
            )
        )
    return made


def _table(many: Sequence[Standing], span: Span, caption: str) -> Grid | None:
    return table_of(many, span, caption=caption) if many else None


def _decisions(watch: Watch) -> list[ShownDecision]:
    return [
        ShownDecision(
            at=clock_time(moment_of(one)),
            ago=ago(moment_of(one), watch.moment),
            outcome=one.outcome,
            word=_WORDS[one.outcome],
            calls=one.calls,
            obstacles=one.obstacles,
        )
        for one in reversed(watch.decisions[-_DECISIONS:])
    ]


def _windows(watch: Watch) -> list[ShownWindow]:
    told = [one for one in watch.windows if one.verdict is not None][-_WINDOWS:]
    return [
        ShownWindow(
            since=clock_time(one.since),
            rows=f"{one.rows:,}",
            version=one.version,
            ok=one.ok,
            again=one.revision,
            failures=[(reason.subject or "", reason.message) for reason in one.verdict.failures],
        )
        for one in reversed(told)
        if one.verdict is not None
    ]


def _line(watch: Watch, link: str, canvases: list[Canvas]) -> ModelLine:
    since, until = watch.bounds
    span = span_of(since, until, window=watch.window, most=_SMALL_COLUMNS)
    canvas = Canvas(span, prefix=f"m{len(canvases)}p")
    canvases.append(canvas)
    found = standings(watch.figures)
    main = [one for one in found if one.check == QUALITY and not one.slice and one.limited][:1]
    others = [one for one in found if one.limited and one not in main and not one.slice]
    # One figure of each check says more than four of one.
    firsts = {one.check: one for one in reversed(others) if not (main and one.check == QUALITY)}
    worst = sorted(firsts.values(), key=lambda one: (-one.effect, -one.worst, one.name))
    picture, told = windows_picture(watch.windows, span, high=26.0)
    last = watch.windows[-1] if watch.windows else None
    word, tone = _state(watch)
    counts: dict[str, int] = {}
    for one in watch.open_alerts:
        counts[str(one.severity)] = counts.get(str(one.severity), 0) + 1
    cards = [*main, *worst][:4]
    return ModelLine(
        name=watch.model,
        link=link,
        state=word,
        tone=tone,
        last="" if last is None else ago(last.until, watch.moment),
        rows="" if last is None else counted(last.rows, "row"),
        alerts=list(counts.items()),
        first_alert=sentence_of(watch),
        windows=picture,
        told=told,
        cards=[canvas.card(one, title=f"{one.check}: {one.subject}") for one in cards],
    )
