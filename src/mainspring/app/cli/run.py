"""``mainspring run`` and ``mainspring resume``."""

from __future__ import annotations

import click

from mainspring.app import platform, stories
from mainspring.app.cli.progress import Progress
from mainspring.app.cli.words import (
    bold,
    dim,
    duration,
    json_option,
    mark,
    print_json,
    print_left_out,
    print_verdict,
    state_word,
)
from mainspring.core.errors import InputError
from mainspring.core.records import ExecutionState
from mainspring.pipelines.engine import RunResult

_EXIT = {
    ExecutionState.COMPLETE: 0,
    ExecutionState.WAITING: 0,
    ExecutionState.HELD: 3,
    ExecutionState.CANCELED: 130,
}

parameters_option = click.option(
    "-p",
    "--param",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter of the pipeline; may be repeated.",
)


def parse_pairs(pairs: tuple[str, ...]) -> dict[str, str]:
    """``NAME=VALUE`` texts as a mapping."""
    wrong = [pair for pair in pairs if "=" not in pair]
    if wrong:
        raise InputError(f"a parameter was given as {wrong[0]!r}", expected="NAME=VALUE")
    return {name: value for name, _, value in (pair.partition("=") for pair in pairs)}


@click.command(
    epilog="\b\nExamples:\n  mainspring run\n  mainspring run -p data=new.csv --json\n"
    "  mainspring run --from train"
)
@parameters_option
@click.option("--file", help="The file that defines the pipeline; by default the one in mainspring.toml.")
@click.option("--pipeline", "pipeline_name", help="Which pipeline, if the file defines several.")
@click.option("--name", help="A name for the run; made from the pipeline's name and the time by default.")
@click.option("--from", "start", multiple=True, metavar="STEP", help="Run this step and all after it.")
@click.option("--to", "end", multiple=True, metavar="STEP", help="Run this step and all that it needs.")
@click.option("--only", multiple=True, metavar="STEP", help="Run just this step.")
@click.option("--dry-run", is_flag=True, help="Check the pipeline and show its steps; run nothing.")
@click.option("--because", hidden=True, help="Why the run was started; the scheduler says it.")
@click.option("--evidence", multiple=True, hidden=True, help="The digest of a verdict that is why.")
@click.option("--require-ok", is_flag=True, help="Exit with 3 if any gate said no, even where the run went on.")
@json_option
def run(
    parameters: tuple[str, ...],
    file: str | None,
    pipeline_name: str | None,
    name: str | None,
    start: tuple[str, ...],
    end: tuple[str, ...],
    only: tuple[str, ...],
    dry_run: bool,
    because: str | None,
    evidence: tuple[str, ...],
    require_ok: bool,
    as_json: bool,
) -> int:
    """Run the project's pipeline. What is known already is not done again.

    Exit codes: 0 complete (or parked, waiting for a person), 1 failed, 3 held by a gate, 130 cancelled.
    """
    with platform.open() as opened:
        pipeline, entry = opened.pipelines.load(file, pipeline_name)
        values = pipeline.parse(parse_pairs(parameters))
        if dry_run:
            graph = pipeline.build(**values)
            rows = [{"name": node.name, "needs": list(node.needs)} for node in graph.nodes.values()]
            if as_json:
                print_json({"pipeline": graph.pipeline, "parameters": graph.parameters, "steps": rows})
            else:
                for node in graph.nodes.values():
                    click.echo(
                        f"{node.name.ljust(20)} {dim('after ' + ', '.join(node.needs)) if node.needs else ''}"
                    )
            return 0
        result = opened.pipelines.run(
            pipeline,
            values,
            name=name,
            start=start,
            end=end,
            only=only,
            entry=entry,
            because=because,
            evidence=evidence,
            listener=Progress(quiet=as_json),
        )
        return tell(opened, result, as_json=as_json, require_ok=require_ok)


@click.command()
@click.argument("reference", metavar="[RUN]", default="latest")
@json_option
def resume(reference: str, as_json: bool) -> int:
    """Take up a run that failed, was held, parked, cancelled or killed.

    RUN is a run's name, a part of it, or `latest`. What it finished is not done again; the code is as it is now.
    """
    with platform.existing() as opened:
        result = opened.pipelines.resume(reference, listener=Progress(quiet=as_json))
        return tell(opened, result, as_json=as_json)


def tell(
    opened: platform.Mainspring, result: RunResult, *, as_json: bool = False, require_ok: bool = False
) -> int:
    """Say how a run ended; gives the exit code."""
    story = stories.tell(opened.pipelines.records, opened.store.blobs, result.run)
    code = _EXIT.get(result.state, 1)
    if require_ok and story.verdict is not None and not story.verdict.ok:
        code = code or 3
    if as_json:
        print_json(story.as_dict())
        return code
    click.echo()
    for verdict in story.verdicts:
        print_verdict(verdict)
    print_left_out(story.artifacts("mainspring.Transform"))
    _ending(opened, result, story)
    return code


def _ending(opened: platform.Mainspring, result: RunResult, story: stories.Story) -> None:
    cached = sum(step.cached for step in story.steps)
    summary = f"{len(story.steps)} steps, {cached} cached, {duration(result.seconds)}"
    click.echo(f"{mark(result.state)} {bold(result.run)} {state_word(result.state)}  {dim(summary)}")
    if story.model is not None:
        name, version = str(story.model["name"]), str(story.model["version"])
        click.echo(f"  model {bold(name)} {version}")
        served = opened.models.aliases(name).get("production")
        if served is not None and str(served) != version:
            click.echo(f"  but {name}@production is {served}: mainspring models {name}")
    follow = {
        ExecutionState.HELD: [f"mainspring show {result.run}", f"mainspring resume {result.run}"],
        ExecutionState.FAILED: [f"mainspring logs {result.run}", f"mainspring resume {result.run}"],
        ExecutionState.CANCELED: [f"mainspring resume {result.run}"],
        ExecutionState.WAITING: [f'mainspring approve {result.run} --by NAME --reason "…"'],
        ExecutionState.COMPLETE: _after_success(story),
    }
    for command in follow.get(result.state, []):
        click.echo(dim("  next: ") + command)


def _after_success(story: stories.Story) -> list[str]:
    if story.model is None:
        return [f"mainspring show {story.name}"]
    name = story.model["name"]
    return [f"mainspring lineage {name}", f"mainspring serve {name}"]
