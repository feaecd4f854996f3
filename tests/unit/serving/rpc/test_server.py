"""The server itself: ports, sizes, compression, encryption, who is let in, and how it ends."""

import asyncio
import queue
import shutil
import socket
import ssl
import threading
import time
from pathlib import Path
from typing import Any

import grpc
import pytest

from mainspring.core.errors import InputError, UnavailableError
from mainspring.serving.caller import Scope
from mainspring.serving.dispatch import Dispatcher
from mainspring.serving.predictor import Predictor
from mainspring.serving.problems import BusyError, ForbiddenError, UnauthenticatedError
from mainspring.serving.repository import Repository
from mainspring.serving.rpc.client import RpcClient
from mainspring.serving.rpc.messages import HEALTH, INFERENCE, request_of, response_of
from mainspring.serving.rpc.options import RpcOptions
from mainspring.serving.rpc.server import RpcServer
from mainspring.serving.security import key_file
from mainspring.serving.security.gatekeeper import Gatekeeper
from mainspring.serving.security.options import ClientCertificate, SecurityOptions, Tls


@pytest.fixture
def models(predictor: Predictor) -> Repository:
    return Repository.of([predictor])


def test_g6_a_message_over_the_limit_is_refused(serve: Any, models: Repository, row: Any) -> None:
    running = serve(models, RpcOptions(port=0, max_message=2048))
    with RpcClient(running.target) as client:
        assert client.infer("taxi", row)["label"].tolist() == ["yes"]
        with pytest.raises(BusyError, match="larger than max"):
            client.infer("taxi", {**row, "company": ["A" * 4096]})
        assert client.infer("taxi", row)["label"].tolist() == ["yes"]


def test_g6_a_message_that_grows_when_it_is_decompressed_is_refused(serve: Any, models: Repository) -> None:
    running = serve(models, RpcOptions(port=0, max_message=1 << 20))
    with RpcClient(running.target) as client:
        ask = client._channel.unary_unary(f"/{INFERENCE}/ModelInfer")
        with pytest.raises(grpc.RpcError) as caught:
            ask(bytes(4 << 20), compression=grpc.Compression.Gzip)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert running.told == []


@pytest.mark.parametrize("compression", ["deflate", "gzip"])
def test_requests_and_answers_may_be_compressed(
    serve: Any, models: Repository, row: Any, compression: str
) -> None:
    running = serve(models, RpcOptions(port=0, compression=compression))
    kind = {"deflate": grpc.Compression.Deflate, "gzip": grpc.Compression.Gzip}[compression]
    with grpc.insecure_channel(running.target, compression=kind) as channel, RpcClient(running.target) as client:
        client._channel = channel
        answer = client.infer("taxi", {name: values * 200 for name, values in row.items()})
    assert answer["label"].tolist() == ["yes"] * 200


def test_calls_over_the_limit_are_told_to_come_later(serve: Any, gated: Any, row: Any) -> None:
    slow, gate = gated
    running = serve(Repository.of([slow]), RpcOptions(port=0, max_calls=1))
    with RpcClient(running.target) as client:
        first = threading.Thread(target=client.infer, args=("slow", row))
        first.start()
        while not any(one.in_flight for one in running.dispatcher.repository):
            time.sleep(0.001)
        with pytest.raises(BusyError):
            client.infer("slow", row)
        gate.set()
        first.join()


def test_a_port_that_is_taken_is_said_to_be(models: Repository) -> None:
    async def start(port: int) -> None:
        async with RpcServer(Dispatcher(models), RpcOptions(port=port)).running():
            pass

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UnavailableError, match=f"cannot listen on port {port}"):
            asyncio.run(start(port))


@pytest.mark.skipif(not hasattr(socket, "SO_REUSEPORT"), reason="this system has no SO_REUSEPORT")
def test_g6_several_servers_share_one_port(serve: Any, models: Repository, row: Any) -> None:
    first = serve(models, shared=True)
    second = serve(models, RpcOptions(port=first.port), shared=True)
    for _ in range(200):
        with RpcClient(first.target) as client:
            client.infer("taxi", row)
        if first.told and second.told:
            return
    pytest.fail("all connections went to one of the two")


