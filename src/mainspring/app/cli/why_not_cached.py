"""``mainspring why-not-cached``."""

from __future__ import annotations

from typing import Any, cast

import click

from mainspring.app import platform
from mainspring.app.cli.words import bold, dim, json_option, mark, print_json
from mainspring.core.errors import NotFoundError
from mainspring.pipelines.explaining import explain


@click.command(
    name="why-not-cached",
    epilog="\b\nExamples:\n  mainspring why-not-cached\n  mainspring why-not-cached latest train",
)
@click.argument("reference", metavar="[RUN]", default="latest")
@click.argument("step", required=False)
@json_option
def why_not_cached(reference: str, step: str | None, as_json: bool) -> None:
    """Why the steps of a run (or one of them) had to run, instead of taking what an earlier run made."""
    with platform.existing() as opened:
        run = opened.pipelines.records.run(reference)
        found = [one for one in opened.pipelines.records.steps(str(run.name)) if step in (None, one.node)]
        if not found:
            raise NotFoundError(
                f"run {run.name} has no step {step!r}",
                expected="one of " + ", ".join(one.node for one in opened.pipelines.records.steps(str(run.name))),
            )
        explained = [explain(opened.pipelines.records, opened.store.blobs, one) for one in found]
    if as_json:
        print_json({"run": run.name, "steps": [one.as_dict() for one in explained]})
        return
    for one in explained:
        click.echo(f"{mark(one.state)} {bold(one.step)}  {one.summary}")
        for difference in one.differences:
            click.echo(f"    {difference}")
        if step is not None:
            for line in one.code_diff:
                click.echo("    " + _coloured(line))


def _coloured(line: str) -> str:
    if line.startswith(("+++", "---", "@@")):
        return dim(line)
    colour = {"+": "green", "-": "red"}.get(line[:1])
    return click.style(line, fg=colour) if colour else cast("Any", line)
