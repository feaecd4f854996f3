"""``mainspring reproduce``."""

from __future__ import annotations

import click

from mainspring.app import platform
from mainspring.app.cli.progress import Progress
from mainspring.app.cli.registry.references import version_of
from mainspring.app.cli.words import bold, dim, json_option, print_json, who
from mainspring.app.reproducing import TOLERANCE, Plan, plan
from mainspring.app.reproducing import reproduce as make_again

_HELD = 3


@click.command(
    epilog="\b\nExamples:\n  mainspring reproduce taxi@1.2.0\n  mainspring reproduce taxi@production --dry-run"
)
@click.argument("reference", metavar="NAME@VERSION")
@click.option("--dry-run", is_flag=True, help="Only say what would be done, and what is not as it was.")
@click.option("--strict", is_flag=True, help="Do not start if code or environment are not as they were.")
@click.option("--tolerance", default=TOLERANCE, show_default=True, help="Largest difference that counts as alike.")
@click.option("--by", default=who, help="Who; you by default.")
@json_option
def reproduce(reference: str, dry_run: bool, strict: bool, tolerance: float, by: str, as_json: bool) -> int:
    """Train a version again from its recorded lineage, and say how alike the two packages are.

    The data are the recorded artifacts; code and parameters are as recorded. Exit codes: 0 bit-equal, or alike
    within the tolerance; 3 different, or (with --strict) not as it was; 1 it could not be made again.
    """
    with platform.existing() as opened:
        planned = plan(opened, version_of(opened.models, reference))
        if not as_json:
            _tell(planned)
        stopped = bool(planned.gone) or (strict and bool(planned.changed))
        if dry_run or (strict and planned.changed):
            if as_json:
                print_json(_plain(planned))
            return _HELD if stopped else 0
        found = make_again(opened, planned, by=by, tolerance=tolerance, listener=Progress(quiet=as_json))
    if as_json:
        print_json({**_plain(planned), **found.as_dict()})
    else:
        sign = click.style("✓", fg="green") if found.ok else click.style("✗", fg="red")
        click.echo(f"{sign} {bold(str(planned.version))} {found.sentence()}")
        for name, value in found.metrics.items():
            click.echo(f"    {name} {value:+.4g}")
        click.echo(dim(f"  run {found.run}"))
    return 0 if found.ok else _HELD


def _tell(planned: Plan) -> None:
    click.echo(f"{bold(str(planned.version))} is made again: {', '.join(one.name for one in planned.steps)}")
    for one in planned.data:
        click.echo(dim(f"  from artifact:{one.id} {one.type.removeprefix('mainspring.')}"))
    for text in planned.changed:
        click.echo(f"  {click.style('not as it was', fg='yellow')}: {text}")
    for text in planned.gone:
        click.echo(f"  {click.style('gone', fg='red')}: {text}")
    if not planned.changed and not planned.gone:
        click.echo("  data, code, parameters and environment are as they were")


def _plain(planned: Plan) -> dict[str, object]:
    return {
        "name": planned.version.name,
        "version": str(planned.version.version),
        "steps": [one.name for one in planned.steps],
        "data": [one.id for one in planned.data],
        "changed": list(planned.changed),
        "gone": list(planned.gone),
    }
