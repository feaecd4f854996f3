"""``mainspring serve``."""

from __future__ import annotations

import json
import shlex

import click

from mainspring.app import platform
from mainspring.app.cli.words import bold, dim


@click.command(epilog="\b\nExamples:\n  mainspring serve taxi\n  mainspring serve taxi@production --port 9000")
@click.argument("references", metavar="NAME[@ALIAS]...", nargs=-1, required=True)
@click.option("--host", help="The address to listen on; 127.0.0.1 unless the settings say otherwise.")
@click.option("--port", type=int, help="The port; 8080 unless the settings say otherwise; 0 picks a free one.")
@click.option("--no-log", is_flag=True, help="Do not keep the requests for monitoring.")
@click.option("--explainer-url", metavar="URL", help="Send :explain on to this service: see explain-serve.")
def serve(
    references: tuple[str, ...], host: str | None, port: int | None, no_log: bool, explainer_url: str | None
) -> None:
    """Answer prediction requests over HTTP: Open Inference Protocol v2 and KServe v1, by column name.

    Also: /v2/health/live, /v2/health/ready, /metrics. Every request is logged for monitoring.
    """
    from mainspring.serving.configuration import ServerOptions
    from mainspring.serving.repository import PackageAt
    from mainspring.serving.server import serve as run_server

    with platform.existing() as opened:
        settings = opened.settings.serving
        packages, examples = [], []
        for reference in references:
            version = opened.models.resolve(reference)
            folder = opened.store.blobs.local(version.digest)
            packages.append(PackageAt(folder, name=version.name, version=str(version.version)))
            examples.append((version.name, opened.models.fetch(version).input_example))
            click.echo(f"{bold(version.name)} {version.version} {dim('from ' + version.digest[:19])}")
        log = None if no_log else opened.settings.path(settings.log)

    def started(url: str) -> None:
        click.echo(f"listening on {bold(url)}")
        name, rows = examples[0]
        body = json.dumps({"instances": list(rows)[:1]}, ensure_ascii=False)
        click.echo(dim("try: ") + f"curl -s {url}/v1/models/{name}:predict -d {shlex.quote(body)}")

    options = ServerOptions(
        host=host or settings.host, port=settings.port if port is None else port, explainer_url=explainer_url
    )
    run_server(packages, options=options, log_folder=log, started=started)
