"""A small client for prediction servers, on the standard library alone."""

from __future__ import annotations

import http.client
import json
import os
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote, urlsplit

from mainspring.core.errors import ConflictError, InputError, MainspringError, NotFoundError, UnavailableError
from mainspring.serving.blocked import BlockedError
from mainspring.serving.tracing.current import trace_headers

TOO_MANY = 429
"""The HTTP status of a server that is busy: ask again later."""

EXPLAINS = "x-mainspring-explains"
"""The header of requests whose rows were made up to explain others; they are no sample of what is asked."""

BLOCKED = 422
"""The HTTP status of an answer that an assertion of the model forbids."""

_PIECE: Final = 64 * 1024

_KINDS: Final[Mapping[int, type[MainspringError]]] = {
    404: NotFoundError,
    409: ConflictError,
    BLOCKED: BlockedError,
}

KEY_VARIABLE = "MAINSPRING_API_KEY"
"""The environment variable with the key that servers are asked with."""


class Client:
    """A connection to a prediction server, kept open between calls. Not safe for threads; a context manager.

    Args:
        url: Of the server, such as ``http://127.0.0.1:8080``.
        timeout: Seconds within which it must answer.
        headers: Sent with every request.
        key: An API key or a token; by default the one in the environment variable ``MAINSPRING_API_KEY``, if there
            is one, and ``""`` for none.
        most: The bytes that an answer may have; by default as many as it has.

    Attributes:
        last_id: The id of the last request, which feedback about it names.

    Raises:
        InputError: If the URL is not one of a server.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float = 30.0,
        headers: Mapping[str, str] | None = None,
        key: str | None = None,
        most: int | None = None,
    ) -> None:
        parts = urlsplit(url if "//" in url else f"//{url}", scheme="http")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError(f"{url!r} is not the address of a server", expected="http://HOST:PORT")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self.url, self.last_id, self._most, self._timeout = url, "", most, timeout
        key = os.environ.get(KEY_VARIABLE, "").strip() if key is None else key
        self._headers = {**({"authorization": f"Bearer {key}"} if key else {}), **(headers or {})}
        self._prefix = parts.path.rstrip("/")
        self._connection = kind(parts.hostname, parts.port, timeout=timeout)

    def call(self, method: str, path: str, value: object = None) -> tuple[int, Any]:
        """Send JSON and read JSON; gives the status and the value.

        Raises:
            InputError: If the value is not one that JSON can hold.
            UnavailableError: If the server does not answer.
        """
        body = None if value is None else _encoded(value)
        headers = {} if body is None else {"content-type": "application/json"}
        status, _, data = self.exchange(method, path, body, headers)
        try:
            return status, json.loads(data) if data else None
        except ValueError as error:
            raise UnavailableError("the server answered something that is not JSON", where=self.url) from error

    def exchange(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Send bytes and read bytes; gives the status, the headers (names in lower case) and the body.

        Raises:
            UnavailableError: If the server does not answer.
        """
        fresh = self._connection.sock is None
        try:
            return self._exchange(method, self._prefix + path, body, headers)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
            # An idle connection may have been closed meanwhile; predictions may be asked twice.
            self.close()
            if fresh:
                raise self._silent(error) from error
            return self.exchange(method, path, body, headers)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise self._silent(error) from error

    def predict(
        self,
        model: str,
        rows: Sequence[Mapping[str, Any]],
        *,
        version: str | None = None,
        probabilities: bool = False,
    ) -> list[Any]:
        """Predict rows (KServe V1): a label or number per row, or an object with the label and its probabilities;
        ``None`` for a row that an assertion blocks.

        Raises:
            BlockedError: If an assertion blocks the only row.
            InputError: If the server refuses the rows, with its reasons.
            NotFoundError: If it does not serve this model.
            UnavailableError: If it does not answer or fails.
        """
        predictions: list[Any] = self.ask(model, rows, version=version, probabilities=probabilities)["predictions"]
        return predictions

    def ask(
        self,
        model: str,
        rows: Sequence[Mapping[str, Any]],
        *,
        version: str | None = None,
        probabilities: bool = False,
    ) -> dict[str, Any]:
        """Predict rows (KServe V1), and get everything that is said of them: ``predictions``, and of a model with
        assertions also ``assertions`` (those that each row violates) and ``errors`` (why a row has no answer).

        Raises:
            BlockedError: If an assertion blocks the only row.
            InputError: If the server refuses the rows, with its reasons.
            NotFoundError: If it does not serve this model.
            UnavailableError: If it does not answer or fails.
        """
        value: dict[str, Any] = {"instances": [dict(row) for row in rows]}
        if probabilities:
            value["parameters"] = {"probabilities": True}
        answer = self._checked("POST", f"/v1{_place(model, version)}:predict", value)
        found: dict[str, Any] = answer
        return found

    def explain(
        self,
        model: str,
        rows: Sequence[Mapping[str, Any]],
        *,
        version: str | None = None,
        **parameters: Any,
    ) -> list[dict[str, Any]]:
        """Explain the answers to rows (KServe V1): ``method``, ``type``, ``text`` and ``data`` of each.

        Args:
            model: Name of the model.
            rows: The rows.
            version: Version of the model.
            **parameters: ``method``, ``output``, ``wanted``, ``budget_seconds`` and ``budget_rows``.

        Raises:
            InputError: If the server refuses the rows or the question, with its reasons.
            NotFoundError: If it does not serve this model, or does not explain by this method.
            UnavailableError: If it does not answer, is busy, or fails.
        """
        value = {"instances": [dict(row) for row in rows], "parameters": parameters}
        found: list[dict[str, Any]] = self._checked("POST", f"/v1{_place(model, version)}:explain", value)[
            "explanations"
        ]
        return found

    def infer(
        self, model: str, columns: Mapping[str, tuple[str, Sequence[Any]]], *, version: str | None = None
    ) -> dict[str, list[Any]]:
        """Predict columns (Open Inference Protocol); gives every output as a list, matrices as lists of rows.

        Args:
            model: Name of the model.
            columns: Data type and values by column name; they are sent in this order.
            version: Version of the model.

        Raises:
            InputError: If the server refuses the columns, with its reasons.
            NotFoundError: If it does not serve this model.
            UnavailableError: If it does not answer or fails.
        """
        tensors = [
            {"name": name, "shape": [len(values)], "datatype": datatype, "data": list(values)}
            for name, (datatype, values) in columns.items()
        ]
        answer = self._checked("POST", f"/v2{_place(model, version)}/infer", {"inputs": tensors})
        return {output["name"]: _shaped(output["data"], output["shape"]) for output in answer["outputs"]}

    def feedback(
        self,
        model: str,
        request: str,
        *,
        truth: object = None,
        reward: object = None,
        row: int | None = None,
        time: float | None = None,
        version: str | None = None,
        **values: object,
    ) -> dict[str, int]:
        """Tell what became known of an answer; gives how much was accepted, was known already, and is pending.

        Telling the same twice does no harm, and what became known later counts.

        Args:
            model: The model that answered.
            request: The id of the request: see :attr:`last_id`.
            truth: What would have been right; a list for one value per row.
            reward: How good the answer was; a list for one number per row.
            row: The row that it is about, from 0; by default all rows of the request.
            time: When it became known, in seconds since the epoch; by default now.
            version: The version that answered.
            **values: What else became known, by name.

        Raises:
            InputError: If the server refuses it, with its reasons.
            UnavailableError: If it does not answer, or keeps no log.
        """
        given = {"id": request, "truth": truth, "reward": reward, "row": row, "time": time, "version": version}
        value: dict[str, Any] = {name: each for name, each in given.items() if each is not None}
        if values:
            value["values"] = values
        return self.tell(model, [value])

    def tell(self, model: str, feedback: Sequence[Mapping[str, Any]]) -> dict[str, int]:
        """Tell much at once; see :meth:`feedback`.

        Args:
            model: The model that answered.
            feedback: Objects with ``id``, and ``truth``, ``reward``, ``row``, ``time``, ``version`` or ``values``.

        Raises:
            InputError: If the server refuses it, with its reasons; then it has taken nothing.
            UnavailableError: If it does not answer, or keeps no log.
        """
        value = {"feedback": [dict(one) for one in feedback]}
        found: dict[str, int] = self._checked("POST", f"/v2{_place(model, None)}/feedback", value)
        return found

    def rollout(self, model: str) -> dict[str, Any]:
        """How the rollout of a model stands: phase, arms with their shares and figures, and what they say.

        Raises:
            NotFoundError: If it has none.
            UnavailableError: If the server does not answer.
        """
        found: dict[str, Any] = self._checked("GET", f"/v2{_place(model, None)}/rollout", None)
        return found

    def rollout_history(self, model: str) -> list[dict[str, Any]]:
        """What was decided about the rollouts of a model, and why, oldest first.

        Raises:
            UnavailableError: If the server does not answer.
        """
        found: list[dict[str, Any]] = self._checked("GET", f"/v2{_place(model, None)}/rollout/history", None)[
            "history"
        ]
        return found

    def act(
        self,
        model: str,
        verb: str,
        *,
        arm: str = "",
        share: float | None = None,
        reason: str = "",
        by: str = "",
        seen: int | None = None,
    ) -> dict[str, Any]:
        """Decide about the rollout of a model; gives what is added to its history.

        Args:
            model: The model.
            verb: ``promote``, ``rollback``, ``hold``, ``resume``, ``advance`` or ``share``.
            arm: Which arm is promoted; by default the candidate of a canary.
            share: How many of a hundred requests the candidate of a canary gets from now on, of ``share``.
            reason: Why.
            by: Who decides, where the server does not know by itself.
            seen: The number of the change up to which they know the rollout; where there is a later one, nothing
                is done.

        Raises:
            NotFoundError: If it has none.
            InputError: If that cannot be done now, with the reason.
            ConflictError: If it has changed since they looked, or at the same moment.
            UnavailableError: If the server does not answer.
        """
        value: dict[str, Any] = {"action": verb, "arm": arm, "reason": reason, "by": by}
        value.update({name: one for name, one in (("share", share), ("seen", seen)) if one is not None})
        found: dict[str, Any] = self._checked("POST", f"/v2{_place(model, None)}/rollout", value)
        return found

    def label(self, model: str, labels: Mapping[str, str]) -> dict[str, str]:
        """Have labels of a model stand for other loaded versions, all at once; gives all its labels.

        Raises:
            NotFoundError: If a version is not loaded.
            UnavailableError: If the server does not answer.
        """
        value = {"labels": dict(labels)}
        found: dict[str, str] = self._checked("POST", f"/v2{_place(model, None)}/rollout", value)["labels"]
        return found

    def metadata(self, model: str, *, version: str | None = None) -> dict[str, Any]:
        """The metadata of a model (Open Inference Protocol).

        Raises:
            NotFoundError: If it is not served.
            UnavailableError: If the server does not answer.
        """
        found: dict[str, Any] = self._checked("GET", f"/v2{_place(model, version)}", None)
        return found

    def ready(self) -> bool:
        """Whether the server takes requests; false if it does not answer."""
        try:
            status, value = self.call("GET", "/v2/health/ready")
        except MainspringError:
            return False
        return status == 200 and value == {"ready": True}

    def close(self) -> None:
        """Close the connection; the next call opens another one."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _exchange(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str], bytes]:
        if self._connection.sock is None:
            self._connection.connect()
        self._connection.request(method, path, body, {**trace_headers(), **self._headers, **headers})
        response = self._connection.getresponse()
        told = {name.lower(): value for name, value in response.getheaders()}
        self.last_id = told.get("x-request-id", "")
        if self._most is None:
            return response.status, told, response.read()
        with response:
            data = self._read(response, self._most + 1)
        if len(data) > self._most:
            self.close()
            raise UnavailableError(
                "the server answered too much", where=self.url, expected=f"at most {self._most} bytes"
            )
        return response.status, told, data

    def _read(self, response: http.client.HTTPResponse, most: int) -> bytes:
        """Up to so many bytes of an answer; one that comes in drops takes no longer than none."""
        data, until = bytearray(), time.monotonic() + self._timeout
        while len(data) < most and (piece := response.read1(min(most - len(data), _PIECE))):
            data += piece
            if time.monotonic() > until:
                raise TimeoutError(f"not all of the answer came within {self._timeout:g} s")
        return bytes(data)

    def _checked(self, method: str, path: str, value: object) -> Any:
        status, answer = self.call(method, path, value)
        if status < 400:
            return answer
        text = answer.get("error") if isinstance(answer, dict) else None
        message = str(text or f"the server answered with status {status}")
        unavailable = status >= 500 or status == TOO_MANY
        kind = _KINDS.get(status, UnavailableError if unavailable else InputError)
        whole, _, fix = message.partition("\n  do: ")  # as errors are written where they are one text
        found, _, expected = whole.partition("\n  expected: ")
        raise kind(found, expected=expected or None, where=self.url, fix=fix or None)

    def _silent(self, error: Exception) -> UnavailableError:
        said = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return UnavailableError(
            f"the server does not answer: {said}",
            where=self.url,
            fix="start it with: mainspring serve NAME",
        )


def predict(
    url: str,
    model: str,
    rows: Sequence[Mapping[str, Any]],
    *,
    version: str | None = None,
    probabilities: bool = False,
) -> list[Any]:
    """Ask a server once; see :meth:`Client.predict`."""
    with Client(url) as client:
        return client.predict(model, rows, version=version, probabilities=probabilities)


def ready(url: str, *, timeout: float = 2.0) -> bool:
    """Whether the server at this address takes requests."""
    with Client(url, timeout=timeout) as client:
        return client.ready()


def _place(model: str, version: str | None) -> str:
    place = "" if version is None else f"/versions/{quote(version, safe='')}"
    return f"/models/{quote(model, safe='')}{place}"


def _encoded(value: object) -> bytes:
    try:
        return json.dumps(value, allow_nan=False, default=_plain).encode("utf-8")
    except (TypeError, ValueError) as error:
        raise InputError(
            f"this cannot be sent as JSON: {error}",
            expected="texts, finite numbers, true, false, and null for a missing value",
        ) from error


def _plain(value: Any) -> Any:
    """Dates and times as ISO 8601, and the scalars of numpy as what they hold."""
    for name in ("isoformat", "item"):
        if hasattr(value, name):
            return getattr(value, name)()
    raise TypeError(f"{type(value).__name__} {value!r}")


def _shaped(data: list[Any], shape: Sequence[int]) -> list[Any]:
    if len(shape) < 2:
        return data
    width = shape[1]
    return [data[start * width : (start + 1) * width] for start in range(shape[0])]
