import base64
import hashlib
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from mainspring.core.errors import InputError
from mainspring.models.signature import Field
from mainspring.serving.call import Call
from mainspring.serving.caller import Caller
from mainspring.serving.payloads import LogRecord, PredictionLog, read, request_id, table
from mainspring.serving.payloads.blobs import Blobs
from mainspring.serving.payloads.observer import PayloadObserver, open_log
from mainspring.serving.payloads.options import PayloadOptions, RedactionOptions
from mainspring.serving.payloads.redaction import Redaction
from mainspring.serving.prediction import Prediction
from mainspring.serving.question import Question
from mainspring.serving.trace_context import TraceContext

KEY = b"0123456789abcdef"
_DATATYPES = {"f": "FP64", "O": "BYTES"}


def texts(values: Sequence[Any]) -> npt.NDArray[Any]:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def prediction(
    columns: Mapping[str, npt.NDArray[Any]], datatypes: Mapping[str, Any] | None = None, **more: Any
) -> Prediction:
    rows = len(next(iter(columns.values())))
    fields = tuple(
        Field(
            name,
            (datatypes or {}).get(name, _DATATYPES.get(array.dtype.kind, "FP32")),
            shape=(-1, *array.shape[1:]),
        )
        for name, array in columns.items()
    )
    values: dict[str, Any] = {
        "inputs": fields,
        "outputs": {"label": texts(["yes", "no"] * rows)[:rows], "probabilities": np.array([[0.25, 0.75]] * rows)},
        "fields": (),
        "rows": rows,
        "columns": columns,
        "seconds": 0.0001,
        "classes": ("no", "yes"),
    }
    return Prediction(**(values | more))


def call(
    columns: Mapping[str, npt.NDArray[Any]] | None = None, datatypes: Mapping[str, Any] | None = None, **more: Any
) -> Call:
    values: dict[str, Any] = {
        "protocol": "v2",
        "model": "taxi",
        "version": "1.0.0",
        "id": "one",
        "time": 1_700_000_000.5,
        "began": 1.0,
        "ended": 1.25,
        "status": 200,
        "prediction": None if columns is None else prediction(columns, datatypes),
    }
    return Call(**(values | more))


def logged(
    folder: Path, *calls: Call, options: PayloadOptions | None = None, key: bytes | None = None
) -> list[LogRecord]:
    options = options or PayloadOptions()
    with PredictionLog(folder) as log:
        observer = PayloadObserver(log, options, None if key is None else Redaction(options.redact, key))
        for one in calls:
            observer(one)
        assert log.failed == log.dropped == 0
    return list(read(folder))


def test_what_a_call_says_is_logged(tmp_path: Path) -> None:
    columns = {
        "fare": np.array([1.5, np.nan]),
        "seats": np.array([3.0, np.nan]),
        "shared": np.array([1.0, 0.0]),
        "company": texts(["Ä", None]),
    }
    datatypes = {"seats": "INT64", "shared": "BOOL"}
    [record] = logged(
        tmp_path,
        call(
            columns,
            datatypes,
            trace=TraceContext("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"),
            caller=Caller("ann"),
            cached=True,
            batch=7,
            question=Question(parameters={"probabilities": True}),
        ),
    )
    assert record == LogRecord(
        id="one",
        time=1_700_000_000.5,
        model="taxi",
        version="1.0.0",
        protocol="v2",
        columns={"fare": [1.5, None], "seats": [3, None], "shared": [True, False], "company": ["Ä", None]},
        outputs={"label": ["yes", "no"], "probability.no": [0.25, 0.25], "probability.yes": [0.75, 0.75]},
        latency=0.25,
        trace="4bf92f3577b34da6a3ce929d0e0e4736",
        caller="ann",
        cached=True,
        batch=7,
        parameters={"probabilities": True},
    )
    assert [type(value) for value in (record.columns["seats"][0], record.columns["fare"][0])] == [int, float]


def test_errors_are_logged_with_the_beginning_of_the_body(tmp_path: Path) -> None:
    [record] = logged(
        tmp_path,
        call(status=400, error="not JSON", kind="MALFORMED", body=b"{" + b"x" * 5_000),
        options=PayloadOptions(max_body=10, share=0.0),
    )
    assert (record.status, record.error, record.kind, record.body) == (400, "not JSON", "MALFORMED", "{" + "x" * 9)


def test_tags_of_any_kind_are_logged(tmp_path: Path) -> None:
    made = prediction(
        {"a": np.array([1.0])}, tags={"score": np.float32(0.5), "parts": np.array([1, 2]), "odd": {1: Path("x")}}
    )
    [record] = logged(tmp_path, call(prediction=made))
    assert record.tags == {"score": 0.5, "parts": [1, 2], "odd": {"1": "x"}}


def test_rows_that_were_made_up_are_not_logged(tmp_path: Path) -> None:
    [record] = logged(tmp_path, call({"a": np.array([1.0])}, made_up=True))
    assert (record.columns, record.outputs) == ({}, {})


