"""``mainspring monitor dashboard`` and ``rules``: the files for Grafana and Prometheus."""

from __future__ import annotations

import json

import click
import yaml

from mainspring.app.cli.words import json_option, print_json


@click.command(epilog="\b\nExamples:\n  mainspring monitor dashboard > watch.json")
def dashboard() -> None:
    """A dashboard for Grafana, as JSON to be imported there: windows, alerts, quality, drift, retraining."""
    from mainspring.monitoring.dashboard import watch_dashboard

    click.echo(json.dumps(watch_dashboard(), indent=1))


@click.command(epilog="\b\nExamples:\n  mainspring monitor rules > watch-rules.yml")
@json_option
def rules(as_json: bool) -> None:
    """Recording and alerting rules for Prometheus, as YAML: alerts that fire, windows that are late."""
    from mainspring.monitoring.dashboard import watch_rules

    made = watch_rules()
    if as_json:
        print_json(made)
    else:
        click.echo(yaml.safe_dump(made, sort_keys=False, allow_unicode=True, width=100), nl=False)
