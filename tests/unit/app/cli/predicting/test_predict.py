"""``mainspring predict`` with a real model in a real project: a few rows, files, a server, a stream."""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mainspring.app import platform
from mainspring.app.cli.main import main
from mainspring.app.cli.predicting.meter import Meter
from mainspring.core.plugins import manager
from mainspring.core.records import Artifact, Execution, Kind
from mainspring.data import read
from mainspring.serving.bulk import Progress
from mainspring.serving.server_process import ServerProcess

Run = Callable[..., Any]
PLUGIN = Path(__file__).parents[3] / "serving" / "plugin"
HEADER = "id,fare,hour,company,airport"
ROW = {"fare": 2.0, "hour": 1, "company": "B", "airport": True}


@pytest.fixture(scope="module")
def package() -> Iterator[Any]:
    """The rule of the tests of serving, as a runtime of this process and of those that it starts.

    Its logit of "yes" is ``(fare - 10) / 5``, plus 1 for company "A", minus 1 at an airport.
    """
    spec = importlib.util.spec_from_file_location("rule_model", PLUGIN / "rule_model.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "rule_model", module)
        spec.loader.exec_module(module)
        known = [str(PLUGIN), *filter(None, [os.environ.get("PYTHONPATH")])]
        patch.setenv("PYTHONPATH", os.pathsep.join(known))
        manager().register(module, name="rule_model")
        yield module.package()
        manager().unregister(module)


@pytest.fixture
def project(package: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mainspring.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    with platform.open() as opened:
        opened.models.register(package, name="way", author="ann", reason="first", alias="production")
    lines = [f"{n},{n % 41 / 2},{n % 24},{'AB'[n % 2]},{str(n % 7 == 0).lower()}" for n in range(300)]
    (tmp_path / "rows.csv").write_text("\n".join([HEADER, *lines, ""]))
    return tmp_path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command; gives what it prints, as JSON if that was asked for."""

    def go(*arguments: str, code: int = 0) -> Any:
        assert main(["predict", *arguments]) == code, capsys.readouterr().err
        out = capsys.readouterr()
        if code:
            return out.err
        return json.loads(out.out.splitlines()[-1]) if "--json" in arguments else out.out

    return go


def test_both_forms_write_the_same_answers(project: Path, run: Run) -> None:
    told = run("way@production", "--data", "rows.csv", "--out", "old.csv", "--json")
    assert (told["model"], told["rows"]) == ("way@production", 300)
    assert told["report"]["data"]["rows"] == 300
    said = run("rows.csv", "--model", "way", "--out", "new.csv")
    assert "wrote 300 answers to new.csv" in said
    assert (project / "old.csv").read_bytes() == (project / "new.csv").read_bytes()
    printed = run("way", "--data", "rows.csv", "--json")["predictions"]
    answers = read(project / "new.csv").to_columns()
    assert answers["label"] == [one["label"] for one in printed]
    assert answers["p_yes"] == pytest.approx([one["probabilities"]["yes"] for one in printed])
    assert [path.name for path in sorted(project.glob("new.csv*"))] == [
        "new.csv",
        "new.csv.meta.json",
        "new.csv.report.json",
    ]


def test_a_file_whose_name_says_nothing_is_csv_as_ever(project: Path, run: Run) -> None:
    assert "wrote 300 answers" in run("way", "--data", "rows.csv", "--out", "answers.out")
    assert (project / "answers.out").read_text().startswith("label,p_no,p_yes\n")


def test_columns_are_kept_mapped_and_prefixed(project: Path, run: Run) -> None:
    text = (project / "rows.csv").read_text().replace("id,fare,", "id,price,")
    (project / "named.csv").write_text(text)
    assert "--map MODEL=DATA" in run("named.csv", "--model", "way", "--out", "x.parquet", code=1)
    options = [
        "--map",
        "fare=price",
        "--keep",
        "id,company",
        "--prefix",
        "m_",
        "--no-probabilities",
        "--row-numbers",
    ]
    run("named.csv", "--model", "way", "--out", "x.parquet", *options)
    found = read(project / "x.parquet")
    assert found.names == ("id", "company", "row", "m_label")
    assert found.to_columns()["row"] == list(range(300))
    assert "--map 'fare'" in run("named.csv", "--model", "way", "--out", "x.csv", "--map", "fare", code=1)


def test_rows_are_left_out_and_listed(project: Path, run: Run) -> None:
    with (project / "rows.csv").open("a") as file:
        file.write("300,much,0,A,false\n")
    assert "row 300: column 'fare' holds 'much'" in run("rows.csv", "--model", "way", "--out", "x.csv", code=1)
    told = run("rows.csv", "--model", "way", "--out", "x.csv", "--errors", "skip-to", "bad.jsonl", "--json")
    assert told["report"]["bad"]["rows"] == 1
    assert json.loads((project / "bad.jsonl").read_text())["row"] == 300
    assert "row 300" not in run("rows.csv", "--model", "way", "--out", "y.csv", "--errors", "null")
    assert "fail, null, or skip-to FILE" in run(
        "rows.csv", "--model", "way", "--out", "z.csv", "--errors", "x", code=1
    )


def test_a_run_is_part_of_the_lineage(project: Path, run: Run) -> None:
    told = run("rows.csv", "--model", "way@production", "--out", "x.parquet", "--json")
    with platform.existing() as opened:
        record = opened.store.record
        lineage = record.lineage(Kind.EXECUTION, [told["execution"]])
        [execution] = record.get(Kind.EXECUTION, [told["execution"]])
    assert isinstance(execution, Execution)
    assert execution.properties["version"] == "1.0.0"
    above = [one for one in lineage.nodes.values() if isinstance(one, Artifact)]
    assert {one.type for one in above} >= {"mainspring.File", "mainspring.ModelVersion"}


def test_a_package_needs_no_project(
    package: Any, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "package").mkdir()
    package.save(tmp_path / "package")
    (tmp_path / "rows.jsonl").write_text('{"fare": 12.0, "hour": 1, "company": "A", "airport": false}\n')
    told = run("rows.jsonl", "--model", "package", "--out", "x.jsonl", "--json")
    assert told["execution"] is None
    assert json.loads((tmp_path / "x.jsonl").read_text())["label"] == "yes"
    assert not (tmp_path / ".mainspring").exists()


def test_a_server_is_asked(project: Path, package: Any, tmp_path: Path, run: Run) -> None:
    folder = tmp_path / "package"
    folder.mkdir()
    package.save(folder)
    with ServerProcess(folder, name="way", version="1.0.0") as server:
        run("rows.csv", "--model", "way", "--out", "served.csv", "--url", server.url, "--keep", "id")
    run("rows.csv", "--model", "way", "--out", "here.csv", "--keep", "id")
    served, here = (read(project / name).to_columns() for name in ("served.csv", "here.csv"))
    assert served["id"] == here["id"]
    assert served["label"] == here["label"]
    assert served["p_yes"] == pytest.approx(here["p_yes"])


def test_what_is_missing_is_asked_for(project: Path, run: Run) -> None:
    assert "no model is named" in run(code=1)
    assert "rows are given by --row or as DATA" in run("way", code=1)
    assert "two data sets" in run("rows.csv", "--data", "rows.csv", "--model", "way", code=1)
    assert "--reply NAME" in run("--stream", "redis://127.0.0.1/asks", "--model", "way", code=1)
    assert "one model, and nothing else" in run("--stream", "redis://127.0.0.1/asks", code=1)


def test_a_stream_is_answered(project: Path, run: Run) -> None:
    redis = pytest.importorskip("redis")
    with socket.socket() as one:
        if one.connect_ex(("127.0.0.1", 6379)):
            pytest.skip("no Redis answers on 127.0.0.1:6379")
    name = f"test{uuid.uuid4().hex[:12]}"
    with redis.Redis(host="127.0.0.1") as client:
        try:
            client.xadd(name, {"fare": "12.5", "hour": "1", "company": "A", "airport": "false"})
            client.xadd(name, {"data": json.dumps({"instances": [ROW]}), "request-id": "r7"})
            client.xadd(name, {"data": "what?"})
            url = f"redis://127.0.0.1:6379/0/{name}"
            told = run("--stream", url, "--model", "way", "--reply", f"{name}-a", "--until-idle", "0.2", "--json")
            assert (told["answered"], told["rejected"]) == (2, 1)
            [(_, first), (_, second)] = client.xrange(f"{name}-a")
            assert json.loads(first[b"data"])["predictions"][0]["label"] == "yes"
            assert json.loads(second[b"data"])["id"] == "r7"
            assert client.xlen(f"{name}-a.errors") == 1
        finally:
            client.delete(name, f"{name}-a", f"{name}-a.errors")


def test_a_meter_shows_the_rate_where_somebody_watches(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    progress = Progress(done=600, rows=1_000, resumed=200, seconds=2.0)
    Meter().progress(progress)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    meter = Meter()
    meter.progress(progress)
    assert "60 %   600 of 1,000 rows   200 rows/s   2.0 s left" in capsys.readouterr().err
    meter.clear()
    assert capsys.readouterr().err.strip() == ""