def test_many_rows_are_read_back_as_they_were(tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    floats = chance.normal(size=1_000)
    floats[::7] = np.nan
    whole = np.floor(chance.uniform(0, 2**52, size=1_000))
    columns = {"a": floats, "b": whole, "c": texts(["x", None] * 500), "d": chance.integers(0, 9, (1_000, 3))}
    [record] = logged(tmp_path, call(columns, {"b": "INT64"}))
    assert list(record.columns) == ["a", "b", "c", "d"]
    assert record.columns["a"] == [None if np.isnan(value) else value for value in floats.tolist()]
    assert record.columns["b"] == [int(value) for value in whole]
    assert record.columns["c"] == ["x", None] * 500
    assert record.columns["d"] == columns["d"].tolist()
    assert record.outputs["label"] == ["yes", "no"] * 500
    assert record.outputs["probability.yes"] == [0.75] * 1_000
    assert record.rows == 1_000


def test_a_request_that_is_larger_than_the_queue_is_logged_whole(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=100_000)
    with PredictionLog(tmp_path, queue_bytes=1 << 20) as log:
        observer = PayloadObserver(log)
        observer(call({"a": values, "b": texts(["some text"] * 100_000)}))
        assert (log.failed, log.dropped) == (0, 0)
    [record] = read(tmp_path)
    assert record.columns["a"] == values.tolist()
    assert record.columns["b"] == ["some text"] * 100_000


def test_a_log_whose_large_values_were_removed_can_still_be_read(tmp_path: Path) -> None:
    with PredictionLog(tmp_path, queue_bytes=1 << 20) as log:
        PayloadObserver(log)(call({"a": np.ones(100_000)}))
    for digest, _ in Blobs(tmp_path).stored():
        Blobs(tmp_path).remove(digest)
    [record] = read(tmp_path)
    assert record.columns["a"] == [None] * 100_000


def test_large_values_are_stored_once_and_referred_to(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 255, (2, 3, 100, 100)).astype(np.float32)
    columns = {"image": images, "page": texts(["short", "x" * 20_000])}
    first, second = logged(tmp_path, call(columns), call(columns, id="two"))
    digest = hashlib.sha256(images[1].astype("<f4").tobytes()).hexdigest()
    assert first.columns["image"][1] == {"blob": f"sha256:{digest}", "dtype": "<f4", "shape": [3, 100, 100]}
    assert first.columns["page"][0] == "short"
    assert Blobs(tmp_path).read(first.columns["page"][1]["blob"]) == b"x" * 20_000
    assert np.array_equal(
        np.frombuffer(Blobs(tmp_path).read(f"sha256:{digest}"), "<f4").reshape(3, 100, 100), images[1]
    )
    assert second.columns == first.columns
    assert len(list(Blobs(tmp_path).stored())) == 3
    assert table([first]).column("image").tolist()[1] == f"sha256:{digest}"


def test_a_share_is_chosen_by_id_and_errors_are_always_logged(tmp_path: Path) -> None:
    random.seed(0)
    ids = [request_id(number) for number in range(2_000)]
    options = PayloadOptions(share=0.25)
    records = logged(tmp_path / "a", *(call(id=name) for name in ids), options=options)
    assert 430 <= len(records) <= 570  # 500 and four standard deviations
    assert {record.share for record in records} == {0.25}
    again = logged(tmp_path / "b", *(call(id=name) for name in ids), options=options)
    assert [record.id for record in again] == [record.id for record in records]
    failed = logged(tmp_path / "c", *(call(id=name, error="e", status=500) for name in ids[:50]), options=options)
    assert len(failed) == 50
    assert {record.share for record in failed} == {1.0}


def test_a_caller_keeps_a_request_out_only_where_that_is_allowed(tmp_path: Path) -> None:
    quiet = call(headers={b"seldon-skip-logging": b"true"})
    assert len(logged(tmp_path / "a", quiet)) == 1
    assert logged(tmp_path / "b", quiet, options=PayloadOptions(skip_header=True)) == []


def test_what_is_redacted_is_never_written(tmp_path: Path) -> None:
    columns = {
        "name": texts(["secret ann", "secret ben"]),
        "card": texts(["secret 1", None]),
        "age": np.array([4711.0, np.nan]),
        "zip": np.array([4712.0, 4713.0]),
        "fare": np.array([1.0, 2.0]),
    }
    redact = RedactionOptions(
        drop=("name",), mask=("ca*", "age"), hash=("zip", "output.label", "request.caller"), key_env="unused"
    )
    one = call(columns, {"zip": "INT64"}, caller=Caller("secret caller"))
    bad = call(error="column 'name' holds 'secret carl'", status=400, body=b"secret body", id="two")
    good = call(error="column 'fare' holds 'x'", status=400, id="three")
    many = call({name: np.repeat(array, 100) for name, array in columns.items()}, {"zip": "INT64"}, id="four")
    records = logged(tmp_path, one, bad, good, many, options=PayloadOptions(redact=redact), key=KEY)

    def keyed(text: str) -> str:
        return hashlib.blake2b(text.encode(), key=KEY, digest_size=16).hexdigest()

    assert records[0].columns == {
        "card": ["***", None],
        "age": [None, None],
        "zip": [keyed("4712"), keyed("4713")],
        "fare": [1.0, 2.0],
    }
    assert records[0].outputs["label"] == [keyed("yes"), keyed("no")]
    assert records[0].caller == keyed("secret caller")
    assert records[1].error == "not kept, because it is about name"
    assert records[1].body is None
    assert records[2].error == "column 'fare' holds 'x'"
    assert records[3].columns["zip"] == [keyed("4712")] * 100 + [keyed("4713")] * 100
    assert records[3].columns["fare"] == [1.0] * 100 + [2.0] * 100
    for path in tmp_path.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        for word in (b"secret", b"4711", b"4712", KEY, base64.b64encode(np.array([4711.0]).tobytes())[:8]):
            assert word not in content


def test_a_large_value_that_is_dropped_is_not_stored_apart(tmp_path: Path) -> None:
    columns = {"page": texts(["x" * 50_000]), "image": np.ones((1, 200, 200))}
    [record] = logged(
        tmp_path, call(columns), options=PayloadOptions(redact=RedactionOptions(drop=("page", "image")))
    )
    assert record.columns == {}
    assert not (tmp_path / "blobs").exists()


def test_hashing_needs_a_key_that_is_long_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="there is no key"):
        Redaction(RedactionOptions(hash=("a",)))
    monkeypatch.setenv("SALT", "short")
    with pytest.raises(InputError, match="the key has 5 bytes"):
        Redaction(RedactionOptions(hash=("a",), key_env="SALT"))
    (tmp_path / "key").write_bytes(KEY + b"\n")
    redaction = Redaction(RedactionOptions(hash=("a",), key_file=str(tmp_path / "key")))
    assert redaction.hashed("x") == Redaction(RedactionOptions(), KEY).hashed("x")
    assert KEY.decode() not in repr(redaction)


