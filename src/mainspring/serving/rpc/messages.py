"""The messages and services that are spoken here, made from the files in ``protos`` when this module is imported.

They live in a pool of their own: the stubs of Triton's and KServe's clients define messages of the same names in
the common one, and may be imported into the same process before or after.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from mainspring.serving.problems import MalformedError
from mainspring.serving.rpc.definitions import read_definitions

Message: TypeAlias = Any  # made at run time: no checker knows its fields
MessageClass: TypeAlias = Any  # likewise

FOLDER = Path(__file__).with_name("protos")
"""The definitions, as others may compile them."""

INFERENCE = "inference.GRPCInferenceService"
HEALTH = "grpc.health.v1.Health"
REFLECTION = "grpc.reflection.v1.ServerReflection"
REFLECTION_ALPHA = "grpc.reflection.v1alpha.ServerReflection"
"""The name under which older tools ask for the same."""


def _files() -> Mapping[str, FileDescriptorProto]:
    """Every file by its name, each after those that it imports."""
    names = ("model_config.proto", "inference.proto", "health.proto", "reflection.proto")
    found = {name: read_definitions(name, (FOLDER / name).read_text(encoding="utf-8")) for name in names}
    text = (FOLDER / "reflection.proto").read_text(encoding="utf-8")
    alpha = "reflection_v1alpha.proto"
    found[alpha] = read_definitions(alpha, text.replace("reflection.v1;", "reflection.v1alpha;"))
    return found


FILES: Mapping[str, FileDescriptorProto] = _files()

_OURS = "mainspring.rpc"

_SHALLOW = f"""
syntax = "proto3";
package {_OURS};
message ModelInferRequest {{
  string model_name = 1;
  string model_version = 2;
  string id = 3;
  repeated bytes parameters = 4;
  repeated bytes inputs = 5;
  repeated bytes outputs = 6;
  repeated bytes raw_input_contents = 7;
}}
"""
"""A request for predictions once more, with the messages in it left as bytes."""

POOL = DescriptorPool()
for _file in (*FILES.values(), read_definitions("shallow.proto", _SHALLOW)):
    POOL.AddSerializedFile(_file.SerializeToString())


def message(name: str) -> MessageClass:
    """The class of a message, by its full name."""
    return GetMessageClass(POOL.FindMessageTypeByName(name))


def parsed(kind: MessageClass, data: bytes) -> Message:
    """A message from its bytes.

    Raises:
        MalformedError: If they are none.
    """
    try:
        return kind.FromString(data)
    except DecodeError as error:
        name = kind.DESCRIPTOR.full_name.replace(_OURS, "inference")
        raise MalformedError("the message cannot be read", expected=f"a message {name}") from error


def service(name: str) -> ServiceDescriptor:
    """What a service offers, by its full name."""
    found: ServiceDescriptor = POOL.FindServiceByName(name)
    return found


def request_of(service_name: str, method: str) -> MessageClass:
    """The class of what a method takes."""
    return GetMessageClass(service(service_name).methods_by_name[method].input_type)


def response_of(service_name: str, method: str) -> MessageClass:
    """The class of what a method gives."""
    return GetMessageClass(service(service_name).methods_by_name[method].output_type)


def numbers(name: str) -> Mapping[str, int]:
    """The numbers of an enumeration, by the names of its values."""
    return {value.name: value.number for value in POOL.FindEnumTypeByName(name).values}


InferRequest: MessageClass = message("inference.ModelInferRequest")
ShallowRequest: MessageClass = message(f"{_OURS}.ModelInferRequest")
InferResponse: MessageClass = message("inference.ModelInferResponse")
StreamResponse: MessageClass = message("inference.ModelStreamInferResponse")
