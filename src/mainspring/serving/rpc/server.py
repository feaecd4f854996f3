"""The gRPC server: in the event loop of the HTTP server, and with everything that stands behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import grpc
import grpc.aio

from mainspring.core.errors import UnavailableError
from mainspring.serving.dispatch import Dispatcher
from mainspring.serving.ports import Control
from mainspring.serving.rpc.admission import Admission
from mainspring.serving.rpc.credentials import credentials_of
from mainspring.serving.rpc.health import Health
from mainspring.serving.rpc.inference import Inference
from mainspring.serving.rpc.messages import HEALTH, INFERENCE, REFLECTION, REFLECTION_ALPHA, request_of
from mainspring.serving.rpc.methods import Answer, Method, Switchboard, answering
from mainspring.serving.rpc.models import Models
from mainspring.serving.rpc.options import RpcOptions
from mainspring.serving.rpc.reflection import Reflection
from mainspring.serving.rpc.repository import ModelRepository
from mainspring.serving.rpc.settings import log_settings, trace_setting
from mainspring.serving.security.gatekeeper import Gatekeeper
from mainspring.serving.security.options import Tls
from mainspring.serving.telemetry.snapshot import Snapshot
from mainspring.serving.tracing.tracer import Tracer

GRACE_SECONDS = 30.0
"""How long calls in flight are waited for at the end."""

_COMPRESSIONS: Mapping[str, grpc.Compression] = {
    "none": grpc.Compression.NoCompression,
    "deflate": grpc.Compression.Deflate,
    "gzip": grpc.Compression.Gzip,
}


class RpcServer:
    """Answers over gRPC what the HTTP server answers. For the thread of one event loop.

    Args:
        dispatcher: Takes requests to models.
        options: How it answers.
        host: The address to listen on, unless the options name one.
        control: Changes what is served; without one nothing can be changed.
        gatekeeper: Who may ask for what; by default as with no setting at all.
        tls: Encrypted connections.
        tracer: Gives every request its place in a trace; without one they have none.
        ready: Whether the server takes requests; by default, whether its models do.
        figures: What all processes of the server have counted; by default, statistics are those of this process.
        shared: Whether other processes listen on the same port, each with a share of the connections.

    Attributes:
        port: Where it answers, once it does; 0 before.

    Example:
        .. code-block:: python

            server = RpcServer(Dispatcher(repository), RpcOptions(port=8081))
            async with server.running():
                ...
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        options: RpcOptions | None = None,
        *,
        host: str = "127.0.0.1",
        control: Control | None = None,
        gatekeeper: Gatekeeper | None = None,
        tls: Tls | None = None,
        tracer: Tracer | None = None,
        ready: Callable[[], bool] | None = None,
        figures: Callable[[], Snapshot] | None = None,
        shared: bool = False,
    ) -> None:
        self._options = options or RpcOptions(port=0)
        self._host, self._tls, self._shared = self._options.host or host, tls, shared
        self._dispatcher, self._control = dispatcher, control
        self.port = 0
        self._gatekeeper, self._tracer, self._figures = gatekeeper or Gatekeeper(), tracer, figures
        self._ready = ready or (lambda: dispatcher.repository.ready)

    @asynccontextmanager
    async def running(self, grace: float = GRACE_SECONDS) -> AsyncIterator[None]:
        """Answer for as long as the context lasts. At the end, what is in flight is finished.

        Args:
            grace: Seconds that it is given for that.

        Raises:
            UnavailableError: If the port is taken.
            InputError: If the certificate cannot be used.
        """
        repository = self._dispatcher.repository
        admission = Admission(self._gatekeeper, encrypted=self._tls is not None)
        window = self._options.stream_window
        inference = Inference(self._dispatcher, admission, window=window, tracer=self._tracer)
        health = Health(repository, self._ready)
        models = Models(repository, admission, self._ready, self._figures)
        changes = ModelRepository(repository, self._control, admission)
        methods = _methods(inference, models, changes, health, reflection=self._options.reflection)
        server = self._made()
        server.add_generic_rpc_handlers([Switchboard(methods)])
        self.port = self._bind(server)
        await server.start()
        try:
            yield
        finally:
            inference.stop()
            health.stop()
            await server.stop(grace)

    def _made(self) -> grpc.aio.Server:
        options = self._options
        settings: list[tuple[str, int]] = [
            ("grpc.so_reuseport", int(self._shared)),
            ("grpc.max_receive_message_length", options.max_message),
            ("grpc.max_send_message_length", -1),
            ("grpc.keepalive_time_ms", round(options.keepalive * 1000)),
            ("grpc.keepalive_timeout_ms", round(options.keepalive_timeout * 1000)),
            ("grpc.http2.ping_timeout_ms", round(options.keepalive_timeout * 1000)),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.http2.min_ping_interval_without_data_ms", round(options.least_ping * 1000)),
        ]
        if options.max_connection_age is not None:
            settings.append(("grpc.max_connection_age_ms", round(options.max_connection_age * 1000)))
        return grpc.aio.server(
            options=settings,
            maximum_concurrent_rpcs=options.max_calls,
            compression=_COMPRESSIONS[options.compression],
        )

    def _bind(self, server: grpc.aio.Server) -> int:
        host, port = self._host, self._options.port or 0
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        try:
            if self._tls is None:
                return server.add_insecure_port(address)
            return server.add_secure_port(address, credentials_of(self._tls))
        except RuntimeError as error:
            raise UnavailableError(
                f"cannot listen on port {port} for gRPC",
                where=host,
                fix="stop what uses it, or choose another port (0 lets the system choose)",
            ) from error


def _methods(
    inference: Inference, models: Models, changes: ModelRepository, health: Health, *, reflection: bool
) -> dict[str, Method]:
    """What answers each call, by its path."""
    answers: dict[str, Answer] = {
        "ServerLive": models.server_live,
        "ServerReady": models.server_ready,
        "ServerMetadata": models.server_metadata,
        "ModelReady": models.model_ready,
        "ModelMetadata": models.model_metadata,
        "ModelConfig": models.model_config,
        "ModelStatistics": models.model_statistics,
        "RepositoryIndex": changes.index,
        "RepositoryModelLoad": changes.load,
        "RepositoryModelUnload": changes.unload,
        "TraceSetting": trace_setting,
        "LogSettings": log_settings,
    }
    found = {
        f"/{INFERENCE}/{name}": answering(request_of(INFERENCE, name), answer) for name, answer in answers.items()
    }
    found[f"/{INFERENCE}/ModelInfer"] = Method(unary_unary=inference.infer)
    found[f"/{INFERENCE}/ModelStreamInfer"] = Method(stream_stream=inference.infer_stream)
    for name, answer in (("Check", health.check), ("List", health.list_all)):
        found[f"/{HEALTH}/{name}"] = answering(request_of(HEALTH, name), answer)
    found[f"/{HEALTH}/Watch"] = Method(unary_stream=health.watch)
    for service in (REFLECTION, REFLECTION_ALPHA) if reflection else ():
        found[f"/{service}/ServerReflectionInfo"] = Method(stream_stream=Reflection(service).answer)
    return found
