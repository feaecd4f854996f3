"""``mainspring simulate log``."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mainspring.app import platform
from mainspring.app.cli.data.inputs import html_option
from mainspring.app.cli.data.output import write_page
from mainspring.app.cli.monitoring.declaring import file_option
from mainspring.app.cli.simulating.training import params_option, read_params
from mainspring.app.cli.words import bold, dim, json_option, print_json, table
from mainspring.core.clock import from_iso, iso
from mainspring.core.errors import InputError

if TYPE_CHECKING:
    from mainspring.app.platform import Mainspring
    from mainspring.monitoring.declaration import Declared
    from mainspring.monitoring.retraining import RetrainingPolicy
    from mainspring.monitoring.simulation import Outcome, Simulation

_OFTEN = 3.0
"""Seconds between two words about how far it is."""

_HEADS = ("policy", "runs", "won", "lost", "blocked", "cost", "alerts", "messages")
_SHOWN = ("asked", "promoted", "rejected", "blocked", "fired", "reopened")


@click.command(
    epilog="\b\nExamples:\n  mainspring simulate\n"
    "  mainspring simulate taxi --since 2026-01-01 --until 2026-07-01\n"
    "  mainspring simulate taxi --policy bolder.yaml --policy calmer.yaml --html taxi.html\n"
    "  mainspring simulate taxi --estimator lightgbm.LGBMClassifier --params '{\"n_estimators\": 50}' --json"
)
@click.argument("model", required=False)
@file_option
@click.option(
    "--policy",
    "others",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Another monitoring file, whose policy for the model is replayed beside it; may be given repeatedly.",
)
@click.option("--since", metavar="TIME", help="Only requests from this time on (ISO 8601).")
@click.option("--until", metavar="TIME", help="Only requests before this time (ISO 8601).")
@click.option(
    "--log",
    "place",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Another prediction log than the project's.",
)
@click.option("--estimator", help="Train it whenever a policy asks for a run, and measure what it brings.")
@params_option
@click.option("--metric", default="", help="What quality is measured by.")
@click.option("--positive", help="The class that a binary task is about.")
@click.option("--run-time", default="1h", show_default=True, help="How long a run takes.")
@click.option("--sign-off-time", default="1d", show_default=True, help="How long a person takes to sign.")
@click.option("--quick", is_flag=True, help="Judge windows again only once, when all of their truth is known.")
@click.option("--alone", is_flag=True, help="Without what every week and every day would have come to.")
@click.option("--events", type=click.IntRange(0), default=20, show_default=True, help="How many events are shown.")
@html_option
@json_option
def log(
    model: str | None,
    path: Path | None,
    others: tuple[Path, ...],
    since: str | None,
    until: str | None,
    place: Path | None,
    estimator: str | None,
    params: str | None,
    metric: str,
    positive: str | None,
    run_time: str,
    sign_off_time: str,
    quick: bool,
    alone: bool,
    events: int,
    html: Path | None,
    as_json: bool,
) -> None:
    """Replay the prediction log of MODEL under its policy: what would have happened, and what it would have cost.

    Windows are judged as the monitor would have judged them, with the truth that was known then. Nobody is told
    anything, and nothing is started. With --estimator the runs are really trained on what was known at the time,
    and the answers of the new models are measured against what was recorded.
    """
    from mainspring.core.clock import seconds_of
    from mainspring.monitoring.simulation import Recording, simulate

    with platform.open() as opened:
        declared = _declared(opened, path, model)
        reference, trained, types = _reference(opened, declared, place)
        recording = Recording.read(
            place or opened.settings.path(opened.settings.serving.log),
            model=declared.model,
            since=None if since is None else from_iso(since),
            until=None if until is None else from_iso(until),
            types=types,
        )
        found = simulate(
            recording,
            _policies(opened, declared, others),
            checks=declared.checks,
            alerts=declared.how.alerts,
            seconds=declared.how.seconds,
            rows=declared.how.rows,
            wait=float(declared.how.wait),
            labels=float(declared.how.labels),
            quick=quick,
            slices=declared.how.slices,
            reference=reference,
            trained=trained,
            alternatives=not alone,
            run_time=seconds_of(run_time),
            sign_off_time=seconds_of(sign_off_time),
            metric=metric,
            positive=positive,
            progress=_said_now_and_then(),
            **_trainers(estimator, params),
        )
    if html is not None:
        from mainspring.monitoring.simulation.showing import view

        write_page(view(found), html, quiet=as_json)
    if as_json:
        print_json(found.as_dict())
        return
    for line in _lines(found, events):
        click.echo(line)


def _said_now_and_then() -> Callable[[str, float], None]:
    """Says on standard error how far it is, for whoever waits for long."""
    due = time.monotonic() + _OFTEN

    def say(policy: str, share: float) -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + _OFTEN
            click.echo(f"{policy}: {share:.0%} replayed", err=True)

    return say


def _declared(opened: Mainspring, path: Path | None, model: str | None) -> Declared:
    from mainspring.app.watching import declared_in

    declared = declared_in(opened, path)
    if model is None and len(declared) == 1:
        return next(iter(declared.values()))
    if model not in declared:
        raise InputError(
            "the monitoring file names several models" if model is None else f"it does not name {model!r}",
            expected="one of " + ", ".join(declared),
            fix="mainspring simulate MODEL",
        )
    return declared[model]


def _policies(opened: Mainspring, declared: Declared, others: Sequence[Path]) -> dict[str, RetrainingPolicy]:
    from mainspring.monitoring.declaration import read_declarations
    from mainspring.monitoring.simulation import DECLARED

    found = {} if declared.how.retraining is None else {DECLARED: declared.how.retraining}
    for file in others:
        other = read_declarations(file).get(declared.model)
        if other is None or other.how.retraining is None:
            raise InputError(f"it says nothing of retraining {declared.model}", where=str(file))
        found[file.stem] = other.how.retraining
    if not found:
        raise InputError(
            f"it is not said when {declared.model} is trained again",
            where=declared.where,
            fix="give it a section: retraining: {when: [quality], cool_down: 12h}",
        )
    return found


def _reference(opened: Mainspring, declared: Declared, place: Path | None) -> tuple[Any, float | None, Any]:
    """What the version that answered first was trained on, when, and the types of its columns."""
    from mainspring.app.watching import RegisteredVersions
    from mainspring.serving.payloads import read

    log = place or opened.settings.path(opened.settings.serving.log)
    first = next(iter(read(log, model=declared.model)), None)
    if first is None:
        return None, None, None
    known = RegisteredVersions(opened).known(declared.model, first.version)
    if known.reference is None:
        return None, known.trained, None
    features = known.reference.statistics.features
    return known.reference, known.trained, {name: one.type for name, one in features.items() if not one.levels}


def _trainers(estimator: str | None, params: str | None) -> dict[str, Any]:
    if estimator is None:
        return {}
    from mainspring.app.trainers import fine_tune_with, fit_with
    from mainspring.monitoring.windows.window import TRUTH

    given: Mapping[str, Any] = read_params(params)
    left_out = ("request.*", "output.*", "feedback.*", "known.*")
    return {
        "fit": fit_with(estimator, label=TRUTH, params=given, exclude=left_out),
        "fine_tune": fine_tune_with(estimator, label=TRUTH, params=given),
    }


def _lines(found: Simulation, events: int) -> Iterator[str]:
    yield f"{bold(found.model)}  {iso(found.since)[:16]} to {iso(found.until)[:16]}"
    yield dim(f"{found.rows} rows, {found.labelled} labelled, {found.windows} windows")
    yield ""
    heads = (
        "policy",
        "runs",
        "won",
        "lost",
        "blocked",
        "cost",
        "alerts",
        "messages",
        found.metric or "quality",
        "gain",
    )
    yield table([_row(one) for one in found.outcomes], heads)
    for one in found.outcomes[1:]:
        shown = [event for event in one.happenings if event.kind in _SHOWN][:events]
        if shown:
            yield ""
            yield bold(one.name)
        for event in shown:
            yield f"  {iso(event.at)[:16]}  {event.kind:<9} {event.text}"
    for note in found.notes:
        yield dim(note)


def _row(one: Outcome) -> tuple[str, ...]:
    gain = "" if math.isnan(one.gain) else f"{one.gain:+.4f} ({one.gain_low:+.4f} to {one.gain_high:+.4f})"
    return (
        one.name,
        str(one.runs),
        str(one.count("promoted")),
        str(one.count("rejected")),
        str(one.blocked),
        f"{one.cost:g}",
        str(one.alerts),
        str(one.count("message")),
        "" if math.isnan(one.value) else f"{one.value:.4f}",
        gain,
    )
