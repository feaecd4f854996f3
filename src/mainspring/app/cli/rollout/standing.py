"""``mainspring rollout status``, ``report`` and ``history``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from mainspring.app.cli.rollout.asking import url_option
from mainspring.app.cli.words import ago, bold, dim, json_option, print_json, print_verdict, table
from mainspring.core.verdicts import Verdict

_ANSWERS = {"good": ("✓", "green"), "bad": ("✗", "red"), "unknown": ("·", "yellow")}


@click.command(epilog="\b\nExamples:\n  mainspring rollout status taxi\n  mainspring rollout status taxi --json")
@click.argument("name")
@url_option
@json_option
def status(name: str, url: str, as_json: bool) -> None:
    """How the rollout of a model stands: shares, figures per arm, what guards or the experiment say."""
    from mainspring.serving.client import Client

    with Client(url) as client:
        told = client.rollout(name)
    if as_json:
        print_json(told)
        return
    click.echo(f"{bold(name)}: {told['policy']}, {told['phase'].replace('_', ' ')} since {ago(told['since'])}")
    primary = told["primary"]
    click.echo(f"primary: {primary['arm']} (version {primary['version']})")
    click.echo(
        table(
            [_arm(one) for one in told["arms"]],
            ("arm", "version", "share", "requests", "errors", "p95", "feedback"),
        )
    )
    if "canary" in told:
        _print_canary(told["canary"])
    if "experiment" in told:
        _print_experiment(told["experiment"])
    if "shadow" in told:
        shadow = told["shadow"]
        click.echo(
            f"shadow {bold(shadow['arm'])}: {shadow['asked']} compared; see: mainspring rollout report {name}"
        )


@click.command(epilog="\b\nExamples:\n  mainspring rollout report taxi\n  mainspring rollout report taxi --json")
@click.argument("name")
@url_option
@json_option
def report(name: str, url: str, as_json: bool) -> None:
    """How the answers of a shadow differ from those that went out."""
    from mainspring.core.errors import NotFoundError
    from mainspring.serving.client import Client

    with Client(url) as client:
        shadow = client.rollout(name).get("shadow")
    if shadow is None:
        raise NotFoundError(f"model {name!r} has no shadow", fix="give its rollout shadow: {to: …}")
    if as_json:
        print_json(shadow)
        return
    click.echo(
        f"{bold(shadow['arm'])} (version {shadow['version']}): {shadow['asked']} requests compared, "
        f"{shadow['different']} different, {shadow['failed']} failed, {shadow['shed']} spared"
    )
    rows = [
        (
            output,
            str(one["rows"]),
            str(one["different"]),
            _percent(one["share_different"]),
            _number(one.get("mean_difference")),
            _number(one.get("largest_difference")),
        )
        for output, one in shadow["outputs"].items()
    ]
    if rows:
        click.echo(table(rows, ("output", "rows", "different", "share", "mean difference", "largest")))
    times = [_seconds(shadow[f"{which}_mean_seconds"]) for which in ("primary", "shadow")]
    click.echo(f"the model alone: {times[0]} against {times[1]}")
    for text, count in shadow["errors"].items():
        click.echo(f"  {dim('failed')} {count} times: {text}")
    for one in shadow["examples"]:
        click.echo(f"  {one['id']} row {one['row']}: {_cells(one['columns'])}")
        click.echo(f"    {dim('answered')} {_cells(one['primary'])}  {dim('shadow')} {_cells(one['shadow'])}")


@click.command(epilog="\b\nExamples:\n  mainspring rollout history taxi")
@click.argument("name")
@url_option
@json_option
def history(name: str, url: str, as_json: bool) -> None:
    """What was decided about the rollouts of a model, by whom and why, oldest first."""
    from mainspring.serving.client import Client

    with Client(url) as client:
        events = client.rollout_history(name)
    if as_json:
        print_json({"history": events})
        return
    if not events:
        click.echo("nothing was decided yet")
    for one in events:
        by = one.get("by") or "the server"
        kind = bold(one["kind"].replace("_", " "))
        click.echo(f"{one['number']}. {kind} {one.get('arm', '')} by {by}, {ago(one['time'])}")
        print_verdict(Verdict.from_dict(one["verdict"]), all_reasons=True)


def _arm(one: Mapping[str, Any]) -> tuple[str, ...]:
    feedback = ", ".join(
        f"{name} {_number(values['mean'])} ({values['count']})" for name, values in one["feedback"].items()
    )
    share = "by request" if one["share"] is None else _percent(one["share"])
    return (
        bold(one["arm"]),
        one["version"],
        share,
        str(one["requests"]),
        _percent(one["error_rate"]),
        _seconds(one["latency_p95"]),
        feedback or "-",
    )


def _print_canary(canary: Mapping[str, Any]) -> None:
    steps = ", ".join(
        bold(f"{one:g} %") if place == canary["step"] else f"{one:g} %"
        for place, one in enumerate(canary["steps"], 1)
    )
    click.echo(f"step {canary['step']} of {len(canary['steps'])}: {steps}; next: {canary['next']}")
    for guard in canary["guards"]:
        sign, colour = _ANSWERS[guard["answer"]]
        found = guard["comparison"]
        click.echo(
            f"  {click.style(sign, fg=colour)} {guard['figure']}: {_number(found['candidate'])} against "
            f"{_number(found['primary'])}, worse by {_number(guard['lower'])} to {_number(guard['upper'])}, "
            f"may be by {guard['worse']:g} ({found['counts'][1]} and {found['counts'][0]} values)"
        )


def _print_experiment(found: Mapping[str, Any]) -> None:
    for arm, one in found["comparisons"].items():
        sure = "surely" if one["significant"] else "not surely"
        click.echo(
            f"  {arm} against {found['primary']}: {_number(one['difference'])} "
            f"({_number(one['lower'])} to {_number(one['upper'])}), {sure} different"
        )
    if not found["sound"]:
        click.echo(click.style("arms did not get the shares that they should: conclude nothing", fg="red"))
    if found["needed"] is not None:
        needed = ", ".join(f"{arm} {count}" for arm, count in found["needed"].items())
        click.echo(f"  values still needed: {needed}")
    if found["best"]:
        click.echo(f"  best: {bold(found['best'])}")


def _cells(row: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name}={value if not isinstance(value, float) else format(value, '.4g')}" for name, value in row.items()
    )


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.3g} %"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{1000 * value:.3g} ms"
