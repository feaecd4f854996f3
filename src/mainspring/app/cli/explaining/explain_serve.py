"""``mainspring explain-serve``."""

from __future__ import annotations

import json
import shlex

import click

from mainspring.app import platform
from mainspring.app.cli.words import bold, dim
from mainspring.serving.explaining.asking import DEFAULT, Limits
from mainspring.serving.explaining.main import PORT


@click.command(
    epilog="\b\nExamples:\n  mainspring explain-serve census\n"
    "  mainspring explain-serve census@production --model-url http://127.0.0.1:9000 --port 9001"
)
@click.argument("reference", metavar="NAME[@ALIAS]")
@click.option("--model-url", metavar="URL", help="The server that predicts; the one of the settings without it.")
@click.option("--host", help="The address to listen on; 127.0.0.1 unless the settings say otherwise.")
@click.option("--port", type=int, default=PORT, show_default=True, help="The port; 0 picks a free one.")
@click.option("--no-log", is_flag=True, help="Do not keep the requests.")
@click.option("--seconds", default=DEFAULT.seconds, show_default=True, help="The most time of a request.")
@click.option("--rows", default=DEFAULT.rows, show_default=True, help="The most rows the model is asked for one.")
@click.option("--instances", default=DEFAULT.instances, show_default=True, help="The most rows explained at once.")
@click.option("--concurrency", default=DEFAULT.concurrency, show_default=True, help="Requests at the same time.")
def explain_serve(
    reference: str,
    model_url: str | None,
    host: str | None,
    port: int,
    no_log: bool,
    seconds: float,
    rows: int,
    instances: int,
    concurrency: int,
) -> None:
    """Explain a served model's answers over HTTP: /v1/models/NAME:explain and /v2/models/NAME/explain.

    A process beside `mainspring serve`, with the explainer that was registered with the version. It asks the model
    over the wire like anybody else, within limits, so that predictions are held up by none of it.
    """
    from mainspring.models.registry.catalogue import EXPLAINER
    from mainspring.serving.explaining.main import serve as run_service

    with platform.existing() as opened:
        settings = opened.settings.serving
        version = opened.models.resolve(reference)
        opened.models.explainer(version)  # says what to do where there is none
        folder = opened.store.blobs.local(opened.models.companion(version, EXPLAINER) or "")
        example = list(opened.models.fetch(version).input_example)[:1]
        log = None if no_log else opened.settings.path(settings.log).with_name("explanations")
    asked = model_url or f"http://{settings.host}:{settings.port}"
    click.echo(f"{bold(version.name)} {version.version} {dim('of ' + asked)}")

    def started(url: str) -> None:
        click.echo(f"listening on {bold(url)}")
        body = json.dumps({"instances": example}, ensure_ascii=False)
        click.echo(dim("try: ") + f"curl -s {url}/v1/models/{version.name}:explain -d {shlex.quote(body)}")

    run_service(
        folder,
        model_url=asked,
        name=version.name,
        version=str(version.version),
        limits=Limits(seconds=seconds, rows=rows, instances=instances, concurrency=concurrency),
        host=host or settings.host,
        port=port,
        log_folder=log,
        started=started,
    )
