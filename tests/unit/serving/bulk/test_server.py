"""A served model asked for many rows: over several connections, again when it is busy, in order."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mainspring.core.errors import NotFoundError, UnavailableError
from mainspring.models.signature import Field, Signature
from mainspring.serving.bulk import Options, Progress, ServerAnswerer, Told, run
from mainspring.serving.bulk.server import ServerScorer
from mainspring.serving.server_process import ServerProcess

Rows = Callable[..., Path]
Columns = Callable[[Path], dict[str, list[Any]]]
Expected = Callable[[int], list[str]]
SIGNATURE = Signature.of([Field("x", "FP64"), Field("w", "BYTES")], classes=None)


def test_a_server_answers_a_file_and_goes_on_after_a_stop(
    rows: Rows, started: Callable[..., ServerProcess], tmp_path: Path, columns: Columns, expected: Expected
) -> None:
    url, data, out = started().url, rows(6_000), tmp_path / "answers.parquet"
    options = Options(keep=("id",), part_rows=2_500)
    model = ServerAnswerer.connect(url, "taxi", connections=3)

    def stop(progress: Progress) -> None:
        if progress.done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(data, model, out, options=options, told=Told(progress=stop))
    report = run(data, model, out, options=options)
    assert (report.resumed, report.processes) == (2_500, 3)
    found = columns(out)
    assert found["id"] == list(range(6_000))
    assert found["label"] == expected(6_000)
    assert report.model == {"name": "taxi", "version": "1.0.0", "digest": f"{url}/v2/models/taxi/versions/1.0.0"}


@pytest.mark.slow
def test_rows_on_which_the_served_model_fails_are_found(
    rows: Rows, started: Callable[..., ServerProcess], tmp_path: Path, columns: Columns
) -> None:
    data = rows(2_000, replace="CASE WHEN id IN (5, 1999) THEN 'explode' ELSE company END AS company")
    model = ServerAnswerer.connect(started().url, "taxi")
    run(data, model, tmp_path / "a.parquet", options=Options(errors="null"))
    found = columns(tmp_path / "a.parquet")
    assert [place for place, why in enumerate(found["error"]) if why] == [5, 1_999]
    assert "the model exploded" in found["error"][5]


# A server that says what a test wants it to say


@contextmanager
def serving(answer: Callable[[dict[str, Any]], tuple[int, dict[str, str], Any]]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            status, headers, value = answer(body)
            data = json.dumps(value).encode()
            self.send_response(status)
            for name, text in {**headers, "content-length": str(len(data))}.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def scorer(url: str, **options: Any) -> Iterator[ServerScorer]:
    given = {"asserting": False, "binary": False, "connections": 4, "timeout": 5.0, "patience": 5.0, **options}
    made = ServerScorer(url, "/v2/models/m/versions/1", SIGNATURE, **given)
    try:
        yield made
    finally:
        made.close()


def doubled(body: dict[str, Any]) -> dict[str, Any]:
    values = [None if one is None else 2 * one for one in body["inputs"][0]["data"]]
    return {"outputs": [{"name": "prediction", "datatype": "FP64", "shape": [len(values)], "data": values}]}


def columns_of(rows: int) -> dict[str, Any]:
    return {"x": np.arange(rows, dtype=float), "w": np.array(["a", None] * (rows // 2), dtype=object)}


def test_a_busy_server_is_asked_again_and_order_is_kept() -> None:
    asked: list[float] = []
    lock = threading.Lock()

    def answer(body: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
        with lock:
            asked.append(body["inputs"][0]["data"][0])
            times = asked.count(asked[-1])
        if times <= 2 and asked[-1] % 2_000 == 0:
            return 503, {"retry-after": "0.01"}, {"error": "busy"}
        return 200, {}, doubled(body)

    with serving(answer) as url, scorer(url) as made:
        found = made.score(columns_of(6_000), 6_000)
    assert found.outputs["prediction"].tolist() == [2.0 * n for n in range(6_000)]
    assert asked.count(2_000.0) == 3


def test_patience_ends() -> None:
    with (
        serving(lambda _: (429, {"retry-after": "0.05"}, {"error": "busy"})) as url,
        scorer(url, patience=0.2) as made,
        pytest.raises(UnavailableError, match="it answered 429 for 0 seconds"),
    ):
        made.score(columns_of(10), 10)
    with scorer(url, patience=0.2) as made, pytest.raises(UnavailableError, match="does not answer"):
        made.score(columns_of(10), 10)


@pytest.mark.parametrize(("status", "kind"), [(404, NotFoundError), (401, UnavailableError)])
def test_a_version_that_is_gone_and_a_closed_door_are_told(status: int, kind: type[Exception]) -> None:
    with (
        serving(lambda _: (status, {}, {"error": "not here"})) as url,
        scorer(url) as made,
        pytest.raises(kind, match="not here"),
    ):
        made.score(columns_of(10), 10)


def test_a_row_that_is_blocked_alone_has_no_answer() -> None:
    columns = {"x": np.zeros(1), "w": np.array(["a"], dtype=object)}
    with serving(lambda _: (422, {}, {"error": "blocked: too young"})) as url, scorer(url, asserting=True) as made:
        found = made.score(columns, 1)
    assert np.isnan(found.outputs["prediction"][0])
    assert found.outputs["error"].tolist() == ["blocked: too young"]
    assert found.blocked == 1


def test_an_answer_of_another_shape_is_the_models_fault() -> None:
    wrong = {"outputs": [{"name": "prediction", "datatype": "FP64", "shape": [3], "data": [1.0, 2.0, 3.0]}]}
    with serving(lambda _: (200, {}, wrong)) as url, scorer(url) as made:
        found = made.score(columns_of(4), 4)
    assert sorted(found.failed) == [0, 1, 2, 3]
    assert "something else than the signature says" in found.failed[0]
