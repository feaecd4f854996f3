"""The definitions mean what those of Triton mean, field by field, and what protoc makes of them."""

import pytest
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FileDescriptor
from tritonclient.grpc import model_config_pb2, service_pb2

from mainspring.core.errors import InputError
from mainspring.serving.rpc.definitions import read_definitions
from mainspring.serving.rpc.messages import POOL

KSERVES = {
    "inference.RepositoryModelLoadResponse.model_name",
    "inference.RepositoryModelLoadResponse.isLoaded",
    "inference.RepositoryModelUnloadResponse.model_name",
    "inference.RepositoryModelUnloadResponse.isUnloaded",
}


def fields(message: Descriptor) -> dict[str, tuple[object, ...]]:
    """Every field of a message and of those in it, with all that matters on the wire and in JSON."""
    found: dict[str, tuple[object, ...]] = {}
    for field in message.fields:
        kind = field.message_type or field.enum_type
        oneof = field.containing_oneof
        found[field.full_name] = (
            field.number,
            field.type,
            field.is_repeated if hasattr(field, "is_repeated") else field.label == field.LABEL_REPEATED,
            kind and kind.full_name,
            field.json_name,
            oneof and oneof.name,
        )
    for nested in message.nested_types:
        found |= fields(nested)
    return found


def enums(message: Descriptor) -> list[EnumDescriptor]:
    return [*message.enum_types, *(one for nested in message.nested_types for one in enums(nested))]


def test_every_field_is_one_of_tritons() -> None:
    ours = [POOL.FindFileByName(name) for name in ("inference.proto", "model_config.proto")]
    theirs = [service_pb2.DESCRIPTOR, model_config_pb2.DESCRIPTOR]

    def of(files: list[FileDescriptor]) -> dict[str, tuple[object, ...]]:
        return {
            name: told
            for file in files
            for one in file.message_types_by_name.values()
            for name, told in fields(one).items()
        }

    found, known = of(ours), of(theirs)
    assert len(found) > 150
    assert {name: told for name, told in found.items() if known.get(name) != told}.keys() == KSERVES


def test_every_number_of_an_enumeration_is_tritons() -> None:
    for message in POOL.FindFileByName("model_config.proto").message_types_by_name.values():
        for enum in enums(message):
            theirs = {
                one.full_name: one
                for file in [model_config_pb2.DESCRIPTOR]
                for m in file.message_types_by_name.values()
                for one in enums(m)
            }
            assert enum.values_by_name.keys() == theirs[enum.full_name].values_by_name.keys()
            for value in enum.values:
                assert theirs[enum.full_name].values_by_name[value.name].number == value.number
    assert {value.name: value.number for value in POOL.FindEnumTypeByName("inference.DataType").values} == dict(
        model_config_pb2.DataType.items()
    )


def test_every_method_is_tritons_and_only_shared_memory_is_missing() -> None:
    ours = POOL.FindServiceByName("inference.GRPCInferenceService").methods_by_name
    theirs = service_pb2.DESCRIPTOR.services_by_name["GRPCInferenceService"].methods_by_name
    assert {name for name in theirs if name not in ours} == {
        f"{kind}SharedMemory{verb}" for kind in ("System", "Cuda") for verb in ("Status", "Register", "Unregister")
    }
    for name, method in ours.items():
        other = theirs[name]
        assert method.input_type.full_name == other.input_type.full_name
        assert method.output_type.full_name == other.output_type.full_name
        assert (method.client_streaming, method.server_streaming) == (
            other.client_streaming,
            other.server_streaming,
        )


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("message A { int64 a = 1 }", "expected: ';'"),
        ("message A { int64 a = x; }", "expected: a number"),
        ("message A {", "ends too early"),
        ("option java_package = 1;", "'option' is not known"),
        ("service S { option x = 1; }", "'option' is not known"),
        ("message A { int64 a = 1 [deprecated=true]; }", "'[' is not known"),
    ],
)
def test_what_is_not_known_is_refused(text: str, piece: str) -> None:
    with pytest.raises(InputError) as caught:
        read_definitions("a.proto", text)
    assert piece in str(caught.value)
    assert "a.proto" in str(caught.value)
