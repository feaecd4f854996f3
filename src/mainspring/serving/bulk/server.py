"""A served model as what answers a run: asked over several connections, again when it is busy, in order."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final
from urllib.parse import quote

import numpy as np

from mainspring.core.errors import InputError, MainspringError, NotFoundError, UnavailableError
from mainspring.models.signature import Field, Signature
from mainspring.serving.asserting import ASSERTIONS, ERROR
from mainspring.serving.bulk.expectations import Expectations, expectations_of
from mainspring.serving.bulk.scoring import Arrays, Scored, isolated, nothing, spread
from mainspring.serving.bulk.wire import HEADER, answer, question
from mainspring.serving.client import BLOCKED, TOO_MANY, Client
from mainspring.serving.predictor import ModelError
from mainspring.serving.remote import RemotePredictor

ROWS_AT_ONCE: Final = 1000
"""Rows of one request: a server that answers others too is held up by none of them for long."""

_LATER: Final = frozenset({TOO_MANY, 408, 502, 503, 504})
_LONGEST_WAIT: Final = 10.0
_FIRST_WAIT: Final = 0.1
_BINARY: Final = "binary_tensor_data"
_FAILED: Final = 500


class ServerAnswerer:
    """A model that a server serves, in one of its versions. Made by :meth:`connect`."""

    changing = False

    def __init__(
        self,
        url: str,
        name: str,
        version: str,
        signature: Signature,
        *,
        asserting: bool,
        binary: bool,
        connections: int,
        timeout: float,
        patience: float,
    ) -> None:
        self.url, self.name, self.version, self.signature = url, name, version, signature
        self.asserting, self.connections = asserting, connections
        self.expectations: Expectations = expectations_of(signature, {})
        self._binary, self._timeout, self._patience = binary, timeout, patience

    @classmethod
    def connect(
        cls,
        url: str,
        model: str,
        *,
        version: str | None = None,
        connections: int = 4,
        timeout: float = 60.0,
        patience: float = 300.0,
    ) -> ServerAnswerer:
        """Ask a server what a model takes and answers.

        Args:
            url: The prediction server.
            model: The name of the model there.
            version: Its version; the highest without it. Only this one is asked from then on.
            connections: How many requests are under way at a time.
            timeout: Seconds within which one must be answered.
            patience: Seconds for which a server that is busy or away is asked again.

        Raises:
            NotFoundError: If the server has no such model.
            UnavailableError: If it does not answer.
        """
        with RemotePredictor.connect(url, model, version=version, timeout=timeout) as found:
            pinned, signature = found.version, found.signature
        with Client(url, timeout=timeout) as client:
            told = client.metadata(model, version=pinned)
            _, server = client.call("GET", "/v2")
        outputs = {one["name"] for one in told["outputs"]}
        extensions = server.get("extensions", ()) if isinstance(server, dict) else ()
        return cls(
            url,
            model,
            pinned,
            signature,
            asserting=ASSERTIONS in outputs,
            binary=_BINARY in extensions,
            connections=connections,
            timeout=timeout,
            patience=patience,
        )

    @property
    def digest(self) -> str:
        """Where it is asked: a server does not tell the digest of a package."""
        return f"{self.url.rstrip('/')}{_path(self.name, self.version)}"

    def open(self) -> ServerScorer:
        """Make connections ready."""
        return ServerScorer(
            self.url,
            _path(self.name, self.version),
            self.signature,
            asserting=self.asserting,
            binary=self._binary,
            connections=self.connections,
            timeout=self._timeout,
            patience=self._patience,
        )

    def folder(self, work: Path) -> Path | None:
        """None: the work is done by the server."""
        return None


class ServerScorer:
    """Asks a server, over several connections at a time."""

    changing = False

    def __init__(
        self,
        url: str,
        path: str,
        signature: Signature,
        *,
        asserting: bool,
        binary: bool,
        connections: int,
        timeout: float,
        patience: float,
    ) -> None:
        self.signature, self.asserting = signature, asserting
        self._url, self._path, self._binary = url, path, binary
        self._timeout, self._patience = timeout, patience
        self._local = threading.local()
        self._clients: list[Client] = []
        self._pool = ThreadPoolExecutor(connections, thread_name_prefix="ask")
        self._outputs: Sequence[Field] = signature.outputs
        if asserting:
            texts = (Field(name, "BYTES", nullable=False) for name in (ASSERTIONS, ERROR))
            self._outputs = (*signature.outputs, *texts)

    def score(self, columns: Arrays, rows: int) -> Scored:
        """Answer rows; see :class:`~mainspring.serving.bulk.scoring.Scorer`.

        Raises:
            UnavailableError: If the server is busy or away for too long, or does not let us in.
            NotFoundError: If it does not serve this version any more.
        """
        began = time.perf_counter()
        starts = range(0, rows, ROWS_AT_ONCE)
        pieces = [
            {name: values[start : start + ROWS_AT_ONCE] for name, values in columns.items()} for start in starts
        ]
        answered = list(self._pool.map(self._isolated, pieces))
        outputs = {name: np.concatenate([found[name] for found, _ in answered]) for name in answered[0][0]}
        failed = {
            start + place: why
            for start, (_, bad) in zip(starts, answered, strict=True)
            for place, why in bad.items()
        }
        return self._scored(outputs, failed, time.perf_counter() - began)

    def close(self) -> None:
        """Close the connections."""
        self._pool.shutdown()
        for client in self._clients:
            client.close()

    def _scored(self, outputs: Arrays, failed: Mapping[int, str], seconds: float) -> Scored:
        violated: dict[str, int] = {}
        blocked = 0
        if self.asserting:
            for names in outputs[ASSERTIONS].tolist():
                for name in (names or "").split(","):
                    if name:
                        violated[name] = violated.get(name, 0) + 1
            blocked = sum(bool(why) for why in outputs[ERROR].tolist())
        return Scored(
            outputs=outputs, own=outputs, failed=failed, violated=violated, blocked=blocked, seconds=seconds
        )

    def _isolated(self, columns: Arrays) -> tuple[Arrays, dict[int, str]]:
        rows = len(next(iter(columns.values())))
        return isolated(self._ask, columns, rows, self._outputs)

    def _ask(self, columns: Arrays) -> Arrays:
        """One request, and again while the server asks for that or does not answer."""
        head, raw = question(self.signature, columns, binary=self._binary)
        headers = {"content-type": "application/json"}
        if raw:
            headers = {"content-type": "application/octet-stream", HEADER: str(len(head))}
        until, wait = time.monotonic() + self._patience, _FIRST_WAIT
        while True:
            try:
                status, told, data = self._client().exchange("POST", f"{self._path}/infer", head + raw, headers)
            except UnavailableError:
                if time.monotonic() + wait > until:
                    raise
                status, told, data = TOO_MANY, {}, b""
            if status not in _LATER:
                break
            pause = _seconds(told.get("retry-after"), wait)
            if time.monotonic() + pause > until:
                raise UnavailableError(
                    f"the server is busy: it answered {status} for {self._patience:.0f} seconds",
                    where=self._url,
                    fix="ask with fewer connections: --connections 1; what is answered is kept",
                )
            time.sleep(pause)
            wait = min(2 * wait, _LONGEST_WAIT)
        rows = len(next(iter(columns.values())))
        if status == BLOCKED and rows == 1:
            return self._blocked(_error(data))
        if status != 200:
            raise _problem(status, _error(data), self._url)
        return answer(data, told.get(HEADER), self._outputs, rows)

    def _blocked(self, why: str) -> Arrays:
        found = dict(spread(nothing(self._outputs), np.empty(0, dtype=np.int64), 1))
        for name, text in ((ASSERTIONS, ""), (ERROR, why)):
            if name in found:
                found[name][0] = text
        return found

    def _client(self) -> Client:
        """The connection of this thread."""
        client: Client | None = getattr(self._local, "client", None)
        if client is None:
            client = self._local.client = Client(self._url, timeout=self._timeout)
            self._clients.append(client)
        return client


def _path(name: str, version: str) -> str:
    return f"/v2/models/{quote(name, safe='')}/versions/{quote(version, safe='')}"


def _seconds(text: str | None, otherwise: float) -> float:
    """How long a server asks to wait."""
    try:
        return max(0.0, float(text)) if text else otherwise
    except ValueError:  # a date: nobody sends one
        return otherwise


def _error(data: bytes) -> str:
    try:
        value = json.loads(data)
    except ValueError:
        return ""
    return str(value.get("error", "")) if isinstance(value, dict) else ""


def _problem(status: int, text: str, url: str) -> MainspringError:
    told = text or f"the server answered with status {status}"
    if status == 404:
        return NotFoundError(told, where=url)
    if status in (401, 403):
        return UnavailableError(told, where=url)
    return ModelError(told, where=url) if status >= _FAILED else InputError(told, where=url)
