"""``mainspring monitor status``, ``windows`` and ``figures``: what was seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
import numpy as np

from mainspring.app import platform
from mainspring.app.cli.words import ago, bold, dim, json_option, print_json, print_verdict, table
from mainspring.core.clock import iso
from mainspring.core.errors import NotFoundError

if TYPE_CHECKING:
    from mainspring.core.records import Execution
    from mainspring.core.verdicts import Verdict
    from mainspring.monitoring.ledger import WatchLedger
    from mainspring.monitoring.profiles import FigureHistory


@click.command(epilog="\b\nExamples:\n  mainspring monitor status\n  mainspring monitor status --json")
@json_option
def status(as_json: bool) -> None:
    """How the watched models stand: the last window, what failed in it, open alerts. Ends with 1 if any fails."""
    from mainspring.app.watching import declared_in, monitors_of

    with platform.existing() as opened:
        found = []
        for monitor in monitors_of(opened, declared_in(opened)):
            seen = _last(_ledger(opened), monitor.model, 1)
            alerts = [one for one in monitor.book.alerts(matcher={"model": monitor.model}) if one.open]
            found.append((monitor.model, seen[-1] if seen else None, alerts))
    if as_json:
        print_json(
            {
                "models": [
                    {
                        "model": model,
                        "window": None if seen is None else _window(*seen),
                        "alerts": [one.id for one in alerts],
                    }
                    for model, seen, alerts in found
                ]
            }
        )
    else:
        rows = [_row(model, seen, len(alerts)) for model, seen, alerts in found]
        click.echo(table(rows, ["model", "last window", "rows", "what was said", "open alerts"]))
    if any((seen is not None and not seen[1].ok) or alerts for _, seen, alerts in found):
        click.get_current_context().exit(1)


@click.command(
    epilog="\b\nExamples:\n  mainspring monitor windows census\n  mainspring monitor windows census --last 3 --all"
)
@click.argument("model")
@click.option("--last", default=24, show_default=True, type=click.IntRange(1), help="How many windows.")
@click.option("--all", "everything", is_flag=True, help="Also what was in order.")
@json_option
def windows(model: str, last: int, everything: bool, as_json: bool) -> None:
    """The windows of MODEL that were judged, the latest last, and what was said of each in the end."""
    with platform.existing() as opened:
        found = _last(_ledger(opened), model, last)
    if as_json:
        print_json({"model": model, "windows": [_window(event, verdict) for event, verdict in found]})
        return
    if not found:
        click.echo(dim(f"no window of {model} was judged yet; judge them: mainspring monitor"))
    for event, verdict in found:
        told = event.properties
        version = dim(f"version {told['version']}")
        times = int(_number(told["revision"])) + 1
        again = dim(f"  judged {times} times") if times > 1 else ""
        click.echo(f"{iso(_number(told['since']))}  {told['rows']} rows  {version}{again}")
        print_verdict(verdict, all_reasons=everything, how=f"mainspring monitor windows {model} --all")


@click.command(
    epilog="\b\nExamples:\n  mainspring monitor figures census\n"
    "  mainspring monitor figures census drift/age --json"
)
@click.argument("model")
@click.argument("prefix", default="")
@json_option
def figures(model: str, prefix: str, as_json: bool) -> None:
    """What the checks measured of MODEL over time: the figures whose names begin with PREFIX."""
    with platform.existing() as opened:
        history = _history(opened, model)
        names = history.names(prefix)
        series = {name: history.series(name) for name in names}
    if not names:
        raise NotFoundError(
            f"nothing was measured of {model} under {prefix!r}", fix=f"see all: mainspring monitor figures {model}"
        )
    if as_json:
        fields = ("times", "values", "low", "high", "least", "most")
        print_json(
            {
                "model": model,
                "figures": {
                    name: {field: _plain(getattr(one, field)) for field in fields} for name, one in series.items()
                },
            }
        )
        return
    rows = []
    for name, one in series.items():
        known = one.values[~np.isnan(one.values)]
        last = f"{known[-1]:.4g}" if known.size else "?"
        usual = f"{np.median(known):.4g}" if known.size else "?"
        rows.append([bold(name), str(one.values.size), last, usual, _limits(one.least, one.most)])
    click.echo(table(rows, ["figure", "windows", "last", "median", "limits"]))


def _last(ledger: WatchLedger, model: str, count: int) -> list[tuple[Execution, Verdict]]:
    """The latest windows, each as it was judged last."""
    return [(event, ledger.verdict(event)) for event in ledger.windows(model)[-count:]]


def _ledger(opened: platform.Mainspring) -> WatchLedger:
    from mainspring.monitoring.ledger import WatchLedger

    return WatchLedger(opened.store.record, opened.store.blobs)


def _history(opened: platform.Mainspring, model: str) -> FigureHistory:
    from mainspring.monitoring.profiles import FigureHistory

    folder = opened.settings.path(opened.settings.monitoring.home) / model / "history"
    if not folder.is_dir():
        raise NotFoundError(f"nothing was measured of {model!r}", fix="judge its windows: mainspring monitor")
    return FigureHistory(folder)


def _window(event: Execution, verdict: Verdict) -> dict[str, Any]:
    return {**event.properties, "verdict": verdict.as_dict()}


def _row(model: str, seen: tuple[Execution, Verdict] | None, alerts: int) -> list[str]:
    if seen is None:
        return [bold(model), dim("none yet"), "", "", str(alerts)]
    event, verdict = seen
    failed = verdict.failures
    said = click.style("in order", fg="green")
    if failed:
        said = click.style(failed[0].message, fg="red") + (f" and {len(failed) - 1} more" if failed[1:] else "")
    told = event.properties
    return [bold(model), ago(_number(told["until"])), str(told["rows"]), said, str(alerts)]


def _number(value: Any) -> float:
    return float(value)


def _plain(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(one) else float(one) for one in values]


def _limits(least: np.ndarray, most: np.ndarray) -> str:
    below, above = (values[-1] if values.size else np.nan for values in (least, most))
    told = [] if np.isnan(below) else [f"at least {below:.4g}"]
    return ", ".join(told if np.isnan(above) else [*told, f"at most {above:.4g}"])
