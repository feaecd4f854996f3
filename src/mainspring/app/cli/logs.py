"""``mainspring logs``."""

from __future__ import annotations

import time
from pathlib import Path

import click

from mainspring.app import platform
from mainspring.app.cli.words import bold, dim, json_option, print_json
from mainspring.core.errors import NotFoundError
from mainspring.core.records import ExecutionState
from mainspring.pipelines.records import StepRecord


@click.command(epilog="\b\nExamples:\n  mainspring logs\n  mainspring logs latest train --follow")
@click.argument("reference", metavar="[RUN]", default="latest")
@click.argument("step", required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on as long as the run does.")
@json_option
def logs(reference: str, step: str | None, follow: bool, as_json: bool) -> None:
    """What the steps of a run printed and logged; all steps, or one."""
    with platform.existing() as opened:
        run = opened.pipelines.records.run(reference)
        name = str(run.name)
        folder = opened.settings.path(opened.settings.run.home) / "runs" / name
        if as_json:
            while follow and _is_running(opened, name):
                time.sleep(_PAUSE)
            found = {
                file.stem: file.read_text(encoding="utf-8", errors="replace") for file in _files(folder, step)
            }
            _check(opened, name, step)
            print_json({"run": name, "logs": [{"step": one, "text": text} for one, text in found.items()]})
            return
        shown: dict[Path, int] = {}
        printed = _print_new(folder, step, shown)
        while follow and _is_running(opened, name):
            time.sleep(_PAUSE)
            printed = _print_new(folder, step, shown) or printed
        if not (_print_new(folder, step, shown, to_the_end=True) or printed):
            _explain(opened, name, step)


_PAUSE = 0.3


def _is_running(opened: platform.Mainspring, run: str) -> bool:
    opened.pipelines.abandoned()
    return opened.pipelines.records.run(run).state is ExecutionState.RUNNING


def _files(folder: Path, step: str | None) -> list[Path]:
    """The logs of a step, or of all; the items of a fan-out belong to their step."""
    found = sorted(folder.glob("*.log"), key=lambda one: one.stat().st_mtime)
    return [one for one in found if step in (None, one.stem, one.stem.partition("[")[0])]


def _print_new(folder: Path, step: str | None, shown: dict[Path, int], *, to_the_end: bool = False) -> bool:
    """Print the lines that were not shown yet; one that has not ended is left for the next time."""
    printed = False
    for file in _files(folder, step):
        with file.open("rb") as lines:
            lines.seek(shown.get(file, 0))
            new = lines.read()
        whole = new if to_the_end else new[: new.rfind(b"\n") + 1]
        shown[file] = shown.get(file, 0) + len(whole)
        for line in whole.decode("utf-8", errors="replace").splitlines():
            click.echo(f"{dim(file.stem)}  {line}" if step is None else line)
            printed = True
    return printed


def _check(opened: platform.Mainspring, run: str, step: str | None) -> list[StepRecord]:
    found = opened.pipelines.records.steps(run)
    names = [one.node for one in found]
    if step is not None and step not in {*names, *(name.partition("[")[0] for name in names)}:
        raise NotFoundError(f"run {run} has no step {step!r}", expected="one of " + ", ".join(names))
    return [one for one in found if step in (None, one.node, one.node.partition("[")[0])]


def _explain(opened: platform.Mainspring, run: str, step: str | None) -> None:
    failed = [one for one in _check(opened, run, step) if one.error]
    for one in failed:
        click.echo(f"{bold(one.node)}: {one.error}")
    if not failed:
        click.echo(dim("nothing was printed"))
