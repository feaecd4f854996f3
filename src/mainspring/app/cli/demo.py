"""``mainspring demo``."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from mainspring.app import origins, platform, stories
from mainspring.app.cli.progress import Progress
from mainspring.app.cli.run import tell
from mainspring.app.cli.words import bold, dim, short


@click.command()
@click.argument(
    "folder", metavar="[FOLDER]", default="mainspring-demo", type=click.Path(file_okay=False, path_type=Path)
)
@click.option(
    "--dataset",
    default="breast_cancer",
    show_default=True,
    type=click.Choice(["breast_cancer", "wine", "iris", "diabetes", "digits"]),
    help="A data set that scikit-learn brings.",
)
def demo(folder: Path, dataset: str) -> int:
    """Watch a model travel from a file to an answered request, and ask the record where it came from.

    Makes a project in FOLDER, on data that comes with scikit-learn: nothing is downloaded.
    """
    from mainspring.app.looking import look
    from mainspring.app.scaffold import write_project
    from mainspring.data.bundled import load, write_csv

    folder.mkdir(parents=True, exist_ok=True)
    data = folder / f"{dataset}.csv"
    write_csv(load(dataset), data)
    write_project(folder, data, look(data, "target"), name=dataset, force=True)
    click.echo(f"{bold('1. A project')}  {folder}/pipeline.py, on {dataset} {dim('(from scikit-learn)')}\n")
    os.chdir(folder)
    with platform.open(Path.cwd()) as opened:
        click.echo(bold("2. A run"))
        pipeline, entry = opened.pipelines.load()
        result = opened.pipelines.run(pipeline, entry=entry, listener=Progress())
        code = tell(opened, result)
        story = stories.tell(opened.pipelines.records, opened.store.blobs, result.run)
        if story.model is None:
            return code or 1
        name = str(story.model["name"])
        click.echo(f"\n{bold('3. A request')}  to a real server, by column name")
        _ask(opened, name)
        click.echo(f"\n{bold('4. Where did that come from?')}")
        _origin(opened, name)
        page = _page(opened, story)
    click.echo(f"\n{bold('5. Now you')}")
    for command in (
        f"cd {folder}",
        "mainspring run                     # again: everything is cached",
        f"mainspring lineage {name}",
        f"mainspring serve {name}",
        "mainspring init NAME --data FILE --label COLUMN",
    ):
        click.echo(f"   {command}")
    click.echo(f"   open {folder / page}  {dim('# the story of this run as a page')}")
    return 0


def _ask(opened: platform.Mainspring, name: str) -> None:
    from mainspring.serving.client import Client
    from mainspring.serving.server_process import ServerProcess

    version = opened.models.resolve(name)
    package = opened.models.fetch(version)
    row = dict(next(iter(package.input_example)))
    with (
        ServerProcess(opened.store.blobs.local(version.digest), name=name, version=str(version.version)) as server,
        Client(server.url) as client,
    ):
        answer = client.predict(name, [row], probabilities=True)[0]
    few = dict(list(row.items())[:3])
    click.echo(f"   POST /v1/models/{name}:predict  {json.dumps(few)[:-1]}, … {len(row)} columns}}")
    click.echo(f"   {click.style(json.dumps(answer), fg='green')}")


def _origin(opened: platform.Mainspring, name: str) -> None:
    origin = origins.trace(opened, origins.find_artifact(opened, name))
    found = origins.answers(origin, opened.store.blobs)
    for one in found["data"]:
        what = one.get("name") or one["type"].removeprefix("mainspring.")
        click.echo(f"   rows     {what}  {dim('sha256:' + short(one['digest'], 24) + '…')}")
    for one in found["schema"]:
        click.echo(f"   schema   schema.yaml  {dim('sha256:' + short(one['digest'], 24) + '…')}")
    for one in found["code"]:
        click.echo(f"   code     {one['file']}  {dim('sha256:' + short(one['digest'], 24) + '…')}")
    overall = found["metrics"].get("overall", {})
    figures = ", ".join(f"{key} {overall[key]:.3f}" for key in ("accuracy", "auc", "r2", "rmse") if key in overall)
    click.echo(f"   metrics  {figures}, and {len(found['metrics'].get('slices', {}))} slices")
    gates = ", ".join(f"{verdict['gate']}: {'yes' if verdict['ok'] else 'no'}" for verdict in found["gates"])
    click.echo(f"   gates    {gates}")


def _page(opened: platform.Mainspring, story: stories.Story) -> Path:
    from mainspring.app.reporting import write_report

    return write_report(opened, story, Path("report.html"))
