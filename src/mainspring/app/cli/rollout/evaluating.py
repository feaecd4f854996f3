"""``mainspring rollout evaluate``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec
import yaml

from mainspring.app import platform
from mainspring.app.cli.words import bold, dim, json_option, print_json, table
from mainspring.core.errors import InputError

if TYPE_CHECKING:
    from mainspring.serving.rollout.off_policy import Evaluation, Logged, Target
    from mainspring.serving.rollout.options import Bandit

_LOGGED = "what was done"


@click.command(
    epilog="\b\nExamples:\n  mainspring rollout evaluate taxi\n  mainspring rollout evaluate taxi --arm 2\n"
    "  mainspring rollout evaluate taxi --bandit linucb.yaml --column age --column city"
)
@click.argument("router")
@click.option(
    "--log",
    "folder",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="The log's folder; by default that of the project.",
)
@click.option("--arm", "arms", multiple=True, help="The policy that always chooses this arm (repeatable).")
@click.option(
    "--bandit",
    "files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The policy of a bandit, as a YAML file says it: it learns from one half of the log (repeatable).",
)
@click.option("--column", "columns", multiple=True, help="What the regression of rewards looks at (repeatable).")
@click.option("--key", default="reward", show_default=True, help="The key of feedback that is the reward.")
@click.option("--since", metavar="TIME", help="Only requests from this time on (ISO 8601).")
@click.option("--until", metavar="TIME", help="Only requests before this time (ISO 8601).")
@click.option("--confidence", type=float, default=0.95, show_default=True, help="Of intervals.")
@click.option(
    "--bounds",
    type=float,
    nargs=2,
    help="The least and the largest reward there can be: intervals of ips then hold at any number of requests.",
)
@json_option
def evaluate(
    router: str,
    folder: Path | None,
    arms: tuple[str, ...],
    files: tuple[Path, ...],
    columns: tuple[str, ...],
    key: str,
    since: str | None,
    until: str | None,
    confidence: float,
    bounds: tuple[float, float] | None,
    as_json: bool,
) -> None:
    """What other policies would have been worth, from the log of what ROUTER decided and the rewards that came.

    ROUTER is the name of a model with a rollout, or graph/node. Without --arm and --bandit, every arm of the log.
    """
    from mainspring.serving import read_feedback, read_log
    from mainspring.serving.rollout.off_policy import always, halves, joined
    from mainspring.serving.rollout.off_policy import evaluate as estimated

    place = _folder(folder)
    records = read_log(place, since=_moment(since), until=_moment(until))
    found = joined(records, read_feedback(place), router, key=key)
    rows = found.rows
    wanted: dict[str, tuple[Sequence[Logged], Target]] = {}
    for arm in arms or (() if files else sorted({one.arm for one in rows})):
        wanted[f"always {arm}"] = (rows, always(arm))
    first, second = halves(rows)
    for file in files:
        options = _bandit(file)
        wanted[f"{options.policy} ({file.name})"] = (second, _learned(options, first))
    if not wanted:
        wanted["nothing"] = (rows, always(""))
    told = {
        name: estimated(part, target, columns=columns, confidence=confidence, bounds=bounds)
        for name, (part, target) in wanted.items()
    }
    if as_json:
        policies = {name: one.as_dict() for name, one in told.items()}
        print_json({"router": router, "rows": len(rows), "left_out": dict(found.left_out), "policies": policies})
        return
    _print(router, len(rows), found.left_out, told)


def _print(router: str, rows: int, left_out: Mapping[str, int], told: Mapping[str, Evaluation]) -> None:
    left = ", ".join(f"{count} {reason}" for reason, count in left_out.items())
    click.echo(
        f"{bold(router)}: {rows} rows with a decision and a reward" + (f"; left out: {left}" if left else "")
    )
    first = next(iter(told.values()))
    lines = [(_LOGGED, "", *_cells(first.logged.value, first.logged.lower, first.logged.upper), str(first.rows))]
    for name, one in told.items():
        for method, estimate in one.estimates.items():
            cells = _cells(estimate.value, estimate.lower, estimate.upper)
            lines.append((bold(name), method, *cells, f"{one.effective:.0f}"))
    click.echo(table(lines, ("policy", "method", "per row", "from", "to", "rows that tell as much")))
    for name, one in told.items():
        for warning in one.warnings:
            click.echo(f"{dim(name)}: {warning}")


def _cells(*values: float) -> tuple[str, ...]:
    return tuple(f"{value:.4g}" for value in values)


def _learned(options: Bandit, rows: Sequence[Logged]) -> Target:
    from mainspring.serving.rollout.off_policy import learned

    return learned(options, rows)


def _bandit(file: Path) -> Bandit:
    from mainspring.serving.rollout.options import Bandit

    try:
        value: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
        if isinstance(value, dict) and isinstance(value.get("bandit"), dict):
            value = value["bandit"]
        return msgspec.convert(value, Bandit)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise InputError(
            f"this is no bandit: {error}", where=str(file), expected="such as {arms: ['1', '2'], policy: thompson}"
        ) from error


def _folder(given: Path | None) -> Path:
    if given is not None:
        return given
    with platform.existing() as opened:
        return opened.settings.path(opened.settings.serving.log)


def _moment(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError as error:
        raise InputError(f"{text!r} is no time", expected="such as 2026-05-01T12:00:00+02:00") from error
