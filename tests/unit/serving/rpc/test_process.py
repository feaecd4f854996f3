"""The server as a process: both doors of it, one log, one count, and several processes on one port."""

import json
import socket
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest

from mainspring.core.errors import MainspringError, UnavailableError
from mainspring.serving import Client, ServerProcess, read_log
from mainspring.serving.problems import UnauthenticatedError
from mainspring.serving.rpc.client import RpcClient
from mainspring.serving.rpc.options import RpcOptions
from mainspring.serving.rpc.places import reserved, target_of
from mainspring.serving.security import key_file


def metrics(url: str) -> str:
    with urllib.request.urlopen(f"{url}/metrics", timeout=20) as answer:
        return answer.read().decode()


def test_both_doors_give_the_same_answers_and_are_counted_and_logged_alike(
    started: Callable[..., ServerProcess], tmp_path: Path, row: Any
) -> None:
    server = started(options=["--grpc-port", "0"], log_folder=tmp_path / "log")
    plain = {name: values[0] for name, values in row.items()}
    with RpcClient(server.rpc) as rpc, Client(server.url) as http:
        assert rpc.ready()
        answer = rpc.infer("taxi", row, request_id="by grpc")
        [expected] = http.predict("taxi", [plain], probabilities=True)
        assert answer["label"].tolist() == [expected["label"]]
        assert answer["probabilities"][0].tolist() == list(expected["probabilities"].values())
        assert rpc.metadata("taxi") == http.metadata("taxi")
        with pytest.raises(MainspringError):
            rpc.infer("taxi", {**row, "fare": ["x"]})
    counted = metrics(server.url)
    assert 'mainspring_requests_total{model="taxi",version="1.0.0",protocol="grpc",code="200"} 1' in counted
    assert 'mainspring_requests_total{model="taxi",version="1.0.0",protocol="grpc",code="400"} 1' in counted
    assert server.stop() == 0
    records = list(read_log(tmp_path / "log"))
    assert [(one.protocol, one.status) for one in records] == [("grpc", 200), ("v1", 200), ("grpc", 400)]
    assert records[0].id == "by grpc"
    assert records[0].columns == records[1].columns
    assert records[0].outputs == records[1].outputs


def test_at_a_signal_what_is_in_flight_is_finished(
    started: Callable[..., ServerProcess], rule: Any, tmp_path: Path, row: Any
) -> None:
    server = started(rule.write(tmp_path / "slow", sleep=0.8), options=["--grpc-port", "0"])
    answers: list[Any] = []
    with RpcClient(server.rpc) as client:
        asking = threading.Thread(target=lambda: answers.append(client.infer("taxi", row)))
        asking.start()
        time.sleep(0.4)  # until it is asked; the model takes longer
        assert server.stop() == 0
        asking.join()
        assert answers[0]["label"].tolist() == ["yes"]


@pytest.mark.slow
def test_several_processes_answer_on_one_port_and_load_alike(
    started: Callable[..., ServerProcess], rule: Any, tmp_path: Path, row: Any
) -> None:
    rule.write(tmp_path / "models" / "other" / "1")
    config = tmp_path / "server.json"
    config.write_text(
        json.dumps({"workers": 2, "rpc": {"port": 0}, "repository": {"folder": str(tmp_path / "models")}})
    )
    server = started(options=["--config", str(config)])
    for _ in range(40):
        with RpcClient(server.rpc) as client:
            client.infer("taxi", row)
    counts, moments = set(), set()
    for _ in range(40):
        with RpcClient(server.rpc) as client:
            [one] = client.call("ModelStatistics", name="taxi").model_stats
            counts.add(one.inference_count)
            moments.add(one.last_inference)
    assert counts == {40}  # whichever process is asked
    assert len(moments) == 2  # when it was asked last, each knows of itself
    with RpcClient(server.rpc) as client:
        client.call("RepositoryModelLoad", model_name="other")
    for _ in range(20):
        with RpcClient(server.rpc) as client:
            assert client.infer("other", row)["label"].tolist() == ["yes"]


def test_a_port_is_held_and_a_taken_one_is_said_to_be() -> None:
    with reserved(RpcOptions(), "127.0.0.1") as none:
        assert none.port is None
        assert target_of(none) is None
    with reserved(RpcOptions(port=0), "127.0.0.1") as options:
        assert options.port
        assert target_of(options) == f"127.0.0.1:{options.port}"
        with reserved(options, "127.0.0.1") as again:  # as long as nobody listens, it may be held twice
            assert again == options
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as other:
        port = other.getsockname()[1]
        with (
            pytest.raises(UnavailableError, match=f"cannot listen on port {port} for gRPC"),
            reserved(RpcOptions(port=port), "127.0.0.1"),
        ):
            pass


@pytest.mark.parametrize(("host", "target"), [("0.0.0.0", "127.0.0.1:7"), ("::", "[::1]:7"), ("a.b", "a.b:7")])
def test_clients_on_the_same_machine_find_it(host: str, target: str) -> None:
    assert target_of(RpcOptions(port=7, host=host)) == target


@pytest.mark.slow
def test_the_keys_and_the_certificate_of_the_server_count_for_both_doors(
    started: Callable[..., ServerProcess], certificates: Path, tmp_path: Path, row: Any
) -> None:
    _, key = key_file.new(tmp_path / "keys.yaml", "ann")
    config = tmp_path / "server.json"
    tls = {"certificate": str(certificates / "server.pem"), "key": str(certificates / "server.key")}
    config.write_text(
        json.dumps({"rpc": {"port": 0}, "security": {"keys": str(tmp_path / "keys.yaml"), "tls": tls}})
    )
    ours = str(certificates / "ca.pem")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", ours)
        server = started(options=["--config", str(config), "--host", "localhost"])
    encrypted = grpc.ssl_channel_credentials((certificates / "ca.pem").read_bytes())
    with RpcClient(server.rpc, credentials=encrypted) as client, pytest.raises(UnauthenticatedError):
        client.infer("taxi", row)
    with RpcClient(server.rpc, credentials=encrypted, headers={"x-api-key": key}) as client:
        assert client.infer("taxi", row)["label"].tolist() == ["yes"]
