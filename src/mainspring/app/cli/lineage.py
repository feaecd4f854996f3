"""``mainspring lineage``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, cast

import click

from mainspring.app import origins, platform
from mainspring.app.cli.words import bold, dim, json_option, print_json, short, table
from mainspring.core.records import Artifact, Direction, Execution, Kind, LinkKind, Node
from mainspring.store.ports import Lineage


@click.command(
    epilog="\b\nExamples:\n  mainspring lineage taxi@production\n  mainspring lineage taxi:1.0.0 --json\n"
    "  mainspring lineage artifact:3 --down --svg used-by.svg"
)
@click.argument("reference", default="latest")
@click.option("--down", is_flag=True, help="What came of it, instead of what it came from.")
@click.option("--both", is_flag=True, help="Both directions.")
@click.option("--hops", type=click.IntRange(min=0), help="How far to walk; to the end by default.")
@click.option("--tree", is_flag=True, help="Show the steps as a tree instead of the answers.")
@click.option("--svg", type=click.Path(path_type=Path, dir_okay=False), help="Write the graph as a picture.")
@json_option
def lineage(
    reference: str,
    down: bool,
    both: bool,
    hops: int | None,
    tree: bool,
    svg: Path | None,
    as_json: bool,
) -> None:
    """Where something came from: which rows, which schema, which code, which metrics per slice, who signed.

    REFERENCE is a model (taxi, taxi@production, taxi:1.0.0), artifact:ID, a part of a digest, or a run.
    """
    with platform.existing() as opened:
        subject = origins.find_artifact(opened, reference)
        direction = Direction.BOTH if both else Direction.DOWN if down else Direction.UP
        plain = direction is Direction.UP and hops is None
        origin = origins.trace(opened, subject)
        walked = (
            origin.lineage
            if plain
            else opened.store.record.lineage(
                Kind.ARTIFACT, [cast("int", subject.id)], direction=direction, hops=hops
            )
        )
        if svg is not None:
            from mainspring.app.pictures import draw_lineage

            svg.write_text(draw_lineage(walked, title=f"Lineage of {reference}"), encoding="utf-8")
        found: dict[str, Any] = (
            origins.answers(origin, opened.store.blobs) if plain else {"subject": _name(subject)}
        )
        if plain:
            found["signed"] += origins.promotions(opened, subject)
            found["because"] = origins.reasons(opened, origin)
    if as_json:
        print_json({**found, **_graph(walked)})
    elif plain and not tree:
        _print_answers(reference, found)
    else:
        _print_tree(walked, subject, up=direction is not Direction.DOWN)
    if svg is not None and not as_json:
        click.echo(f"wrote {svg}")


def _graph(walked: Lineage) -> dict[str, Any]:
    nodes = [
        {"kind": kind.value, "id": number, "name": _name(node), "state": str(getattr(node, "state", ""))}
        for (kind, number), node in walked.nodes.items()
    ]
    links = [
        {"kind": link.kind.value, "source": link.source, "target": link.target, "name": link.name}
        for link in walked.links
    ]
    return {"nodes": nodes, "links": links}


def _name(node: Node) -> str:
    if isinstance(node, Execution):
        return str(node.properties.get("node") or node.type)
    return node.type


def _print_answers(reference: str, found: dict[str, Any]) -> None:
    subject = found["subject"]
    version = f" {subject['name']} {subject['version']}" if "version" in subject and "name" in subject else ""
    click.echo(f"{bold(reference)} is{version} {dim(subject['type'] + ' ' + short(subject['digest']))}\n")
    click.echo(bold("Which rows?"))
    for one in found["data"]:
        what = one.get("name") or one["type"].removeprefix("mainspring.")
        rows = f"{one['rows']} rows" if "rows" in one else ""
        click.echo(f"  {what}  {dim(rows)}  sha256:{short(one['digest'], 64)}")
    click.echo(bold("Which schema?"))
    for one in found["schema"]:
        click.echo(f"  artifact:{one['artifact']}  sha256:{short(one['digest'], 64)}")
    click.echo(bold("Which code?"))
    for one in found["code"]:
        click.echo(f"  {one['file']}  sha256:{short(one['digest'], 64)}")
    for one in found["steps"]:
        parameters = ", ".join(f"{key}={value}" for key, value in (one["parameters"] or {}).items())
        click.echo(f"    {str(one['step']).ljust(16)} {dim(one['at'])}  {dim(parameters[:90])}")
    if found["because"]:
        click.echo(bold("Why was it made?"))
    for one in found["because"]:
        click.echo(f"  {one['reason']} {dim(one['run'])}")
        for verdict in one["evidence"]:
            click.echo(f"    artifact:{verdict['artifact']}  {dim('sha256:' + short(verdict['digest'], 64))}")
    _print_metrics(found["metrics"])
    click.echo(bold("What did the gates say?"))
    for verdict in found["gates"]:
        count = dim(f"{len(verdict['reasons'])} reasons")
        click.echo(f"  {verdict['gate']}: {'yes' if verdict['ok'] else 'no'} {count}")
    click.echo(bold("Who signed?"))
    for one in found["signed"]:
        word = "approved" if one.get("ok") else "rejected"
        role = f" as {one['role']} for {one['environment']}" if "role" in one else ""
        click.echo(f"  {one.get('by')} {word}{role} at {one.get('at')}: {one.get('reason')}")
    if not found["signed"]:
        click.echo(dim("  nobody was asked"))


def _print_metrics(metrics: dict[str, Any]) -> None:
    if not metrics:
        return
    click.echo(bold("Which metrics, per slice?"))
    names = [
        name for name in ("accuracy", "auc", "f1", "log_loss", "r2", "rmse", "mae") if name in metrics["overall"]
    ]
    rows = [["all rows", *(_number(metrics["overall"].get(name)) for name in names)]]
    for title, values in metrics["slices"].items():
        if title != "all rows":
            rows.append([title, *(_number(values.get(name)) for name in names)])
    text = table([["  " + row[0], *row[1:]] for row in rows[:25]], ["  slice", *names])
    click.echo(text)
    if len(rows) > 25:
        click.echo(dim(f"  … and {len(rows) - 25} more slices; all of them with --json"))


def _number(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, (int, float)) and not math.isnan(value) else "-"


def _print_tree(walked: Lineage, subject: Artifact, *, up: bool) -> None:
    below: dict[tuple[Kind, int], list[tuple[tuple[Kind, int], str]]] = {}
    for link in walked.links:
        ends = (
            ((Kind.ARTIFACT, link.source), (Kind.EXECUTION, link.target))
            if link.kind is LinkKind.INPUT
            else ((Kind.EXECUTION, link.source), (Kind.ARTIFACT, link.target))
        )
        start, end = (ends[1], ends[0]) if up else ends
        below.setdefault(start, []).append((end, link.name))
    seen: set[tuple[Kind, int]] = set()
    todo: list[tuple[tuple[Kind, int], int, str]] = [((Kind.ARTIFACT, cast("int", subject.id)), 0, "")]
    while todo:
        key, depth, name = todo.pop()
        node = walked.nodes[key]
        text = _name(node) + (f" {dim(short(node.digest))}" if isinstance(node, Artifact) else "")
        again = dim(" (above)") if key in seen and below.get(key) else ""
        label = dim(f"{name}: ") if name else ""
        click.echo("  " * depth + ("└ " if depth else "") + label + text + again)
        if key not in seen:
            seen.add(key)
            todo += [(end, depth + 1, via) for end, via in reversed(below.get(key, []))]
