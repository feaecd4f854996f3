"""What the server tells of itself, of its models and of its repository."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import MessageToDict

from mainspring.core.errors import InputError, MainspringError, NotFoundError
from mainspring.serving.batching import BatchOptions
from mainspring.serving.control import LocalControl
from mainspring.serving.predictor import Predictor
from mainspring.serving.problems import ForbiddenError, UnsupportedError
from mainspring.serving.repository import Folder, Given, ModelOptions, PackageAt, Repository
from mainspring.serving.rpc.client import RpcClient
from mainspring.serving.telemetry import schema
from mainspring.serving.telemetry.registry import Registry


def test_the_server_and_a_model_describe_themselves(client: RpcClient) -> None:
    assert client.call("ServerLive").live
    assert client.call("ServerReady").ready
    server = client.call("ServerMetadata")
    assert server.name == "mainspring"
    assert "binary_tensor_data" in server.extensions
    found = client.metadata("taxi")
    assert found["versions"] == ["1.0.0", "1.10.0"]
    assert found["platform"] == "mainspring_rule"
    assert [(one["name"], one["datatype"], one["shape"]) for one in found["inputs"]] == [
        ("fare", "FP64", [-1]),
        ("hour", "INT64", [-1]),
        ("company", "BYTES", [-1]),
        ("airport", "BOOL", [-1]),
    ]
    assert [one["shape"] for one in found["outputs"]] == [[-1], [-1, 2]]


def test_a_model_is_ready_or_not_and_one_that_is_not_known_is_not_found(client: RpcClient, server: Any) -> None:
    assert client.call("ModelReady", name="taxi").ready
    assert client.call("ModelReady", name="taxi", version="1.0.0").ready
    for version, name in (("7", "taxi"), ("", "taxo")):
        with pytest.raises(NotFoundError):
            client.call("ModelReady", name=name, version=version)
    server.ready = False
    try:
        assert not client.call("ModelReady", name="taxi").ready
        assert not client.ready()
    finally:
        server.ready = True


def test_the_configuration_is_in_tritons_words(client: RpcClient) -> None:
    config = MessageToDict(client.call("ModelConfig", name="fare").config, preserving_proto_field_name=True)
    assert config["name"] == "fare"
    assert config["input"][2] == {"name": "company", "data_type": "TYPE_STRING", "dims": ["-1"]}
    assert config["output"] == [{"name": "prediction", "data_type": "TYPE_FP64", "dims": ["-1"]}]
    assert config["version_policy"] == {"latest": {"num_versions": 1}}
    assert config["platform"] == "mainspring_rule"


def test_statistics_count_what_was_asked(serve: Any, predictor: Any, row: Any) -> None:
    running = serve(Repository.of([predictor]))
    with RpcClient(running.target) as client:
        for _ in range(3):
            client.infer("taxi", {name: values * 2 for name, values in row.items()})
        with pytest.raises(InputError):
            client.infer("taxi", {**row, "fare": ["x"]})
        [one] = client.call("ModelStatistics").model_stats
        assert one == client.call("ModelStatistics", name="taxi", version="1.0.0").model_stats[0]
        with pytest.raises(NotFoundError):
            client.call("ModelStatistics", name="taxo")
    assert (one.name, one.version, one.inference_count, one.execution_count) == ("taxi", "1.0.0", 6, 3)
    assert (one.inference_stats.success.count, one.inference_stats.fail.count) == (3, 1)
    assert 0 < one.inference_stats.compute_infer.ns < one.inference_stats.success.ns
    assert one.last_inference == pytest.approx(running.told[-1].time * 1000, abs=5000)


def test_statistics_tell_batches_by_their_size(serve: Any, predictor: Any, row: Any) -> None:
    models = Repository.of([predictor])
    for served in models:
        served.batching = BatchOptions()
    with RpcClient(serve(models).target) as client:
        for times in (1, 3, 3):
            client.infer("taxi", {name: values * times for name, values in row.items()})
        [one] = client.call("ModelStatistics", name="taxi").model_stats
    assert [(each.batch_size, each.compute_infer.count) for each in one.batch_stats] == [(1, 1), (3, 2)]
    assert all(each.compute_infer.ns > 0 and not each.compute_input.ns for each in one.batch_stats)
    assert one.execution_count == 3


def test_statistics_are_those_of_all_processes(serve: Any, predictor: Any) -> None:
    registry = Registry()
    registry.counter(schema.ROWS_ANSWERED).labels("taxi", "1.0.0").add(17)
    running = serve(Repository.of([predictor]), figures=registry.snapshot)
    with RpcClient(running.target) as client:
        [one] = client.call("ModelStatistics", name="taxi").model_stats
    assert one.inference_count == 17


def test_settings_that_are_not_set_here_are_unimplemented(client: RpcClient) -> None:
    for method in ("TraceSetting", "LogSettings"):
        with pytest.raises(UnsupportedError, match="cannot be set over gRPC"):
            client.call(method)


def test_a_call_that_nobody_knows_is_unimplemented(server: Any) -> None:
    with grpc.insecure_channel(server.target) as channel:
        for path, piece in (
            ("/inference.GRPCInferenceService/SystemSharedMemoryStatus", "raw_input_contents"),
            ("/a.B/C", "/a.B/C is not offered here"),
        ):
            with pytest.raises(grpc.RpcError) as caught:
                channel.unary_unary(path)(b"")
            assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
            assert piece in caught.value.details()


@pytest.fixture
def repository(serve: Any, rule: ModuleType, tmp_path: Path) -> Iterator[tuple[RpcClient, Any, Path]]:
    """A client of a server with a folder of models, of which one is served from the start."""
    for name in ("taxi", "other"):
        rule.write(tmp_path / "models" / name / "1")

    def open_rule(at: PackageAt, options: ModelOptions) -> Predictor:
        return Predictor(
            rule.RulePackage.load(at.folder), name=at.name, version=at.version, threads=options.threads
        )

    given = Given([PackageAt(tmp_path / "models" / "taxi" / "1", "first")])
    models = Repository(open_rule, [given, Folder(tmp_path / "models")])
    models.load_all()
    running = serve(models, control=LocalControl(models))
    with RpcClient(running.target) as client:
        yield client, running, tmp_path / "models"


def states(client: RpcClient, **fields: Any) -> dict[str, str]:
    return {one.name: one.state for one in client.call("RepositoryIndex", **fields).models}


def test_the_index_tells_the_state_of_every_version(repository: Any) -> None:
    client, *_ = repository
    assert states(client) == {"first": "READY", "other": "UNAVAILABLE", "taxi": "UNAVAILABLE"}
    assert states(client, ready=True) == {"first": "READY"}
    assert not client.call("ModelReady", name="other").ready


def test_a_model_is_loaded_asked_and_unloaded(repository: Any, row: Any) -> None:
    client, *_ = repository
    answer = client.call("RepositoryModelLoad", model_name="taxi")
    assert (answer.model_name, answer.isLoaded) == ("taxi", True)
    assert client.infer("taxi", row)["label"].tolist() == ["yes"]
    assert client.call("RepositoryModelUnload", model_name="taxi").isUnloaded
    with pytest.raises(NotFoundError):
        client.infer("taxi", row)


def test_kserves_numbering_of_the_fields_is_understood(repository: Any) -> None:
    client, *_ = repository
    assert client.call("RepositoryModelLoad", repository_name="taxi").isLoaded
    assert states(client)["taxi"] == "READY"


def test_a_load_that_fails_leaves_what_was_served(repository: Any, row: Any) -> None:
    client, _, folder = repository
    client.call("RepositoryModelLoad", model_name="taxi")
    (folder / "taxi" / "1" / "signature.json").write_text("{")
    with pytest.raises(MainspringError):
        client.call("RepositoryModelLoad", model_name="taxi")
    assert client.infer("taxi", row)["label"].tolist() == ["yes"]
    assert any(one.reason for one in client.call("RepositoryIndex").models if one.name == "taxi")


def test_a_model_comes_with_its_files_and_its_options(repository: Any, rule: ModuleType, row: Any) -> None:
    client, _, folder = repository
    files = {
        f"file:1/{path.name}": {"bytes_param": path.read_bytes()} for path in (folder / "taxi" / "1").iterdir()
    }
    config = {"config": {"string_param": '{"labels": {"best": "1"}}'}}
    client.call("RepositoryModelLoad", model_name="brought", parameters={**files, **config})
    assert client.infer("brought", row)["label"].tolist() == ["yes"]
    options = client.call("ModelConfig", name="brought").config.parameters["options"].string_value
    assert json.loads(options)["labels"] == {"best": "1"}


def test_one_version_is_unloaded_alone(repository: Any, rule: ModuleType) -> None:
    client, _, folder = repository
    rule.write(folder / "taxi" / "2")
    config = {"config": {"string_param": '{"versions": {"specific": ["1", "2"]}}'}}
    client.call("RepositoryModelLoad", model_name="taxi", parameters=config)
    assert client.metadata("taxi")["versions"] == ["1", "2"]
    policy = client.call("ModelConfig", name="taxi").config.version_policy
    assert list(policy.specific.versions) == [1, 2]
    client.call("RepositoryModelUnload", model_name="taxi", parameters={"version": {"string_param": "2"}})
    assert client.metadata("taxi")["versions"] == ["1"]
    with pytest.raises(InputError, match="parameters of the request are wrong: x"):
        client.call("RepositoryModelUnload", model_name="taxi", parameters={"x": {"bool_param": True}})


def test_wrong_orders_are_refused_with_the_reason(repository: Any) -> None:
    client, *_ = repository
    for fields, piece in (
        ({}, "names no model"),
        ({"model_name": "taxi/2"}, "'taxi/2' is no name for a model"),
        (
            {"model_name": "taxi", "parameters": {"x": {"bool_param": True}}},
            "parameters of the request are wrong: x",
        ),
        ({"model_name": "taxi", "parameters": {"config": {"string_param": "{"}}}, "config is wrong"),
        ({"model_name": "taxi", "parameters": {"config": {"bool_param": True}}}, "expected: config, a text"),
    ):
        with pytest.raises(InputError, match=piece):
            client.call("RepositoryModelLoad", **fields)
    with pytest.raises(NotFoundError):
        client.call("RepositoryModelLoad", model_name="taxo")
    with pytest.raises(NotFoundError):
        client.call("RepositoryModelUnload", model_name="taxo")
    with pytest.raises(InputError, match="'taxi/2' is no name for a model"):
        client.call("RepositoryModelUnload", model_name="taxi/2")


def test_orders_that_were_passed_on_from_elsewhere_are_refused(repository: Any) -> None:
    client, running, _ = repository
    with (
        RpcClient(running.target, headers={"x-forwarded-for": "203.0.113.9"}) as other,
        pytest.raises(ForbiddenError, match="same machine"),
    ):
        other.call("RepositoryModelLoad", model_name="taxi")
    assert states(client)["taxi"] == "UNAVAILABLE"


def test_a_server_without_orders_says_so(client: RpcClient) -> None:
    with pytest.raises(UnsupportedError, match="neither be loaded nor unloaded"):
        client.call("RepositoryModelLoad", model_name="taxi")
