"""Where the gRPC door is: a port that is known and held before any process answers on it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

import msgspec

from mainspring.core.errors import UnavailableError
from mainspring.serving.rpc.options import RpcOptions


@contextmanager
def reserved(options: RpcOptions, host: str) -> Iterator[RpcOptions]:
    """Hold the port for as long as the context lasts, so that the processes of one server can share it.

    Args:
        options: How the server answers over gRPC; without a port nothing is held.
        host: The address to listen on, unless the options name one.

    Yields:
        The options with address and port: 0 became the one that the system chose.

    Raises:
        UnavailableError: If the port is taken, or what gRPC needs is not installed.
    """
    if options.port is None:
        yield options
        return
    if find_spec("grpc") is None or find_spec("google") is None or find_spec("google.protobuf") is None:
        raise UnavailableError("gRPC needs grpcio and protobuf", fix="pip install 'mainspring[grpc]'")
    host = options.host or host
    with _socket(host) as probe, _socket(host) as held:
        try:
            # Only this one sees that another server listens there: those that share a port let each other in.
            probe.bind((host, options.port))
            port = probe.getsockname()[1]
            probe.close()
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            held.bind((host, port))
        except OSError as error:
            raise UnavailableError(
                f"cannot listen on port {options.port} for gRPC: {error.strerror}",
                where=host,
                fix="stop what uses it, or choose another port (0 lets the system choose)",
            ) from error
        yield msgspec.structs.replace(options, host=host, port=port)


def target_of(options: RpcOptions) -> str | None:
    """Where clients on the same machine find the door, such as ``127.0.0.1:8081``; ``None`` if there is none."""
    if options.port is None:
        return None
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(options.host, options.host)  # noqa: S104  compared, not bound
    return f"[{host}]:{options.port}" if ":" in host else f"{host}:{options.port}"


def _socket(host: str) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return made