def test_g6_a_client_that_is_not_there_any_more_is_let_go_of(serve: Any, models: Repository, row: Any) -> None:
    running = serve(models, RpcOptions(port=0, keepalive=0.05, keepalive_timeout=0.2))
    with RpcClient(running.target) as client:
        client.infer("taxi", row)
        # This one shakes hands, and then does not answer when it is asked.
        with socket.create_connection(("127.0.0.1", running.port), timeout=20) as silent:
            settings, taken = bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]), bytes([0, 0, 0, 4, 1, 0, 0, 0, 0])
            silent.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings + taken)
            said = b""
            while part := silent.recv(4096):
                said += part
        assert b"ping_timeout" in said
        client.infer("taxi", row)


def tls_of(folder: Path, **options: Any) -> Tls:
    return Tls(certificate=str(folder / "server.pem"), key=str(folder / "server.key"), **options)


def credentials(folder: Path, client: str = "") -> grpc.ChannelCredentials:
    def read(name: str) -> bytes | None:
        return (folder / name).read_bytes() if client else None

    return grpc.ssl_channel_credentials(
        (folder / "ca.pem").read_bytes(), read(f"{client}.key"), read(f"{client}.pem")
    )


def test_g6_tls(serve: Any, models: Repository, row: Any, certificates: Path) -> None:
    running = serve(models, tls=tls_of(certificates))
    with RpcClient(f"localhost:{running.port}", credentials=credentials(certificates)) as client:
        assert client.infer("taxi", row)["label"].tolist() == ["yes"]
    with RpcClient(f"localhost:{running.port}", timeout=5) as client, pytest.raises(UnavailableError):
        client.infer("taxi", row)


def test_g6_mtls_tells_who_asks(serve: Any, models: Repository, row: Any, certificates: Path) -> None:
    tls = tls_of(certificates, client_authorities=str(certificates / "ca.pem"), require_client=True)
    rule = ClientCertificate(subject="CN=ann", scopes=(Scope.INFERENCE,))
    gatekeeper = Gatekeeper(SecurityOptions(certificates=(rule,), tls=tls))
    running = serve(models, tls=tls, gatekeeper=gatekeeper)
    target = f"localhost:{running.port}"
    with RpcClient(target, credentials=credentials(certificates, "client")) as client:
        client.infer("taxi", row)
        with pytest.raises(ForbiddenError, match="'ann' may not manage models"):
            client.call("RepositoryModelUnload", model_name="taxi")
    assert running.told[-1].caller.name == "ann"
    with (
        RpcClient(target, credentials=credentials(certificates), timeout=5) as client,
        pytest.raises(UnavailableError),
    ):
        client.infer("taxi", row)


def test_g6_a_renewed_certificate_is_shown_without_a_new_start(
    serve: Any, models: Repository, row: Any, certificates: Path, tmp_path: Path
) -> None:
    for name in ("ca.pem", "server.pem", "server.key"):
        shutil.copy(certificates / name, tmp_path / name)
    running = serve(models, tls=tls_of(tmp_path, look_again=0.01))
    before = shown(running.port)
    for kind in ("pem", "key"):
        shutil.copy(certificates / f"renewed.{kind}", tmp_path / f"new.{kind}")
        (tmp_path / f"new.{kind}").replace(tmp_path / f"server.{kind}")
    deadline = time.monotonic() + 20
    while shown(running.port) == before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert shown(running.port) != before
    with RpcClient(f"localhost:{running.port}", credentials=credentials(certificates)) as client:
        assert client.infer("taxi", row)["label"].tolist() == ["yes"]


