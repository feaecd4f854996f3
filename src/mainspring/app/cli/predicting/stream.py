"""Streams: from what the command was given to a consumer that runs until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mainspring.app import platform
from mainspring.app.cli.predicting.meter import Meter
from mainspring.app.cli.words import bold, dim, print_json
from mainspring.core.errors import InputError

if TYPE_CHECKING:
    from mainspring.models.package import Package
    from mainspring.serving.bulk.streams import Consumer, Consuming, Current, StreamOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """What the command was told about a stream.

    Attributes:
        stream: The URL.
        reply: Where answers go.
        dead_letters: Where messages go that cannot be answered.
        group: The name of those that share the stream out.
        batch: Messages that are answered together at most.
        claim: Seconds after which an unanswered message goes to another consumer.
        deliveries: After so many of them a message is given up.
        follow: Whether the model is replaced when its alias moves.
        until_idle: Seconds without a message after which the command ends.
        metrics_port: Where figures are shown.
        create: Whether streams are made.
    """

    stream: str
    reply: str | None = None
    dead_letters: str | None = None
    group: str = "mainspring"
    batch: int = 256
    claim: float = 60.0
    deliveries: int = 5
    follow: bool = False
    until_idle: float | None = None
    metrics_port: int | None = None
    create: bool = False


def answer_stream(model: str, wanted: Listening, *, as_json: bool) -> None:
    """Answer the messages of a stream until a signal ends it."""
    from mainspring.serving.bulk.streams import Current, StreamOptions

    if not wanted.reply:
        raise InputError("nobody has said where answers go", expected="--reply NAME")
    options = StreamOptions(
        url=wanted.stream,
        reply=wanted.reply,
        dead_letters=wanted.dead_letters or "",
        group=wanted.group,
        claim=wanted.claim,
        create=wanted.create,
    )
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("nats").setLevel(logging.CRITICAL)  # its errors are told by the consumer
    meter = Meter()
    try:
        done = asyncio.run(_listen(options, wanted, Current(resolver(model)), meter))
    finally:
        meter.clear()
    if as_json:
        print_json({**_told(done), "model": model, "stream": options.stream})
    else:
        click.echo(
            f"{bold(f'{done.answered:,}')} messages answered, {done.messages - done.answered:,} could not be"
        )


def resolver(reference: str) -> Callable[[], tuple[str, str, str, Callable[[], Package]]]:
    """What a reference means at the moment: name, version, digest, and a way to the package."""

    def resolve() -> tuple[str, str, str, Callable[[], Package]]:
        from mainspring.models.package import MANIFEST, Package
        from mainspring.serving.bulk.answerer import digest_of

        folder = Path(reference)
        if (folder / MANIFEST).is_file():
            package = Package.load(folder)
            return folder.resolve().name, "", digest_of(package.files), lambda: package
        with platform.existing() as opened:
            version = opened.models.resolve(reference)

        def fetch() -> Package:
            with platform.existing() as again:
                return again.models.fetch(version)

        return version.name, str(version.version), version.digest, fetch

    return resolve


async def _listen(options: StreamOptions, wanted: Listening, current: Current, meter: Meter) -> Consuming:
    from mainspring.serving.bulk.streams import Consumer, open_broker
    from mainspring.serving.bulk.streams.gauges import metrics_of, shown

    consumer = Consumer(
        open_broker(options),
        current,
        stream=options.stream,
        most=wanted.batch,
        deliveries=wanted.deliveries,
        seen=lambda done: meter.say(_line(done)),
    )
    with contextlib.ExitStack() as stack, _ended_by_signals(consumer):
        if wanted.metrics_port is not None:
            port = stack.enter_context(
                shown(lambda: metrics_of(consumer.done, current, options.stream), wanted.metrics_port)
            )
            click.echo(dim(f"metrics: http://127.0.0.1:{port}/metrics"), err=True)
        running = asyncio.create_task(consumer.run(until_idle=wanted.until_idle))
        following = asyncio.create_task(current.follow(consumer.stopped)) if wanted.follow else None
        try:
            return await running
        finally:
            consumer.stop()
            if following is not None:
                await following


@contextlib.contextmanager
def _ended_by_signals(consumer: Consumer) -> Any:  # an iterator, as contextlib wants it
    """SIGTERM and Ctrl-C let it answer what it has, and end."""
    loop = asyncio.get_running_loop()
    ends = (signal.SIGTERM, signal.SIGINT)
    for one in ends:
        loop.add_signal_handler(one, consumer.stop)
    try:
        yield
    finally:
        for one in ends:
            loop.remove_signal_handler(one)


def _line(done: Consuming) -> str:
    waiting = "" if done.lag.waiting is None else f"   {done.lag.waiting:,} waiting"
    wrong = done.messages - done.answered
    return f"{done.answered:,} answered" + (f"   {wrong:,} not" if wrong else "") + waiting


def _told(done: Consuming) -> dict[str, Any]:
    names = ("answered", "rejected", "failed", "given_up", "rows", "batches")
    return {**{name: getattr(done, name) for name in names}, "model_seconds": round(done.model_seconds, 3)}
