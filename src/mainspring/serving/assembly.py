"""A prediction server as an ASGI application, put together of its parts."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TypeAlias

from mainspring.core.errors import MainspringError
from mainspring.serving.caching import ResponseCache, open_cache
from mainspring.serving.configuration import ServerOptions
from mainspring.serving.control import LocalControl
from mainspring.serving.dispatch import Dispatcher
from mainspring.serving.endpoint import Endpoint
from mainspring.serving.feedback import FeedbackDoor, FeedbackLog
from mainspring.serving.feedback.answers import LatestAnswers
from mainspring.serving.feedback.classes import ClassTeller
from mainspring.serving.feedback.log import FOLDER
from mainspring.serving.limits import Limiter
from mainspring.serving.opening import ServerMembers, open_model
from mainspring.serving.payloads import PayloadObserver, PredictionLog
from mainspring.serving.payloads.journal import Journal
from mainspring.serving.payloads.redaction import Redaction
from mainspring.serving.ports import Answering, Control
from mainspring.serving.repository import Folder, Given, PackageAt, Repository, Source
from mainspring.serving.rollout.conductor import Conductor
from mainspring.serving.rollout.desk import Desk
from mainspring.serving.routing import Routing, state_folder
from mainspring.serving.security.gatekeeper import Gatekeeper
from mainspring.serving.telemetry.events.sending import senders
from mainspring.serving.telemetry.rollout_metrics import RolloutMetrics
from mainspring.serving.telemetry.server_telemetry import Telemetry
from mainspring.serving.telemetry.watching_telling import watch_telling
from mainspring.serving.tracing.telling import Telling

_LOG = logging.getLogger(__name__)

Service: TypeAlias = Callable[[], AbstractAsyncContextManager[None]]
"""Something that runs as long as the server does, on its event loop."""

_PLAIN = ServerOptions()
_FEEDBACK_BYTES = 1 << 20


def repository_of(packages: Sequence[PackageAt], options: ServerOptions = _PLAIN) -> Repository:
    """The models that a server serves; none of them is loaded yet.

    Args:
        packages: Packages that are served from the start.
        options: How models are served, and where others lie.

    Raises:
        InputError: If the folder of models does not exist.
    """
    sources: list[Source] = [Given(packages)]
    if options.repository.folder:
        sources.append(Folder(Path(options.repository.folder)))
    members = ServerMembers()
    opener = partial(open_model, members=members)
    members.repository = Repository(opener, sources, options=options.models, settings=options.repository)
    return members.repository


def assemble(
    models: Repository,
    options: ServerOptions = _PLAIN,
    *,
    control: Control | None = None,
    log: PredictionLog | None = None,
    services: Sequence[Service] = (),
    run_folder: Path | None = None,
    worker: int = 0,
) -> Endpoint:
    """A prediction server.

    Args:
        models: What it serves, loaded.
        options: How.
        control: Changes what is served, in all processes of the server; by default in this one.
        log: Where every prediction request is written; closed when the application shuts down.
        services: What runs beside it.
        run_folder: What the processes of a server that has several share.
        worker: The place of this process among them.
    """
    store = open_cache(options.cache)
    limiter = Limiter(options.limits, lambda name: models.options(name).limits, folder=run_folder)
    gatekeeper, telling = Gatekeeper(options.security), Telling(options.tracing, options.logging)
    endpoint: Endpoint
    telemetry = Telemetry(
        models,
        metrics=options.metrics,
        slo=options.slo,
        events=options.events,
        ready=lambda: endpoint.ready,
        log=log,
        sinks=senders(options.payloads.sinks) if options.events.enabled else (),
        run_folder=run_folder,
        worker=worker,
    )
    watch_telling(telemetry.registry, telling)
    routing = Routing(
        models,
        state_folder(options, run_folder),
        counting=RolloutMetrics(telemetry.registry),
        redact=Redaction(options.payloads.redact).values,
    )
    dispatcher = Dispatcher(
        models,
        threads=options.threads,
        limiter=limiter,
        store=store,
        tracer=telling.tracer,
        rollouts=routing.rollouts,
    )
    for observer in (*telemetry.observers, *telling.observers):
        dispatcher.observe(observer)
    feedback, answers = None, LatestAnswers()
    if log is not None:
        dispatcher.observe(PayloadObserver(log, options.payloads))
        dispatcher.observe(answers)
        feedback = FeedbackLog(log.folder / FOLDER, queue_bytes=_FEEDBACK_BYTES)
    door = FeedbackDoor(
        feedback,
        answers=answers,
        counting=telemetry.feedback,
        learners=routing.learners,
        classes=ClassTeller(partial(_model, models), lambda: [one.model for one in tuple(models)]),
    )
    control = control or LocalControl(models)
    desk = Desk(routing.rollouts, control)
    endpoint = Endpoint(
        dispatcher,
        telemetry,
        control=control,
        gatekeeper=gatekeeper,
        feedback=door,
        max_body=options.max_body,
        explainer_url=options.explainer_url,
        rollouts=desk,
        able=lambda: log is None or not (options.payloads.required and log.trouble),
        services=[
            telling.running,
            telemetry.running,
            lambda: _closing(dispatcher, models, [log, feedback], store, gatekeeper),
            lambda: _following(models),
            lambda: routing.running(door),
            Conductor(routing.rollouts, desk).running,
            *services,
            *_rpc(dispatcher, options, control, gatekeeper, lambda: endpoint.ready, telemetry),
        ],
    )
    return endpoint


def _model(models: Repository, name: str, version: str) -> Answering | None:
    """A version that is served; ``None`` if it is not any more."""
    try:
        served = models.find(name, version)
    except MainspringError:
        return None
    return None if served is None else served.model


def _rpc(
    dispatcher: Dispatcher,
    options: ServerOptions,
    control: Control,
    gatekeeper: Gatekeeper,
    ready: Callable[[], bool],
    telemetry: Telemetry,
) -> list[Service]:
    """What answers over gRPC, if that is asked for."""
    if options.rpc.port is None:
        return []
    # This process starts others and never goes on as another: gRPC need not look after that, nor say so.
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
    # A server without it needs neither its libraries nor their memory.
    from mainspring.serving.rpc.server import RpcServer

    server = RpcServer(
        dispatcher,
        options.rpc,
        host=options.host,
        control=control,
        gatekeeper=gatekeeper,
        tls=options.security.tls,
        tracer=dispatcher.tracer,
        ready=ready,
        figures=telemetry.registry.snapshot,
        shared=True,
    )
    return [lambda: server.running(options.grace)]


@asynccontextmanager
async def _closing(
    dispatcher: Dispatcher,
    models: Repository,
    logs: Sequence[Journal | None],
    store: ResponseCache,
    gatekeeper: Gatekeeper,
) -> AsyncIterator[None]:
    """At the end, finish what is under way, write the logs, and let go of the models."""
    try:
        yield
    finally:
        dispatcher.close()
        await store.close()
        for log in logs:
            if log is not None:
                log.close()
        models.close()
        await asyncio.to_thread(gatekeeper.close)


@asynccontextmanager
async def _following(models: Repository) -> AsyncIterator[None]:
    """Look at the sources again and again, if they are to be followed, and whenever SIGHUP asks for it."""
    asked = asyncio.Event()

    async def follow() -> None:
        wait = models.settings.poll_seconds if models.settings.mode == "poll" else None
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asked.wait(), wait)
            asked.clear()
            # Whatever goes wrong: what cannot be read now may be there at the next look.
            (failed,) = await asyncio.gather(models.refresh(), return_exceptions=True)
            if failed is not None:
                known = isinstance(failed, MainspringError)
                _LOG.warning("the models were not looked at: %s", failed, exc_info=None if known else failed)

    if threading.current_thread() is threading.main_thread():
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, asked.set)
    following = asyncio.create_task(follow())
    try:
        yield
    finally:
        following.cancel()