def shown(port: int) -> bytes:
    """The certificate that a server shows."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    with socket.create_connection(("127.0.0.1", port), timeout=20) as raw, context.wrap_socket(raw) as wrapped:
        return wrapped.getpeercert(binary_form=True) or b""


@pytest.mark.parametrize(
    ("options", "piece"),
    [
        ({"minimum": "1.3"}, "TLS 1.3 only"),
        ({"key_password": "x"}, "without a password"),
        ({"require_client": True}, "nobody is named who may sign it"),
        ({"client_authorities": "missing"}, "cannot be used"),
    ],
)
def test_what_grpc_cannot_do_is_said_at_the_start(
    serve: Any, models: Repository, certificates: Path, options: Any, piece: str
) -> None:
    with pytest.raises(InputError, match=piece):
        serve(models, tls=tls_of(certificates, **options))


@pytest.fixture
def keys(tmp_path: Path) -> tuple[SecurityOptions, str]:
    """Options with a file of one key, which may ask only models that begin with t; and the key."""
    file = tmp_path / "keys.yaml"
    _, key = key_file.new(file, "ann", models=["t*"])
    return SecurityOptions(keys=str(file)), key


def test_a_key_is_asked_for_and_says_what_may_be_done(
    serve: Any, rule: Any, predictor: Predictor, row: Any, keys: tuple[SecurityOptions, str]
) -> None:
    options, key = keys
    other = Predictor(rule.package(), name="other", version="1")
    running = serve(Repository.of([predictor, other]), gatekeeper=Gatekeeper(options))
    with RpcClient(running.target) as client:
        for ask in (
            lambda: client.infer("taxi", row),
            lambda: list(client.infer_stream("taxi", [row])),
            lambda: client.metadata("taxi"),
            lambda: client.call("RepositoryIndex"),
            lambda: client.call("RepositoryModelLoad", model_name="taxi"),
        ):
            with pytest.raises((UnauthenticatedError, UnavailableError), match="say who they are"):
                ask()
        assert client.ready()
        assert [call.status for call in running.told] == [401, 401]
    with RpcClient(running.target, headers={"authorization": f"Bearer {key}"}) as client:
        assert client.infer("taxi", row)["label"].tolist() == ["yes"]
        assert running.told[-1].caller.name == "ann"
        assert [one.name for one in client.call("RepositoryIndex").models] == ["taxi"]
        assert [one.name for one in client.call("ModelStatistics").model_stats] == ["taxi"]
        for ask in (lambda: client.infer("other", row), lambda: client.metadata("other")):
            with pytest.raises(ForbiddenError, match="'ann' may not ask model 'other'"):
                ask()
        with pytest.raises(ForbiddenError, match="'ann' may not manage models"):
            client.call("RepositoryModelUnload", model_name="taxi")
        [answer] = client.infer_stream("other", [row])
        assert "may not ask model 'other'" in str(answer)
    with (
        RpcClient(running.target, headers={"x-api-key": "wrong" * 8}) as client,
        pytest.raises(UnauthenticatedError, match="not known here"),
    ):
        client.infer("taxi", row)


def test_at_the_end_what_is_in_flight_is_finished_and_no_more_is_taken(serve: Any, gated: Any, row: Any) -> None:
    slow, gate = gated
    running = serve(Repository.of([slow]))
    waiting: queue.Queue[Any] = queue.Queue()  # the stream stays open: more might come
    waiting.put(row)
    alone: list[Any] = []
    streamed: list[Any] = []

    def stream(client: RpcClient) -> None:
        try:
            streamed.extend(client.infer_stream("slow", iter(waiting.get, None)))
        except UnavailableError as error:
            streamed.append(error)

    with RpcClient(running.target) as client, grpc.insecure_channel(running.target) as channel:
        watching = channel.unary_stream(
            f"/{HEALTH}/Watch",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=response_of(HEALTH, "Watch").FromString,
        )(request_of(HEALTH, "Watch")())
        assert next(watching).status == 1
        threads = [
            threading.Thread(target=lambda: alone.append(client.infer("slow", row))),
            threading.Thread(target=stream, args=(client,)),
        ]
        for thread in threads:
            thread.start()
        served = next(iter(running.dispatcher.repository))
        while served.in_flight < 2:
            time.sleep(0.001)
        threads.append(threading.Thread(target=running.stop))
        threads[-1].start()
        assert [one.status for one in watching] == [2]
        gate.set()
        for thread in threads:
            thread.join(20)
        with pytest.raises(UnavailableError):
            client.infer("slow", row)
    waiting.put(None)
    assert [one["label"].tolist() for one in alone] == [["yes"]]
    assert streamed[0]["label"].tolist() == ["yes"]
    assert isinstance(streamed[1], UnavailableError)
    assert "being stopped" in str(streamed[1])
    assert served.in_flight == 0
    assert [call.status for call in running.told] == [200, 200]
