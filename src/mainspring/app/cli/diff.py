"""``mainspring diff``."""

from __future__ import annotations

from typing import Any

import click

from mainspring.app import platform
from mainspring.app.cli.words import bold, dim, json_option, print_json, short, table
from mainspring.pipelines.explaining import RunDifference, compare_runs


@click.command(epilog="\b\nExamples:\n  mainspring diff\n  mainspring diff latest~3 latest")
@click.argument("before", metavar="[RUN]", default="latest~1")
@click.argument("after", metavar="[RUN]", default="latest")
@json_option
def diff(before: str, after: str, as_json: bool) -> None:
    """What changed between two runs (the last two by default): code, data, parameters, results."""
    with platform.existing() as opened:
        found = compare_runs(opened.pipelines.records, opened.store.blobs, before, after)
    if as_json:
        print_json(_as_dict(found))
    else:
        _print(found)


def _as_dict(found: RunDifference) -> dict[str, Any]:
    def pair(values: tuple[Any, Any]) -> dict[str, Any]:
        return {"before": values[0], "after": values[1]}

    return {
        "before": found.before,
        "after": found.after,
        "same": found.same,
        "parameters": {name: pair(values) for name, values in found.parameters.items()},
        "data": {name: pair(values) for name, values in found.data.items()},
        "steps": [
            {
                "step": one.step,
                "changed": [str(each) for each in one.differences],
                "outputs_changed": one.outputs_changed,
            }
            for one in found.steps
        ],
        "only_before": list(found.only_before),
        "only_after": list(found.only_after),
        "code": list(found.code),
        "metrics": {name: pair(values) for name, values in found.metrics.items()},
    }


def _print(found: RunDifference) -> None:
    click.echo(f"{dim('from')} {found.before}\n{dim('to  ')} {found.after}\n")
    if found.same:
        click.echo("Nothing changed: same code, same data, same parameters, same results.")
        return
    _pairs("Parameters", found.parameters)
    _pairs("Data", {name: (short(one), short(two)) for name, (one, two) in found.data.items()})
    if found.code:
        click.echo(bold("Code"))
        for line in found.code:
            colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1])
            click.echo("  " + (click.style(line, fg=colour) if colour else line))
    changed = [one for one in found.steps if one.differences or one.outputs_changed]
    if changed or found.only_before or found.only_after:
        click.echo(bold("Steps"))
        for one in changed:
            result = "gave something else" if one.outputs_changed else "gave the same"
            click.echo(f"  {one.step.ljust(18)} {result}  {dim('; '.join(map(str, one.differences)))}")
        for name in found.only_before:
            click.echo(f"  {name.ljust(18)} was not run any more")
        for name in found.only_after:
            click.echo(f"  {name.ljust(18)} was not run before")
    _pairs("Metrics", found.metrics)


def _pairs(title: str, pairs: Any) -> None:
    if not pairs:
        return
    click.echo(bold(title))
    rows = [[f"  {name}", _text(one), "→", _text(two)] for name, (one, two) in pairs.items()]
    click.echo(table(rows))


def _text(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.5g}" if isinstance(value, float) else str(value)
