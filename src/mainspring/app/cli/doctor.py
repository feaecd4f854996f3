"""``mainspring doctor``."""

from __future__ import annotations

import click

from mainspring.app import health, platform
from mainspring.app.cli.words import dim, json_option, print_json
from mainspring.app.health import Check
from mainspring.core.errors import MainspringError


@click.command(epilog="\b\nExamples:\n  mainspring doctor\n  mainspring doctor --verify --json")
@click.option("--verify", is_flag=True, help="Read every artifact back and compare its digest.")
@json_option
def doctor(verify: bool, as_json: bool) -> int:
    """Check that this installation and this project are healthy. Exits with 1 if something is not."""
    checks = [*health.installation(), *_project(verify)]
    if as_json:
        print_json({"ok": all(one.ok for one in checks), "checks": [vars_of(one) for one in checks]})
    else:
        for one in checks:
            sign = click.style("✓", fg="green") if one.ok else click.style("✗", fg="red")
            click.echo(f"{sign} {one.name.ljust(14)} {dim(one.found) if one.ok else one.found}")
    return 0 if all(one.ok for one in checks) else 1


def vars_of(check: Check) -> dict[str, object]:
    """A check as plain values."""
    return {"name": check.name, "ok": check.ok, "found": check.found}


def _project(verify: bool) -> list[Check]:
    try:
        opened = platform.open()
    except MainspringError as error:
        return [Check("settings", False, str(error))]
    with opened:
        return health.project(opened, verify=verify)
