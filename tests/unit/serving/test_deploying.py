"""The service file and the image start a server that exists."""

import json
import shlex
import shutil
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path

import pytest

from mainspring.serving.configuration import cores
from mainspring.serving.main import parser
from mainspring.serving.server_process import ServerProcess

DEPLOY = Path(__file__).parents[3] / "deploy"


def dockerfile(word: str) -> list[str]:
    """The JSON form of an instruction."""
    [line] = [line for line in (DEPLOY / "Dockerfile").read_text().splitlines() if line.startswith(word)]
    found: list[str] = json.loads(line[line.index("[") :])
    return found


def test_the_image_starts_what_there_is_and_asks_how_it_is(folder: Path) -> None:
    start = [*dockerfile("ENTRYPOINT"), *dockerfile("CMD")]
    assert start[:3] == ["python", "-m", "mainspring.serving"]
    told = parser().parse_args(start[3:])
    assert (told.models, told.mode, told.workers, told.port) == (Path("/models"), "poll", 0, 8080)
    with ServerProcess(folder) as server:
        [_, *script] = dockerfile("HEALTHCHECK")
        command = [sys.executable, *(word.replace("http://127.0.0.1:8080", server.url) for word in script)]
        assert subprocess.run(command, check=False).returncode == 0


def test_the_service_starts_what_there_is() -> None:
    unit = RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(DEPLOY / "mainspring.service")
    start = shlex.split(unit["Service"]["ExecStart"])
    assert start[1:3] == ["-m", "mainspring.serving"]
    assert parser().parse_args(start[3:]).workers == 0
    assert unit["Service"]["Type"] == "notify"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_understands_the_service(tmp_path: Path) -> None:
    text = (DEPLOY / "mainspring.service").read_text().replace("/opt/mainspring/bin/python", sys.executable)
    (tmp_path / "mainspring.service").write_text(text)
    command = ["systemd-analyze", "verify", "--man=no", str(tmp_path / "mainspring.service")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "mainspring.service" not in done.stderr


@pytest.mark.parametrize(
    ("quota", "expected"), [("max 100000", None), ("50000 100000", 1), ("100000 100000", 1), ("x", None)]
)
def test_a_container_is_asked_what_it_is_given(quota: str, expected: int | None, tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text(quota)
    assert cores(tmp_path / "cpu.max") == (expected or cores(tmp_path / "none"))
