"""``mainspring slo``: what is asked of servers, how it stands, and the files for Prometheus and Grafana."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click
import yaml

from mainspring.app.cli.words import bold, dim, json_option, print_json, table
from mainspring.core.errors import InputError, NotFoundError, UnavailableError

if TYPE_CHECKING:
    from mainspring.serving.telemetry.slo.objective import Objective

_config_option = click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The file of the server, with its objectives under slo.",
)


@click.group(
    epilog="\b\nExamples:\n  mainspring slo show --url http://127.0.0.1:8080\n"
    "  mainspring slo rules --config server.yaml > rules.yml\n  mainspring slo dashboard > grafana.json"
)
def slo() -> None:
    """What share of requests has to be fast, answered and right: how it stands, and who is told."""


@slo.command(
    epilog="\b\nExamples:\n  mainspring slo show\n  mainspring slo show up --url http://10.0.0.5:8080 --json"
)
@click.argument("name", required=False)
@click.option("--url", default="http://127.0.0.1:8080", show_default=True, help="The server.")
@json_option
def show(name: str | None, url: str, as_json: bool) -> None:
    """How the objectives of a server stand; ends with status 1 if one does not hold.

    The key of a server that asks for one comes from the environment variable MAINSPRING_API_KEY.
    """
    told = _asked(url, name)
    objectives: list[dict[str, Any]] = [told] if name is not None else told["objectives"]
    if as_json:
        print_json(told)
    else:
        _print(objectives)
    if not all(one["verdict"]["ok"] for one in objectives):
        click.get_current_context().exit(1)


@slo.command(epilog="\b\nExamples:\n  mainspring slo rules --config server.yaml > rules.yml")
@_config_option
@json_option
def rules(config: Path, as_json: bool) -> None:
    """Recording and alerting rules for Prometheus, as YAML."""
    from mainspring.serving.telemetry.slo.rules import rules as rules_of

    made = rules_of(_objectives(config))
    if as_json:
        print_json(made)
    else:
        click.echo(yaml.safe_dump(made, sort_keys=False, allow_unicode=True, width=100), nl=False)


@slo.command(epilog="\b\nExamples:\n  mainspring slo dashboard > grafana.json")
def dashboard() -> None:
    """A dashboard for Grafana, as JSON to be imported there."""
    from mainspring.serving.telemetry.dashboard import dashboard as made

    click.echo(json.dumps(made(), indent=1))


def _asked(url: str, name: str | None) -> dict[str, Any]:
    from mainspring.serving.client import Client

    with Client(url) as client:
        path = "/v2/slo" if name is None else f"/v2/slo/{quote(name, safe='')}"
        status, told = client.call("GET", path)
    if status == 200 and isinstance(told, dict):
        return told
    text = told.get("error", "") if isinstance(told, dict) else ""
    if status == 404:
        raise NotFoundError(text or "the server does not know of objectives", where=url)
    raise UnavailableError(text or f"the server answered with status {status}", where=url)


def _objectives(config: Path) -> tuple[Objective, ...]:
    from mainspring.serving.configuration import read_options
    from mainspring.serving.telemetry.slo.objectives import check_names

    objectives = read_options(config).slo.objectives
    if not objectives:
        raise InputError(
            "the file has no objectives",
            expected="a list under slo.objectives",
            where=str(config),
            fix="add {slo: {objectives: [{name: up, kind: errors, target: 0.999}]}}",
        )
    check_names(objectives)
    return objectives


def _print(objectives: list[dict[str, Any]]) -> None:
    if not objectives:
        click.echo("nothing is asked of this server")
        return
    rows = [
        (
            click.style("✓", fg="green") if one["verdict"]["ok"] else click.style("✗", fg="red"),
            bold(one["name"]),
            "-" if one["ratio"] is None else f"{100 * one['ratio']:.4g} %",
            f"{100 * one['budget_left']:.1f} %",
            "  ".join(f"{window} {rate:.3g}" for window, rate in one["burn_rates"].items()),
        )
        for one in objectives
    ]
    click.echo(table(rows, ("", "objective", "good", "budget left", "burn rates")))
    for one in objectives:
        click.echo(f"{bold(one['name'])}: {one['objective']}")
        for reason in one["verdict"]["reasons"]:
            if not reason["ok"]:
                click.echo(f"  {dim('because')} {reason['message']}")
