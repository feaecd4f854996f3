"""``mainspring logs``."""

from __future__ import annotations

import time
from pathlib import Path

import click

from mainspring.app import platform
from mainspring.app.cli.words import bold, dim
from mainspring.core.errors import NotFoundError
from mainspring.core.records import ExecutionState


@click.command()
@click.argument("reference", metavar="[RUN]", default="latest")
@click.argument("step", required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on as long as the run does.")
def logs(reference: str, step: str | None, follow: bool) -> None:
    """What the steps of a run printed and logged; all steps, or one."""
    with platform.open() as opened:
        run = opened.pipelines.records.run(reference)
        folder = opened.settings.path(opened.settings.run.home) / "runs" / str(run.name)
        shown: dict[Path, int] = {}
        found = _print_new(folder, step, shown)
        while follow and opened.pipelines.records.run(str(run.name)).state is ExecutionState.RUNNING:
            time.sleep(0.3)
            found = _print_new(folder, step, shown) or found
        if not found:
            _explain(opened, str(run.name), step)


def _print_new(folder: Path, step: str | None, shown: dict[Path, int]) -> bool:
    printed = False
    for file in sorted(folder.glob("*.log"), key=lambda one: one.stat().st_mtime):
        if step is not None and file.stem.partition("[")[0] != step.partition("[")[0]:
            continue
        with file.open(encoding="utf-8", errors="replace") as lines:
            lines.seek(shown.get(file, 0))
            text = lines.read()
            shown[file] = lines.tell()
        for line in text.splitlines():
            click.echo(f"{dim(file.stem)}  {line}" if step is None else line)
            printed = True
    return printed


def _explain(opened: platform.Mainspring, run: str, step: str | None) -> None:
    steps = {one.node: one for one in opened.pipelines.records.steps(run)}
    if step is not None and step not in steps:
        raise NotFoundError(f"run {run} has no step {step!r}", expected="one of " + ", ".join(steps))
    failed = [one for one in steps.values() if one.error and (step is None or one.node == step)]
    for one in failed:
        click.echo(f"{bold(one.node)}: {one.error}")
    if not failed:
        click.echo(dim("nothing was printed"))
