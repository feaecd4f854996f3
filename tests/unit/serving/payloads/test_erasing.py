import json
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core.errors import InputError
from mainspring.serving.payloads import LogRecord, PredictionLog, read, table
from mainspring.serving.payloads.blobs import Blobs
from mainspring.serving.payloads.compact import compact
from mainspring.serving.payloads.erasing import erase
from mainspring.serving.payloads.options import RedactionOptions
from mainspring.serving.payloads.reading import records
from mainspring.serving.payloads.redaction import Redaction
from mainspring.serving.payloads.segments import segments

FORMS = ("open", "closed", "compact")


def _record(number: int, subject: str | tuple[str | None, ...], **more: object) -> LogRecord:
    rows = 1 if isinstance(subject, str) else len(subject)
    values: dict[str, object] = {
        "id": str(number),
        "time": float(number),
        "model": "m",
        "version": "1",
        "columns": {
            "a": list(range(rows)),
            "b": [f"of {subject}"] * rows if rows == 1 else [f"of {s}" for s in subject],
        },
        "outputs": {"label": ["x"] * rows},
        "subject": subject,
    }
    return LogRecord(**(values | more))  # type: ignore[arg-type]


def _everywhere(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.mark.parametrize("form", FORMS)
def test_a_subject_is_gone_from_segments_of_every_form(tmp_path: Path, form: str) -> None:
    log = PredictionLog(tmp_path, flush_seconds=0.01)
    for number, subject in enumerate(["ann", "ben", ("ann", "ben", None), ("ann", "ann"), ("ben", "carl"), ""]):
        log.write(_record(number, subject))
    if form != "open":
        log.close()
    if form == "compact":
        compact(tmp_path)
    before = {record.id: record for record in read(tmp_path)}
    lines = {record.id: number for segment in segments(tmp_path) for number, record in records(segment)}

    done = erase(tmp_path, "ann", by="dpo", reason="ticket 12")

    assert (done.requests, done.rows, done.segments) == (2, 1, 1)
    after = {record.id: record for record in read(tmp_path)}
    assert sorted(after) == ["1", "2", "4", "5"]
    assert all(after[name] == before[name] for name in ("1", "4", "5"))
    assert after["2"].columns == {"a": [None, 1, 2], "b": [None, "of ben", "of None"]}
    assert after["2"].outputs == {"label": [None, "x", "x"]}
    assert (after["2"].subject, after["2"].erased) == ((None, "ben", None), (0,))
    assert table([after["2"]]).column("request.row").tolist() == [1, 2]
    if form != "open":  # there it may have moved
        now = {record.id: number for segment in segments(tmp_path) for number, record in records(segment)}
        assert now == {name: lines[name] for name in now}
    if form == "open":
        log.write(_record(9, "ben"))
        log.close()
        assert [record.id for record in read(tmp_path)][-1] == "9" or "9" in [
            record.id for record in read(tmp_path)
        ]
        compact(tmp_path)
        assert sorted(record.id for record in read(tmp_path)) == ["1", "2", "4", "5", "9"]
    if form != "compact":
        assert b"ann" not in _everywhere(tmp_path)
    assert erase(tmp_path, "ann").requests == 0
    first, _ = [json.loads(line) for line in (tmp_path / "erasures.log").read_text().splitlines()]
    assert (first["by"], first["reason"], first["requests"], first["rows"]) == ("dpo", "ticket 12", 2, 1)
    assert len(first["subject"]) == 64


def test_it_finds_what_is_only_in_memory_yet(tmp_path: Path) -> None:
    with PredictionLog(tmp_path, flush_seconds=0.3) as log:
        log.write(_record(1, "ann"))
        log.write(_record(2, "ben"))
        assert erase(tmp_path, "ann").requests == 1
        assert [record.id for record in read(tmp_path)] == ["2"]
    assert [record.id for record in read(tmp_path)] == ["2"]


def test_a_server_goes_on_writing_meanwhile(tmp_path: Path) -> None:
    with PredictionLog(tmp_path, flush_seconds=0.001, segment_bytes=4_000) as log:
        stop = threading.Event()
        count = 0

        def write() -> None:
            nonlocal count
            while not stop.wait(0.0005):
                assert log.write(
                    _record(count, "ann" if count % 3 == 0 else ("ben", "ann") if count % 3 == 1 else "ben")
                )
                count += 1

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for _ in range(5):
                stop.wait(0.05)
                before = count
                erase(tmp_path, "ann")
                left = {int(record.id): record for record in read(tmp_path)}
                assert all(number not in left for number in range(0, before, 3))
                assert all(left[number].erased == (1,) for number in range(1, before, 3))
                assert all(left[number].subject == "ben" for number in range(2, before, 3))
        finally:
            stop.set()
            writer.join()


def test_a_hashed_subject_is_found_with_the_key(tmp_path: Path) -> None:
    redaction = Redaction(RedactionOptions(), b"0123456789abcdef")
    with PredictionLog(tmp_path) as log:
        log.write(_record(1, redaction.hashed("ann")))
        log.write(_record(2, redaction.hashed("ben")))
    assert erase(tmp_path, "ann").requests == 0
    assert erase(tmp_path, "ann", redaction=redaction).requests == 1
    assert [record.id for record in read(tmp_path)] == ["2"]
    assert json.loads((tmp_path / "erasures.log").read_text().splitlines()[1])["subject"] == redaction.hashed(
        "ann"
    )


@pytest.mark.parametrize("form", FORMS[1:])
def test_large_values_go_unless_somebody_else_has_the_same(tmp_path: Path, form: str) -> None:
    with PredictionLog(tmp_path) as log:
        mine, shared = log.blobs.put(b"mine"), log.blobs.put(b"shared")
        log.write(_record(1, "ann", columns={"x": [{"blob": mine}]}))
        log.write(_record(2, "ann", columns={"x": [{"blob": shared}]}))
        log.write(_record(3, "ben", columns={"x": [{"blob": shared}]}))
    if form == "compact":
        compact(tmp_path)
    assert erase(tmp_path, "ann").blobs == 1
    assert shared is not None
    assert [name for name, _ in Blobs(tmp_path).stored()] == [shared.partition(":")[2]]


def test_the_feedback_about_what_is_gone_goes_too(tmp_path: Path) -> None:
    with PredictionLog(tmp_path) as log:
        log.write(_record(1, "ann"))
        log.write(_record(2, ("ann", "ben")))
    folder = tmp_path / "feedback"
    folder.mkdir()
    rows = [("1", None), ("2", 0), ("2", 1), ("3", None)]
    text = "".join(json.dumps({"id": name, "row": row}) + "\n" for name, row in rows)
    (folder / "20260101T000000.000000Z-1-000001.jsonl").write_text(text)
    assert erase(tmp_path, "ann").feedback == 2
    [left] = segments(folder)
    assert [json.loads(line) for line in left.read_text().split("\n") if line] == [
        {"id": "2", "row": 1},
        {"id": "3", "row": None},
    ]


def test_nobody_cannot_be_erased(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nobody"):
        erase(tmp_path, "")


_SUBJECTS = st.one_of(
    st.sampled_from(["", "ann", "ben", 'q"\\', "ä"]),
    st.lists(st.sampled_from([None, "ann", "ben", 'q"\\']), min_size=1, max_size=4).map(tuple),
)


@settings(max_examples=40, deadline=None)
@given(
    subjects=st.lists(_SUBJECTS, max_size=8),
    who=st.sampled_from(["ann", 'q"\\', "ä"]),
    form=st.sampled_from(FORMS),
)
def test_exactly_the_rows_of_the_subject_are_gone(
    tmp_path_factory: pytest.TempPathFactory, subjects: list[str | tuple[str | None, ...]], who: str, form: str
) -> None:
    folder = tmp_path_factory.mktemp("log")
    log = PredictionLog(folder, flush_seconds=0.0, queue_bytes=1 << 16)
    for number, subject in enumerate(subjects):
        log.write(_record(number, subject))
    if form != "open":
        log.close()
    if form == "compact":
        compact(folder)
    erase(folder, who)
    log.close()
    left = {(record.id, row) for record in read(folder) for row in range(record.rows) if row not in record.erased}
    expected = set()
    for number, subject in enumerate(subjects):
        names = (subject,) if isinstance(subject, str) else subject
        expected |= {(str(number), row) for row, name in enumerate(names) if name != who}
    assert left == expected