@pytest.mark.parametrize(
    ("where", "headers", "expected"),
    [
        ("column:who", {}, ("7", None, "8")),
        ("header:X-Subject", {b"x-subject": b" ann "}, "ann"),
        ("header:X-Subject", {}, ""),
        ("column:other", {}, ""),
    ],
)
def test_the_subject_is_found(tmp_path: Path, where: str, headers: dict[bytes, bytes], expected: Any) -> None:
    one = call({"who": np.array([7.0, np.nan, 8.0])}, {"who": "INT64"}, headers=headers)
    [record] = logged(tmp_path, one, options=PayloadOptions(subject=where))
    assert record.subject == expected


def test_a_subject_whose_column_is_not_written_is_hashed(tmp_path: Path) -> None:
    redact = RedactionOptions(drop=("who",))
    options = PayloadOptions(subject="column:who", redact=redact)
    with pytest.raises(InputError, match="must not be written"):
        logged(tmp_path, options=options)
    [record] = logged(tmp_path, call({"who": texts(["ann"])}), options=options, key=KEY)
    assert record.subject == Redaction(RedactionOptions(), KEY).hashed("ann")
    with pytest.raises(InputError, match="header:NAME or column:NAME"):
        logged(tmp_path, options=PayloadOptions(subject="who"))


def test_a_call_that_cannot_be_logged_is_counted_and_harms_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with PredictionLog(tmp_path) as log:
        observer = PayloadObserver(log)
        observer(call(id=None))
        observer(call())
        assert log.failed == 1
    assert len(list(read(tmp_path))) == 1
    assert "could not be written" in capsys.readouterr().err


def test_a_log_that_need_not_be_durable_is_written_by_a_thread(tmp_path: Path) -> None:
    made: list[int] = []
    with PredictionLog(tmp_path, flush_seconds=0.02, queue_bytes=1 << 16) as log:
        observer = PayloadObserver(log, PayloadOptions(durable=False))
        for number in range(2_000):
            observer(call({"a": np.array([float(number)])}, id=str(number)))
            made.append(log.depth)
        observer(call(id=None))
        assert log.flush(10)
        assert (log.depth, log.written, log.dropped, log.failed) == (0, 2_000, 0, 1)
    assert [record.id for record in read(tmp_path)] == [str(number) for number in range(2_000)]
    assert max(made) > 1


def test_what_was_deferred_is_written_when_the_log_is_closed(tmp_path: Path) -> None:
    log = PredictionLog(tmp_path, flush_seconds=30, max_requests=5)
    observer = PayloadObserver(log, PayloadOptions(durable=False))
    for number in range(7):
        observer(call({"a": np.array([1.0])}, id=str(number)))
    assert (log.depth, log.dropped) == (5, 2)
    log.close()
    assert [record.id for record in read(tmp_path)] == ["0", "1", "2", "3", "4"]


def test_a_log_is_opened_as_options_say(tmp_path: Path) -> None:
    assert open_log(PayloadOptions()) is None
    log = open_log(PayloadOptions(folder=str(tmp_path), queue_bytes=70_000))
    assert log is not None
    assert log.capacity == 70_000
    log.close()
