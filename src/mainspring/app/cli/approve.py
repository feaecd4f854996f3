"""``mainspring approve``."""

from __future__ import annotations

import click

from mainspring.app import platform
from mainspring.app.cli.progress import Progress
from mainspring.app.cli.run import tell
from mainspring.app.cli.words import json_option, print_json


@click.command(epilog='\b\nExample:\n  mainspring approve latest --by "Ada" --reason "checked the slices; fine"')
@click.argument("reference", metavar="RUN")
@click.option("--by", required=True, help="Who signs.")
@click.option("--reason", required=True, help="Why; it stays in the record.")
@click.option("--reject", is_flag=True, help="Say no.")
@click.option("--step", help="Answer only this question, if the run waits for several.")
@click.option("--no-resume", is_flag=True, help="Only sign; the run goes on when somebody resumes it.")
@json_option
def approve(
    reference: str, by: str, reason: str, reject: bool, step: str | None, no_resume: bool, as_json: bool
) -> int:
    """Sign what a run waits for (or reject it), and let the run go on."""
    with platform.existing() as opened:
        run = str(opened.pipelines.records.run(reference).name)
        given = opened.pipelines.approve(run, by=by, reason=reason, reject=reject, step=step)
        if not as_json:
            for one in given:
                click.echo(f"{'rejected' if reject else 'approved'} by {one.by}: {one.question}")
        if no_resume:
            if as_json:
                print_json({"run": run, "approvals": [dict(one.properties()) for one in given]})
            return 0
        result = opened.pipelines.resume(run, listener=Progress(quiet=as_json))
        return tell(opened, result, as_json=as_json)
