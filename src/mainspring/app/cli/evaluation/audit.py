"""``mainspring eval audit``: the checklist of ways to go wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mainspring.app.cli.evaluation.contest import Contest, contest_options
from mainspring.app.cli.words import bold, dim, json_option, print_json, print_verdict, table
from mainspring.core.errors import ConflictError

_REFUSED = 3


@click.group(
    epilog="\b\nExamples:\n  mainspring eval audit new audit.yaml --title Census --slice sex --slice race\n"
    "  mainspring eval audit check audit.yaml test.csv --label income --model census@staging --slice sex"
)
def audit() -> None:
    """The performance audit: a checklist that a team fills in, and that a model is held against.

    It lies beside the code, in YAML. Every item is a way to go wrong, with its slices, its metric or rule, its
    owner and how bad it would be.
    """


@audit.command(epilog="\b\nExamples:\n  mainspring eval audit new audit.yaml --task regression --slice region")
@click.argument("path", metavar="AUDIT", type=click.Path(dir_okay=False, path_type=Path), default="audit.yaml")
@click.option("--title", help="What is audited; the name of the folder by default.")
@click.option(
    "--task",
    type=click.Choice(["binary", "multiclass", "regression"]),
    default="binary",
    show_default=True,
    help="What the model does; decides which metrics are proposed.",
)
@click.option(
    "--slice", "slices", multiple=True, metavar="SLICE", help="A column that groups go by, or sex=Female."
)
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
@json_option
def new(path: Path, title: str | None, task: Any, slices: tuple[str, ...], force: bool, as_json: bool) -> None:
    """Write a checklist to start from, with the questions that are worth asking of any model."""
    from mainspring.evaluation.audit import template

    if path.exists() and not force:
        raise ConflictError("the file is there already", where=str(path), fix="add --force to overwrite it")
    text = template(title=title or path.resolve().parent.name, task=task, slices=slices)
    path.write_text(text, encoding="utf-8")
    if as_json:
        print_json({"wrote": str(path)})
        return
    click.echo(f"wrote {path}: strike what does not apply, add what does, and name owners")


@audit.command(epilog="\b\nExamples:\n  mainspring eval audit show audit.yaml")
@click.argument("path", metavar="AUDIT", type=click.Path(path_type=Path), default="audit.yaml")
@json_option
def show(path: Path, as_json: bool) -> None:
    """Show the items of a checklist, and what is still open."""
    from mainspring.evaluation.audit import read_audit

    found = read_audit(path)
    if as_json:
        print_json(found.as_dict())
        return
    agreed = f"agreed by {', '.join(found.agreed)}" if found.agreed else "agreed by nobody yet"
    click.echo(f"{bold(found.title)}: {len(found.items)} items, {agreed}")
    rows = [
        [
            item.name,
            item.category,
            str(item.severity),
            str(item.status),
            item.owner or dim("nobody"),
            _judged_by(item),
        ]
        for item in found.items
    ]
    if rows:
        click.echo(table(rows, ["item", "about", "severity", "status", "owner", "judged by"]))


@audit.command(
    epilog="\b\nExamples:\n  mainspring eval audit check audit.yaml new/evaluation.json old/evaluation.json\n"
    "  mainspring eval audit check audit.yaml test.csv --label income --model census@staging --slice sex"
)
@click.argument("path", metavar="AUDIT", type=click.Path(path_type=Path))
@contest_options
@json_option
def check(path: Path, contest: Contest, as_json: bool) -> int:
    """Hold a model against a checklist; FILE is as for `mainspring eval compare`.

    Exit codes: 0 nothing speaks against it, 3 something does.
    """
    from mainspring.evaluation.audit import judge_audit, read_audit

    verdict = judge_audit(read_audit(path), contest.evaluation, **contest.options)
    if as_json:
        print_json(verdict.as_dict())
    else:
        print_verdict(verdict, all_reasons=True)
    return 0 if verdict.ok else _REFUSED


def _judged_by(item: Any) -> str:
    told = "; ".join(item.rules or item.evidence)
    accepted = f"accepted by {item.by}: {item.reason}" if item.by else ""
    return accepted or told or dim("nothing yet")
