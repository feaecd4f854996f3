"""``mainspring show``."""

from __future__ import annotations

from pathlib import Path

import click

from mainspring.app import platform, stories
from mainspring.app.cli.words import (
    ago,
    bold,
    dim,
    duration,
    json_option,
    mark,
    print_json,
    print_left_out,
    print_verdict,
    short,
    state_word,
    table,
)
from mainspring.core.records import Artifact


@click.command(epilog="\b\nExamples:\n  mainspring show\n  mainspring show latest~1 --svg run.svg")
@click.argument("reference", metavar="[RUN]", default="latest")
@click.option("--all-reasons", is_flag=True, help="Show the reasons that passed, too.")
@click.option("--svg", type=click.Path(path_type=Path, dir_okay=False), help="Write the graph as a picture.")
@json_option
def show(reference: str, all_reasons: bool, svg: Path | None, as_json: bool) -> None:
    """One run: its steps and why they ran, what they gave, the verdicts, the model."""
    with platform.existing() as opened:
        opened.pipelines.abandoned()
        story = stories.tell(opened.pipelines.records, opened.store.blobs, reference)
    if svg is not None:
        from mainspring.app.pictures import draw_run

        svg.write_text(draw_run(story), encoding="utf-8")
    if as_json:
        print_json(story.as_dict())
        return
    _print(story, all_reasons=all_reasons)
    if svg is not None:
        click.echo(f"wrote {svg}")


def _print(story: stories.Story, *, all_reasons: bool) -> None:
    seconds = float(str(story.execution.custom.get("seconds") or 0.0))
    when = f"{ago(story.execution.created_at)}, {duration(seconds)}"
    click.echo(
        f"{mark(story.execution.state)} {bold(story.name)} {state_word(story.execution.state)}  {dim(when)}"
    )
    parameters = story.execution.custom.get("parameters")
    if isinstance(parameters, dict) and parameters:
        click.echo(dim("  " + "  ".join(f"{name}={value}" for name, value in parameters.items())))
    click.echo()
    rows = []
    for step in story.steps:
        words = step.error or step.note or ("cached" if step.cached else step.why)
        given = ", ".join(_artifact(one) for some in step.outputs.values() for one in some)
        rows.append(
            [
                mark(step.state),
                step.name,
                "" if step.cached else duration(step.seconds),
                given,
                dim(words.split("\n")[0]),
            ]
        )
    click.echo(table(rows))
    click.echo()
    for verdict in story.verdicts:
        print_verdict(verdict, all_reasons=all_reasons)
    print_left_out(story.artifacts("mainspring.Transform"))
    if story.model is not None:
        click.echo(f"model {bold(str(story.model['name']))} {story.model['version']}")


def _artifact(artifact: Artifact) -> str:
    return f"{artifact.type.removeprefix('mainspring.')} {dim(short(artifact.digest, 8))}"
