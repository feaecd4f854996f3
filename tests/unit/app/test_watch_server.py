"""Pages, figures and metrics over HTTP and from the command line, of a project with two windows."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from mainspring.app import platform
from mainspring.app.cli.main import main
from mainspring.app.seen_models import SeenModels
from mainspring.app.watch_server import MOST_SERIES, WatchPages, serving
from mainspring.core.errors import NotFoundError, UnavailableError
from mainspring.core.verdicts import Reason, Verdict
from mainspring.monitoring.ledger import WatchLedger
from mainspring.monitoring.monitor import DecisionLog
from mainspring.monitoring.profiles import FigureHistory
from mainspring.monitoring.retraining import Decision
from mainspring.monitoring.seen import Figure
from mainspring.serving.deploying.problems import DeclarationError

BAD = Verdict.of("watch", [Reason(ok=False, code="DRIFT", message="age has drifted", subject="age")])
MODEL = "cen/sus"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two windows of a model with a slash in its name: one in order, one not."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mainspring.toml").write_text("[project]\nname = 'census'\n", encoding="utf-8")
    (tmp_path / "monitoring.yaml").write_text(f"{MODEL}: {{window: 1h}}\n", encoding="utf-8")
    home = tmp_path / ".mainspring" / "monitoring" / MODEL
    with platform.open(tmp_path) as opened, FigureHistory(home / "history") as history:
        ledger = WatchLedger(opened.store.record, opened.store.blobs)
        for place, verdict in enumerate((Verdict.of("watch", []), BAD)):
            since = 3600.0 * place
            told = {"model": MODEL, "version": "1", "since": since, "until": since + 3600.0, "rows": 7}
            ledger.write(told, verdict)
            figures = {f"drift/x{number}": Figure(value=0.01) for number in range(MOST_SERIES + 5)}
            history.append(since, {**figures, "drift/age": Figure(value=(0.1, 0.3)[place], most=0.2)})
    blocked = Decision(retrain=False, wanted=BAD, allowed=BAD)
    DecisionLog(home).note(blocked, asked=False, at=7200.0, window=7200.0)
    return tmp_path


@pytest.fixture
def seen(project: Path) -> Iterator[SeenModels]:
    with platform.open(project) as opened:
        yield SeenModels(opened)


def get(
    url: str, headers: Mapping[str, str] | None = None, method: str = "GET"
) -> tuple[int, str, Mapping[str, str]]:
    request = urllib.request.Request(url, headers=dict(headers or {}), method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode(), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(), error.headers


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main(["monitor", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_what_monitors_wrote_is_gathered(seen: SeenModels) -> None:
    assert seen.names() == [MODEL]
    watch = seen.watch(MODEL)
    assert [(one.since, one.ok, one.rows) for one in watch.windows] == [(0.0, True, 7), (3600.0, False, 7)]
    assert watch.windows[1].verdict == BAD
    assert watch.window == 3600.0
    assert watch.figures["drift/age"].values.tolist() == [0.1, 0.3]
    assert [one.outcome for one in watch.decisions] == ["blocked"]
    assert len(seen.watch(MODEL, since=3600.0).windows) == 1
    assert seen.watch(MODEL, full=False).windows[1].verdict is None
    with pytest.raises(NotFoundError, match="nothing is known of a model 'taxi'"):
        seen.watch("taxi")


def test_a_broken_monitoring_file_hides_nothing_that_was_seen(seen: SeenModels, project: Path) -> None:
    (project / "monitoring.yaml").write_text("census: {windw: 1h}", encoding="utf-8")
    (project / ".mainspring" / "monitoring" / "taxi" / "history").mkdir(parents=True)
    assert seen.names() == ["taxi"]
    with platform.open(project) as opened, pytest.raises(DeclarationError):
        SeenModels(opened, project / "monitoring.yaml").names()


def test_counts_go_on_where_they_were(seen: SeenModels, project: Path) -> None:
    (first,) = seen.metrics()
    assert (first.judged, first.until, first.ok) == ((1, 1), 7200.0, False)
    with platform.open(project) as opened:
        told = {"model": MODEL, "version": "1", "since": 3600.0, "until": 7200.0, "rows": 7}
        WatchLedger(opened.store.record, opened.store.blobs).write(told, Verdict.of("watch", []), revision=1)
    (again,) = seen.metrics()
    assert (again.judged, again.ok) == ((2, 1), True)
    assert again.decisions == {"blocked": 1}


def test_pages_figures_and_metrics_are_served_and_nothing_is_written(seen: SeenModels) -> None:
    with serving(WatchPages(seen), host="127.0.0.1", port=0) as url:
        status, page, headers = get(f"{url}/")
        assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert 'href="/models/cen%2Fsus"' in page
        status, page, _ = get(f"{url}/models/cen%2Fsus")
        assert status == 200
        assert "age has drifted" in page
        assert 'href="/models/cen%2Fsus?since=0"' in page
        status, text, headers = get(f"{url}/metrics")
        assert f'mainspring_watch_windows_total{{model="{MODEL}",outcome="failed"}} 1' in text
        assert headers["content-type"].startswith("text/plain; version=0.0.4")
        assert get(f"{url}/metrics", {"Accept": "application/openmetrics-text"})[1].endswith("# EOF\n")
        assert json.loads(get(f"{url}/api/models")[1]) == {"models": [MODEL]}
        figures = json.loads(get(f"{url}/api/models/{MODEL}/figures?prefix=drift/age&since=3600")[1])["figures"]
        assert figures["drift/age"]["values"] == [0.3]
        assert figures["drift/age"]["low"] == [None]
        assert json.loads(get(f"{url}/api/models/{MODEL}/figures")[1])["left_out"] == 6
        assert json.loads(get(f"{url}/healthz")[1]) == {"ok": True}
        assert get(f"{url}/models/taxi")[0] == 404
        assert get(f"{url}/api/models/taxi/figures")[0] == 404
        assert get(f"{url}/?since=soon")[0] == 400
        assert get(f"{url}/", method="POST")[0] == 405
        assert get(f"{url}/", {"Host": "example.org"})[0] == 400


def test_an_answer_holds_only_so_many_windows(seen: SeenModels, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(WatchPages(seen), host="127.0.0.1", port=0) as url:
        for most, shown in ((10, 5), (1, 1)):
            monkeypatch.setattr("mainspring.app.watch_server.MOST_POINTS", most)
            told = json.loads(get(f"{url}/api/models/{MODEL}/figures")[1])
            assert (len(told["figures"]), told["left_out"]) == (shown, MOST_SERIES + 6 - shown)


def test_behind_a_prefix_links_have_it_and_paths_may(seen: SeenModels) -> None:
    with serving(WatchPages(seen, root="/watch/"), host="127.0.0.1", port=0, local=False) as url:
        for path in ("/", "/watch/"):
            status, page, _ = get(f"{url}{path}", {"Host": "proxy.example"})
            assert status == 200
            assert 'href="/watch/models/cen%2Fsus"' in page
        assert 'href="/watch/"' in get(f"{url}/watch/models/cen%2Fsus")[1]


def test_a_port_that_is_taken_is_told(seen: SeenModels) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(UnavailableError, match="cannot be listened on"),
            serving(WatchPages(seen), host="127.0.0.1", port=port),
        ):
            pass


def test_pages_are_written_by_the_command(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = asked(capsys, "page", MODEL, "-o", "one.html")
    assert told == {
        "path": str(project / "one.html"),
        "bytes": (project / "one.html").stat().st_size,
        "model": MODEL,
    }
    assert "age has drifted" in (project / "one.html").read_text(encoding="utf-8")
    assert asked(capsys, "page", "--since", "1970-01-01T01:00")["path"] == str(project / "models-watch.html")
    assert main(["monitor", "page", "taxi"]) != 0
    assert "one of cen/sus" in capsys.readouterr().err


def test_files_for_grafana_and_prometheus_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["monitor", "dashboard"]) == 0
    assert json.loads(capsys.readouterr().out)["uid"] == "mainspring-watch"
    assert main(["monitor", "rules"]) == 0
    (group,) = yaml.safe_load(capsys.readouterr().out)["groups"]
    assert group == asked(capsys, "rules")["groups"][0]


def test_the_command_serves_until_it_is_stopped(project: Path) -> None:
    start = "import sys; from mainspring.app.cli.main import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", start, "monitor", "serve", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=project) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        assert get(f"{url}/healthz")[0] == 200
        process.terminate()
        assert process.wait(timeout=30) == 0


def test_the_monitor_shows_pages_while_it_watches(project: Path) -> None:
    start = "import sys; from mainspring.app.cli.main import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", start, "monitor", "run", "--port", "0", "--json", "--every", "0.1"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=project) as process:
        assert process.stderr is not None
        told = next(line for line in process.stderr if "pages at" in line)
        url = told.split("metrics at ")[1].strip()
        assert "mainspring_watch_window_ok" in get(url)[1]
        process.terminate()
        process.stderr.read()
        assert process.wait(timeout=30) == 0
