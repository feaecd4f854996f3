"""A small client for the gRPC door of prediction servers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, NoReturn, Self, TypeAlias, cast

import grpc
import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError, MainspringError, NotFoundError, UnavailableError
from mainspring.serving.blocked import BlockedError
from mainspring.serving.problems import (
    BusyError,
    DeadlineError,
    ForbiddenError,
    UnauthenticatedError,
    UnsupportedError,
)
from mainspring.serving.question import Parameter
from mainspring.serving.raw_tensors import DTYPES, write_raw
from mainspring.serving.rpc.contents import array_of, fill
from mainspring.serving.rpc.messages import (
    INFERENCE,
    InferRequest,
    Message,
    StreamResponse,
    request_of,
    response_of,
)
from mainspring.serving.rpc.missing import MISSING, marked, without
from mainspring.serving.rpc.parameters import set_parameters
from mainspring.serving.rpc.statuses import CODE

Columns: TypeAlias = Mapping[str, tuple[str, Sequence[Any] | npt.NDArray[Any]] | Sequence[Any] | npt.NDArray[Any]]
"""Columns by name: an array, a list, or a data type with either."""

_ERRORS: Mapping[grpc.StatusCode, type[MainspringError]] = {
    grpc.StatusCode.INVALID_ARGUMENT: InputError,
    grpc.StatusCode.FAILED_PRECONDITION: InputError,
    grpc.StatusCode.NOT_FOUND: NotFoundError,
    grpc.StatusCode.UNAUTHENTICATED: UnauthenticatedError,
    grpc.StatusCode.PERMISSION_DENIED: ForbiddenError,
    grpc.StatusCode.RESOURCE_EXHAUSTED: BusyError,
    grpc.StatusCode.DEADLINE_EXCEEDED: DeadlineError,
    grpc.StatusCode.UNIMPLEMENTED: UnsupportedError,
}

_DATATYPES = {dtype: name for name, dtype in DTYPES.items() if name != "BF16"}


class RpcClient:
    """A connection to a prediction server, kept open between calls. Safe for threads; a context manager.

    Args:
        target: Of the server, such as ``127.0.0.1:8081``.
        timeout: Seconds within which it must answer.
        headers: Sent with every request.
        credentials: Of an encrypted connection (``grpc.ssl_channel_credentials``).
        raw: Whether tensors are sent as bytes, which is quicker, or as typed values.

    Example:
        .. code-block:: python

            with RpcClient("127.0.0.1:8081") as client:
                client.infer("taxi", {"fare": [12.5, 3.0], "company": ["A", None]})["label"]
    """

    def __init__(
        self,
        target: str,
        *,
        timeout: float = 30.0,
        headers: Mapping[str, str] | None = None,
        credentials: grpc.ChannelCredentials | None = None,
        raw: bool = True,
    ) -> None:
        self.target, self._timeout, self._raw = target, timeout, raw
        self._metadata = tuple((name.lower(), value) for name, value in (headers or {}).items())
        limits = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]
        self._channel = (
            grpc.insecure_channel(target, options=limits)
            if credentials is None
            else grpc.secure_channel(target, credentials, options=limits)
        )

    def infer(
        self,
        model: str,
        columns: Columns,
        *,
        version: str | None = None,
        outputs: Sequence[str] = (),
        parameters: Mapping[str, Parameter] | None = None,
        request_id: str = "",
    ) -> dict[str, npt.NDArray[Any]]:
        """Predict columns; gives every output as an array, of text as an object array.

        Args:
            model: Name of the model.
            columns: Values by column name; ``None`` is a missing value of texts and of numbers.
            version: Version of the model.
            outputs: The outputs wanted, in order; by default all.
            parameters: Sent with the request.
            request_id: Of the request.

        Raises:
            BlockedError: If an assertion blocks the only row.
            InputError: If the server refuses the columns, with its reasons.
            NotFoundError: If it does not serve this model.
            UnavailableError: If it does not answer or fails.
        """
        request = _request(model, columns, version or "", self._raw)
        request.id = request_id
        for name in outputs:
            request.outputs.add(name=name)
        set_parameters(request.parameters, parameters or {})
        return _arrays(self.call("ModelInfer", request))

    def infer_stream(
        self, model: str, batches: Iterable[Columns], *, version: str | None = None
    ) -> Iterator[dict[str, npt.NDArray[Any]] | MainspringError]:
        """Predict many batches over one stream; gives their outputs in order, and the error of one that failed.

        Raises:
            UnavailableError: If the stream ends before all are answered.
        """
        call: grpc.StreamStreamMultiCallable[Message, Message] = self._channel.stream_stream(
            f"/{INFERENCE}/ModelStreamInfer",
            request_serializer=lambda request: request.SerializeToString(),
            response_deserializer=StreamResponse.FromString,
        )
        requests = (_request(model, columns, version or "", self._raw) for columns in batches)
        try:
            for response in call(requests, metadata=self._metadata):
                if response.error_message:
                    yield InputError(response.error_message, where=self.target)
                else:
                    yield _arrays(response.infer_response)
        except grpc.RpcError as error:
            self._fail(error)

    def metadata(self, model: str, *, version: str | None = None) -> dict[str, Any]:
        """The metadata of a model, as :meth:`mainspring.serving.Client.metadata` gives it.

        Raises:
            NotFoundError: If it is not served.
            UnavailableError: If the server does not answer.
        """
        request = request_of(INFERENCE, "ModelMetadata")(name=model, version=version or "")
        found = self.call("ModelMetadata", request)
        return {
            "name": found.name,
            "versions": list(found.versions),
            "platform": found.platform,
            **{
                kind: [{"name": one.name, "datatype": one.datatype, "shape": list(one.shape)} for one in tensors]
                for kind, tensors in (("inputs", found.inputs), ("outputs", found.outputs))
            },
        }

    def ready(self) -> bool:
        """Whether the server takes requests; false if it does not answer."""
        try:
            return bool(self.call("ServerReady", request_of(INFERENCE, "ServerReady")()).ready)
        except MainspringError:
            return False

    def call(self, method: str, request: Message | None = None, **fields: Any) -> Message:
        """Any other call of the service that takes one message, such as ``ModelStatistics``; gives the message.

        Args:
            method: Its name.
            request: The message; by default one of the fields.
            **fields: Of the message.

        Raises:
            MainspringError: As the server says.
        """
        if request is None:
            request = request_of(INFERENCE, method)(**fields)
        ask: grpc.UnaryUnaryMultiCallable[Message, Message] = self._channel.unary_unary(
            f"/{INFERENCE}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=response_of(INFERENCE, method).FromString,
        )
        try:
            return ask(request, timeout=self._timeout, metadata=self._metadata)
        except grpc.RpcError as error:
            self._fail(error)

    def close(self) -> None:
        """Close the connection, for good."""
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _fail(self, error: grpc.RpcError) -> NoReturn:
        call = cast("grpc.Call", error)  # every error of a call is one, and its type does not say so
        code, told = call.code(), dict(call.trailing_metadata() or ())
        kind = BlockedError if told.get(CODE) == BlockedError.code else _ERRORS.get(code, UnavailableError)
        raise kind(call.details() or f"the server answered {code.name}", where=self.target) from error


def _request(model: str, columns: Columns, version: str, raw: bool) -> Message:
    request = InferRequest(model_name=model, model_version=version)
    for name, given in columns.items():
        datatype, values = given if isinstance(given, tuple) else ("", given)
        array = _array(values, datatype)
        tensor = request.inputs.add(name=name, datatype=datatype or _DATATYPES[array.dtype], shape=array.shape)
        if tensor.datatype == "BYTES":
            array, mark = marked(array)
            if mark is not None:
                tensor.parameters[MISSING].string_param = mark
        if raw:
            request.raw_input_contents.append(write_raw(array, tensor.datatype))
        else:
            fill(tensor, array)
    return request


def _array(values: Sequence[Any] | npt.NDArray[Any], datatype: str) -> npt.NDArray[Any]:
    """Values as an array that can be sent.

    Raises:
        InputError: If they are of different kinds.
    """
    if datatype:
        return np.asarray(values, dtype=DTYPES.get(datatype, np.dtype(object)))
    array = np.asarray(values)
    if array.dtype == object and not any(isinstance(value, str | bytes) for value in array.ravel().tolist()):
        array = array.astype(np.float64)  # None among numbers is NaN
    if array.dtype.kind in "US":
        array = array.astype(object)
    if array.dtype.newbyteorder("<") not in _DATATYPES:
        raise InputError(f"values of {array.dtype} cannot be sent", expected="one of " + ", ".join(DTYPES))
    return array.astype(array.dtype.newbyteorder("<"), copy=False)


def _arrays(response: Message) -> dict[str, npt.NDArray[Any]]:
    raw = response.raw_output_contents
    found = {}
    for place, tensor in enumerate(response.outputs):
        array = array_of(tensor, raw[place] if len(raw) else None)
        if MISSING in tensor.parameters:
            array = without(array, tensor.parameters[MISSING].string_param)
        found[tensor.name] = array
    return found
