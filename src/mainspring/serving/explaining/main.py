"""The command ``python -m mainspring.serving.explaining``: explanations beside a prediction server."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path

from mainspring.core.errors import MainspringError
from mainspring.evaluation.explanation.explainer import Explainer
from mainspring.serving.endpoint import MAX_BODY
from mainspring.serving.explaining.asking import DEFAULT, Explaining, Limits
from mainspring.serving.explaining.service import ExplainerService
from mainspring.serving.http_server import bound, run
from mainspring.serving.main import add_server_options, stop_with_stdin, teller
from mainspring.serving.payloads import PredictionLog

HOST, PORT = "127.0.0.1", 8081


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve; gives the exit status: 0 after a clean stop, 1 if the service could not start."""
    options = _parser().parse_args(arguments)
    if options.until_stdin_closes:
        stop_with_stdin()
    try:
        serve(
            options.explainer,
            model_url=options.model_url,
            name=options.name,
            version=options.version,
            limits=Limits(
                seconds=options.seconds,
                rows=options.rows,
                instances=options.instances,
                concurrency=options.concurrency,
            ),
            host=options.host or HOST,
            port=PORT if options.port is None else options.port,
            log_folder=options.log,
            drain=options.drain or 0.0,
            max_body=options.max_body or MAX_BODY,
            started=teller(f"explaining {options.name} of {options.model_url}", options.announce),
        )
    except MainspringError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def serve(
    explainer: Path,
    *,
    model_url: str,
    name: str,
    version: str | None = None,
    limits: Limits = DEFAULT,
    host: str = "127.0.0.1",
    port: int = PORT,
    log_folder: Path | None = None,
    drain: float = 0.0,
    max_body: int = MAX_BODY,
    started: Callable[[str], None] | None = None,
) -> None:
    """Explain until SIGTERM or SIGINT; then finish what is under way, write the log and return.

    Args:
        explainer: Folder of the explainer.
        model_url: The prediction server whose answers are explained.
        name: The name of the model there.
        version: Its version; the highest that is served without it.
        limits: What a request may cost.
        host: The address to listen on.
        port: The port; 0 lets the system choose.
        log_folder: Where every request is logged; ``None`` logs nothing.
        drain: Seconds between the signal and the moment when it stops taking requests.
        max_body: The largest request body, in bytes.
        started: Called with the service's URL once it answers.

    Raises:
        InputError: If the folder holds no explainer.
        UnavailableError: If the port is taken.
    """
    with bound(host, port) as listener:
        loaded = Explainer.load(explainer)
        loaded.warm()
        explaining = Explaining(loaded, url=model_url, model=name, version=version, limits=limits)
        with nullcontext() if log_folder is None else PredictionLog(log_folder) as log:
            run(ExplainerService(explaining, log=log, max_body=max_body), listener, drain=drain, started=started)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mainspring.serving.explaining",
        description="Explain the answers of a prediction server over HTTP: KServe v1, and v2 by named columns.",
        epilog="example: python -m mainspring.serving.explaining --explainer ./explainer --name taxi "
        "--model-url http://127.0.0.1:8080",
    )
    add = parser.add_argument
    add("--explainer", type=Path, required=True, metavar="FOLDER", help="an explainer")
    add("--model-url", required=True, metavar="URL", help="the prediction server")
    add("--name", required=True, help="name of the model there")
    add("--version", help="version of the model (default: the highest that is served)")
    add("--seconds", type=float, default=DEFAULT.seconds, help="the most time of a request (default: %(default)s)")
    add("--rows", type=int, default=DEFAULT.rows, help="the most rows asked of the model (default: %(default)s)")
    add("--instances", type=int, default=DEFAULT.instances, help="the most rows explained (default: %(default)s)")
    add("--concurrency", type=int, default=DEFAULT.concurrency, help="requests at once (default: %(default)s)")
    add_server_options(parser)
    return parser
