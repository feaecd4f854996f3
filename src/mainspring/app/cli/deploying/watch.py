"""``mainspring deploy watch``."""

from __future__ import annotations

import signal
import threading
from types import FrameType

import click

from mainspring.app.cli.words import dim, json_option, print_json
from mainspring.core.errors import InputError, UnavailableError


@click.command(
    epilog="\b\nExamples:\n  mainspring deploy watch deployments\n"
    "  mainspring deploy watch git+https://example.org/models.git#main:deployments --once"
)
@click.argument("source")
@click.option("--once", is_flag=True, help="Look once; ends with status 1 if what is found is refused.")
@click.option("--seconds", type=float, default=10.0, show_default=True, help="How often to look.")
@json_option
def watch(source: str, once: bool, seconds: float, as_json: bool) -> None:
    """Accept what a folder or a git repository (git+LOCATION[#BRANCH[:FOLDER]]) says, until stopped.

    For a server that follows this project with --deployments and no source of its own. SIGHUP looks at once.
    """
    from mainspring.app.deploying import copies, opened_deployments, source_of
    from mainspring.serving.deploying.intake import Intake

    stopped, asked = threading.Event(), threading.Event()

    def wake(number: int, _frame: FrameType | None) -> None:
        if number != signal.SIGHUP:
            stopped.set()
        asked.set()

    if not once:
        for one in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
            signal.signal(one, wake)
    with opened_deployments() as deployments:
        found = source_of(source, copies(deployments))
        intake = Intake(deployments, found)
        number = deployments.archive.number
        while True:
            intake.look()
            if once:
                break
            if deployments.archive.number != number and not as_json:
                number = deployments.archive.number
                click.echo(f"revision {number} is wanted {dim('(see mainspring deploy history)')}")
            asked.wait(seconds)
            asked.clear()
            if stopped.is_set():
                return
        if intake.refused:
            raise InputError(intake.refused)
        if intake.trouble:
            raise UnavailableError(intake.trouble)
        if as_json:
            print_json({"revision": deployments.archive.number, "source": intake.name})
        else:
            click.echo(f"revision {deployments.archive.number} is wanted")
