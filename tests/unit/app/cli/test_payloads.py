"""`mainspring payloads` and `mainspring feedback`, as somebody types them."""

import json
from pathlib import Path
from typing import Any

import pytest

from mainspring.app.cli.main import main
from mainspring.data import Table
from mainspring.serving import Client, LogRecord, PredictionLog, read_log
from mainspring.serving.feedback import Feedback, FeedbackLog


@pytest.fixture
def log(tmp_path: Path) -> Path:
    folder = tmp_path / "log"
    with PredictionLog(folder, segment_bytes=2_000) as made:
        for number in range(100):
            failed = number % 10 == 9
            made.write(
                LogRecord(
                    id=f"r{number}", time=1_700_000_000.0 + number, model="taxi", version="1.0.0",
                    columns={} if failed else {"fare": [float(number)]},
                    outputs={} if failed else {"label": ["yes"]},
                    status=400 if failed else 200, error="fare holds\n'x'" if failed else None,
                    subject="ann" if number % 2 else "ben", latency=0.001,
                )
            )  # fmt: skip
    return folder


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> Any:
    status = main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    assert status == 0, err
    return json.loads(out.splitlines()[-1]) if "--json" in arguments else out


def test_the_latest_requests(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = run(capsys, "payloads", "tail", "--log", log, "-n", 3).splitlines()
    assert len(lines) == 3
    assert "200  taxi 1.0.0  1.0 ms  yes  r98" in lines[1]
    assert "400  taxi 1.0.0  1.0 ms  fare holds 'x'  r99" in lines[2]
    told = run(capsys, "payloads", "tail", "--log", log, "-n", 2, "--errors", "--json")
    assert [record["id"] for record in told["records"]] == ["r89", "r99"]
    assert run(capsys, "payloads", "tail", "--log", log, "--model", "cab", "--json") == {"records": []}
    assert len(run(capsys, "payloads", "tail", "--log", log, "-n", 1_000).splitlines()) == 100


def test_the_rows_as_a_table_before_anything_is_told(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = run(capsys, "payloads", "table", "--log", log, "--feedback", "--json")
    assert told["rows"] > 0
    assert not [name for name in told["columns"] if name.startswith("feedback.")]


def test_the_rows_as_a_table(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with FeedbackLog(log / "feedback") as feedback:
        feedback.write(Feedback(id="r3", key="truth", value="no", time=1.0, model="taxi"))
    out = tmp_path / "rows.parquet"
    arguments = ("--model", "taxi", "--since", "2023-11-14T22:13:23", "--feedback", "--out", out)
    told = run(capsys, "payloads", "table", "--log", log, *arguments, "--json")
    assert told["rows"] == 87
    assert told["columns"]["fare"] == "FLOAT"
    written = Table.read_parquet(out).to_columns()
    assert written["request.id"][0] == "r3"
    assert written["feedback.truth"][:2] == ["no", None]
    assert "87 rows" in run(capsys, "payloads", "table", "--log", log, *arguments)


def test_what_cannot_be_written_or_read_is_said(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["payloads", "table", "--log", str(log), "--out", "rows.xls"]) == 1
    assert "'.xls'" in capsys.readouterr().err
    assert main(["payloads", "table", "--log", str(log), "--since", "soon"]) == 1
    assert "'soon' is no time" in capsys.readouterr().err


def test_a_subject_is_forgotten_and_the_rest_made_compact(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = run(capsys, "payloads", "compact", "--log", log, "--json")["made"]
    assert len(made) > 3
    done = run(capsys, "payloads", "erase", "ann", "--log", log, "--by", "Ada", "--json")
    assert (done["requests"], done["by"]) == (50, "Ada")
    assert {record.subject for record in read_log(log)} == {"ben"}
    assert "0 requests" in run(capsys, "payloads", "erase", "ann", "--log", log)


def test_feedback_is_told_one_by_one_and_from_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, list[dict[str, Any]]]] = []

    def tell(self: Client, model: str, feedback: list[dict[str, Any]]) -> dict[str, int]:
        told.append((model, feedback))
        return {"accepted": len(feedback), "duplicates": 0, "pending": 1}

    monkeypatch.setattr(Client, "tell", tell)
    run(capsys, "feedback", "taxi", "--id", "a", "--truth", "yes", "--row", 3)
    run(capsys, "feedback", "taxi", "--id", "a", "--truth", "[1, null]", "--reward", 0.5)
    csv = tmp_path / "truths.csv"
    csv.write_text("id,truth,row,reward,clicked,time\n1,yes,0,,true,2026-05-03T12:00:00+00:00\n2,3.5,,1,,\n")
    assert run(capsys, "feedback", "taxi", "--file", csv, "--json") == {
        "accepted": 2,
        "duplicates": 0,
        "pending": 1,
    }
    lines = tmp_path / "truths.jsonl"
    lines.write_text('{"id": "c", "truth": [1, 2], "depth": 4}\n\n{"id": "d", "reward": 1}\n')
    assert "2 accepted" in run(capsys, "feedback", "taxi", "--file", lines)
    assert told == [
        ("taxi", [{"id": "a", "truth": "yes", "row": 3}]),
        ("taxi", [{"id": "a", "truth": [1, None], "reward": 0.5}]),
        (
            "taxi",
            [
                {
                    "id": "1",
                    "truth": "yes",
                    "row": 0,
                    "time": "2026-05-03T12:00:00+00:00",
                    "values": {"clicked": True},
                },
                {"id": "2", "truth": 3.5, "reward": 1},
            ],
        ),
        ("taxi", [{"id": "c", "truth": [1, 2], "values": {"depth": 4}}, {"id": "d", "reward": 1}]),
    ]
    assert main(["feedback", "taxi"]) == 1
    assert "--file" in capsys.readouterr().err
    lines.write_text("{\n")
    assert main(["feedback", "taxi", "--file", str(lines)]) == 1
    assert "truths.jsonl:1" in capsys.readouterr().err
