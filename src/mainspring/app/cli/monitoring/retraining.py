"""``mainspring monitor retrain``."""

from __future__ import annotations

from pathlib import Path

import click

from mainspring.app import platform
from mainspring.app.cli.monitoring.declaring import file_option
from mainspring.app.cli.words import dim, json_option, print_json


@click.command(epilog="\b\nExamples:\n  mainspring monitor retrain census --because 'new tariff since Monday'")
@click.argument("model")
@click.option("--because", required=True, help="Why; it stands in the record of the run.")
@file_option
@json_option
def retrain(model: str, because: str, path: Path | None, as_json: bool) -> None:
    """Ask for a new MODEL as its policy would: with its parameters, counted in its budget.

    `mainspring scheduler` with a schedule of the topic "retrain" starts the run.
    """
    from mainspring.app.watching import declared_in, monitors_of

    with platform.existing() as opened:
        (monitor,) = monitors_of(opened, declared_in(opened, path), only=[model])
        decision, asked = monitor.demand(because)
    if as_json:
        print_json({"model": model, "asked": asked, "decision": decision.as_dict()})
        return
    if not asked:
        click.echo("nothing was done: a wish for a new model waits already, or a run is under way")
        return
    click.echo(f"a new model is {decision.because}")
    click.echo(dim("next: ") + "mainspring scheduler starts the run, if it is not at work already")
