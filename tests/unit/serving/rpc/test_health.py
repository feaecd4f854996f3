"""The health protocol of gRPC, and reflection, as the tools of gRPC ask for them."""

from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool

from mainspring.serving.repository import Repository
from mainspring.serving.rpc.messages import (
    HEALTH,
    INFERENCE,
    REFLECTION,
    REFLECTION_ALPHA,
    request_of,
    response_of,
)
from mainspring.serving.rpc.options import RpcOptions

SERVING, NOT_SERVING, UNKNOWN = 1, 2, 3


@pytest.fixture
def channel(server: Any) -> Iterator[grpc.Channel]:
    server.ready = True
    with grpc.insecure_channel(server.target) as channel:
        yield channel
    server.ready = True


def ask(channel: grpc.Channel, method: str, **fields: Any) -> Any:
    call = channel.unary_unary(
        f"/{HEALTH}/{method}",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=response_of(HEALTH, method).FromString,
    )
    return call(request_of(HEALTH, method)(**fields), timeout=20)


def test_g5_check_tells_of_the_server_the_service_and_the_models(channel: grpc.Channel, server: Any) -> None:
    for service in ("", INFERENCE, "taxi", "slow"):
        assert ask(channel, "Check", service=service).status == SERVING
    server.ready = False
    for service in ("", INFERENCE, "taxi"):
        assert ask(channel, "Check", service=service).status == NOT_SERVING


def test_g5_check_does_not_find_what_does_not_exist(channel: grpc.Channel) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        ask(channel, "Check", service="taxo")
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    assert "there is no service 'taxo'" in caught.value.details()


def test_g5_list_tells_of_all(channel: grpc.Channel) -> None:
    statuses = ask(channel, "List").statuses
    assert {name: one.status for name, one in statuses.items()} == dict.fromkeys(
        ("", INFERENCE, "taxi", "fare", "slow"), SERVING
    )


def test_g5_watch_tells_every_change(channel: grpc.Channel, server: Any) -> None:
    call = channel.unary_stream(
        f"/{HEALTH}/Watch",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=response_of(HEALTH, "Watch").FromString,
    )
    following = call(request_of(HEALTH, "Watch")(service=""))
    assert next(following).status == SERVING
    server.ready = False
    assert next(following).status == NOT_SERVING
    server.ready = True
    assert next(following).status == SERVING
    following.cancel()
    unknown = call(request_of(HEALTH, "Watch")(service="taxo"))
    assert next(unknown).status == UNKNOWN
    unknown.cancel()


def test_g5_zero_models_are_not_ready(serve: Any) -> None:
    running = serve(Repository.of([]))
    with grpc.insecure_channel(running.target) as channel:
        assert ask(channel, "Check").status == NOT_SERVING


def reflected(channel: grpc.Channel, service: str, **question: Any) -> Any:
    call = channel.stream_stream(
        f"/{service}/ServerReflectionInfo",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=response_of(service, "ServerReflectionInfo").FromString,
    )
    request = request_of(service, "ServerReflectionInfo")(**question)
    [response] = call(iter([request]))
    return response


@pytest.mark.parametrize("service", [REFLECTION, REFLECTION_ALPHA])
def test_reflection_tells_enough_to_call_the_service(channel: grpc.Channel, service: str) -> None:
    listed = reflected(channel, service, list_services="")
    assert {one.name for one in listed.list_services_response.service} == {
        INFERENCE,
        HEALTH,
        REFLECTION,
        REFLECTION_ALPHA,
    }
    response = reflected(channel, service, file_containing_symbol=INFERENCE)
    pool = DescriptorPool()
    for data in reversed(response.file_descriptor_response.file_descriptor_proto):
        pool.Add(FileDescriptorProto.FromString(data))
    methods = pool.FindServiceByName(INFERENCE).methods_by_name
    assert methods["ModelInfer"].input_type.fields_by_name["raw_input_contents"].number == 7
    by_name = reflected(channel, service, file_by_filename="health.proto")
    assert len(by_name.file_descriptor_response.file_descriptor_proto) == 1


def test_reflection_says_what_it_does_not_know(channel: grpc.Channel) -> None:
    missing = reflected(channel, REFLECTION, file_containing_symbol="a.b")
    assert missing.error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]
    other = reflected(channel, REFLECTION, all_extension_numbers_of_type="inference.ModelInferRequest")
    assert other.error_response.error_code == grpc.StatusCode.UNIMPLEMENTED.value[0]


def test_reflection_can_be_left_out(serve: Any, predictor: Any) -> None:
    running = serve(Repository.of([predictor]), RpcOptions(port=0, reflection=False))
    with grpc.insecure_channel(running.target) as channel, pytest.raises(grpc.RpcError) as caught:
        reflected(channel, REFLECTION, list_services="")
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
